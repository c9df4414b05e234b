// e^((p - m)/tau): the arithmetic of assembly/exp.ts, operation by operation.

#pragma once

#include "vector.h"

/** What the exponential needs to know of tau, in every lane: log2(e)/tau, then tau*ln 2 as a high part of 17 bits and the rest. */
typedef struct {
  wide slope, high, low;
} Temper;

INLINE Temper temper(double tau) {
  const double unit = 0.6931471805599453 * tau;
  const float rounded = (float)unit;
  uint32_t bits;
  memcpy(&bits, &rounded, sizeof bits);
  const float high = fromBits(bits & 0xffffff80);
  return (Temper){splat((float)(1.4426950408889634 / tau)), splat(high), splat((float)(unit - (double)high))};
}

INLINE wide exponent(wide p, wide m, const Temper *temper) {
  const float round = fromBits(0x4b400000);
  wide d = p - m;
  wide back = p - d;
  wide e = (p - (d + back)) + (back - m);
  wide t = d * temper->slope;
  wide biased = t + round;
  wide n = biased - round;
  wide r = (d - n * temper->high) - (n * temper->low - e);
  wide f = r * temper->slope;
  wide ff = f * f;
  wide even = fromBits(0x3f317215) + fromBits(0x3e75fcd2) * f;
  wide odd = fromBits(0x3d635acb) + fromBits(0x3c1e79d9) * f;
  wide q = (even + odd * ff) + fromBits(0x3aae5d2b) * (ff * ff);
  wideInt power = (wideInt)(1 + q * f) + ((wideInt)biased << 23);
  return (wide)(power & atLeast(t, splat(fromBits(0xc2fb0000))));
}
