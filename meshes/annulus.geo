// The annulus 1/2 < |x| < 1 in quadrilaterals, 4 across and 32 around.
across = 4;
quarter = 8;
Point(1) = {0, 0, 0};
Point(2) = {0.5, 0, 0};
Point(3) = {0, 0.5, 0};
Point(4) = {-0.5, 0, 0};
Point(5) = {0, -0.5, 0};
Point(6) = {1, 0, 0};
Point(7) = {0, 1, 0};
Point(8) = {-1, 0, 0};
Point(9) = {0, -1, 0};
For i In {0 : 3}
  j = (i + 1) % 4;
  Circle(1 + i) = {2 + i, 1, 2 + j};
  Circle(5 + i) = {6 + i, 1, 6 + j};
  Line(9 + i) = {2 + i, 6 + i};
EndFor
Transfinite Curve {1 : 8} = quarter + 1;
Transfinite Curve {9 : 12} = across + 1;
For i In {0 : 3}
  j = (i + 1) % 4;
  Curve Loop(1 + i) = {9 + i, 5 + i, -(9 + j), -(1 + i)};
  Plane Surface(1 + i) = {1 + i};
EndFor
Transfinite Surface {1 : 4};
Recombine Surface {1 : 4};
Physical Curve("inner", 1) = {1 : 4};
Physical Curve("outer", 2) = {5 : 8};
Physical Surface("inside", 3) = {1 : 4};
