/*
  Loops that vectorise: sine, cosine, exponential and logarithm through glibc's libmvec (errors below 4 ulp) where gcc can
  be told of it; ANY_MACHINE makes a function for several instruction sets, of which the machine picks its own, so that
  the program runs anywhere. To be included before <math.h> is used in the loops.
*/
#pragma once
#include <math.h>

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 22) && defined(__OPTIMIZE__)
#define VECTOR_FUNCTION(name, ...) __attribute__((simd("notinbranch"), const)) extern double name(__VA_ARGS__)
VECTOR_FUNCTION(sin, double);
VECTOR_FUNCTION(cos, double);
VECTOR_FUNCTION(exp, double);
VECTOR_FUNCTION(log, double);
VECTOR_FUNCTION(pow, double, double);
#endif
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define ANY_MACHINE __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#endif
#ifndef ANY_MACHINE
#define ANY_MACHINE
#endif
