// e^((p - m)/tau): the arithmetic of assembly/lanes/exp.ts, operation by operation.

#pragma once

#include "vector.h"

/** Constants of a tau, in every lane: log2(e)/tau; tau*ln 2 in 17 bits and the rest, in 13 bits and the rest; the polynomial. */
typedef struct {
  wide slope, high, low, nearHigh, nearLow, q[5];
  float farthest;
} Tau;

INLINE void split(double unit, uint32_t mask, wide *high, wide *low) {
  const float rounded = (float)unit;
  uint32_t bits;
  memcpy(&bits, &rounded, sizeof bits);
  const float first = fromBits(bits & mask);
  *high = splat(first);
  *low = splat((float)(unit - (double)first));
}

INLINE Tau tauConstants(double tau) {
  const double scaled[5] = {0.6931469775756317, 0.24022242058119495, 0.0555073377415099, 0.009671514423976806,
                            0.0013264720734255456};
  const double unit = 0.6931471805599453 * tau, slope = 1.4426950408889634 / tau;
  Tau t = {.slope = splat((float)slope), .farthest = tau > 1e-6 && tau < 1e6 ? (float)(unit * 1900.0) : -1};
  split(unit, 0xffffff80, &t.high, &t.low);
  split(unit, 0xfffff800, &t.nearHigh, &t.nearLow);
  double power = slope;
  for (int k = 0; k < 5; k++, power *= slope) t.q[k] = splat((float)(scaled[k] * power));
  return t;
}

#define ROUND fromBits(0x4b400000)
#define LEAST splat(fromBits(0xc2fb0000))

INLINE wideInt isNear(wide m, const Tau *t) {
  return atLeast(splat(t->farthest), (wide)((wideInt)m & 0x7fffffff));
}

/** Maxima, and what their own reduction gives: -n on top of 1.5 * 2^23, and the rest. */
typedef struct {
  wide m, base, rest;
} Maxima;

INLINE wide reduced(wide p, wide n, const Tau *t) { return (p - n * t->nearHigh) - n * t->nearLow; }

INLINE Maxima maxima(wide m, const Tau *t) {
  const wide n = (m * t->slope + ROUND) - ROUND, base = ROUND - n;
  return (Maxima){m, base, reduced(m, ROUND - base, t)};
}

INLINE wide nearExponent(wide p, const Maxima *max, const Tau *t) {
  const wide s = (p - max->m) * t->slope;
  const wide biased = s + ROUND;
  const wide r = reduced(p, biased - max->base, t) - max->rest;
  const wide q = t->q[0] + (t->q[1] + (t->q[2] + (t->q[3] + t->q[4] * r) * r) * r) * r;
  const wideInt power = (wideInt)(1 + q * r) + ((wideInt)biased << 23);
  return (wide)(power & atLeast(s, LEAST));
}

INLINE wide farExponent(wide p, wide m, const Tau *tau) {
  wide d = p - m;
  wide back = p - d;
  wide e = (p - (d + back)) + (back - m);
  wide t = d * tau->slope;
  wide biased = t + ROUND;
  wide n = biased - ROUND;
  wide r = (d - n * tau->high) - (n * tau->low - e);
  wide f = r * tau->slope;
  wide ff = f * f;
  wide even = fromBits(0x3f317215) + fromBits(0x3e75fcd2) * f;
  wide odd = fromBits(0x3d635acb) + fromBits(0x3c1e79d9) * f;
  wide q = (even + odd * ff) + fromBits(0x3aae5d2b) * (ff * ff);
  wideInt power = (wideInt)(1 + q * f) + ((wideInt)biased << 23);
  return (wide)(power & atLeast(t, LEAST));
}
