/* The integral of |f| over a panel on which f is a polynomial. */
#pragma once
#include <reiter/gauss.h>

/* int_0^1 |f(t)| dt of the polynomial through samples at the rule's points: between its zeros, so that the kinks of |f|
   cost no accuracy. */
PetscReal AbsoluteIntegral(const GaussRule *rule, const long double samples[]);
