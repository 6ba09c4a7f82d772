// The unit ball in tetrahedra.
size = 0.35;
SetFactory("OpenCASCADE");
Sphere(1) = {0, 0, 0, 1};
MeshSize {:} = size;
Mesh.MeshSizeMax = size;
Physical Surface("shell", 1) = {1};
Physical Volume("inside", 2) = {1};
