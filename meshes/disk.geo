// The unit disk: reflecting on the right half of the rim, absorbing on the left, so that both kinds of side occur.
size = 0.25;
Point(1) = {0, 0, 0, size};
Point(2) = {0, -1, 0, size};
Point(3) = {0, 1, 0, size};
Circle(1) = {2, 1, 3};
Circle(2) = {3, 1, 2};
Curve Loop(1) = {1, 2};
Plane Surface(1) = {1};
Physical Curve("reflecting", 1) = {1};
Physical Curve("absorbing", 2) = {2};
Physical Surface("inside", 3) = {1};
