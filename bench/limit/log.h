// A random word to an Exponential(1) variate and that to Gumbel noise: the bits of assembly/log.ts.
//
// Two rearrangements keep the bits: an exponent stays where it stands, 23 places up, and the constant that it is multiplied by
// is 2^-23 times as large; and below 2^31 the numerator is 0 + h*2^-32, above it 1 + (-m), without a selection.

#pragma once

#include "vector.h"

static const int32_t EXPONENT = (int32_t)0xff800000, SIGN = (int32_t)0x80000000, ONE = 0x3f800000;
static const int32_t SQRT_HALF = 0x3f3504f3, WORD_BITS = 32 << 23;
#define LN2 fromBits(0x3f317218 - (23 << 23))

INLINE wide exponential(wideInt x) {
  wideInt upper = x >> 31;
  wideInt h = (wideInt)(toFloat(x ^ upper) + 0.5f);
  wideInt k = (WORD_BITS - ((h - SQRT_HALF) & EXPONENT)) & upper;
  wideInt m = h - WORD_BITS + k;
  wide numerator = (wide)(upper & ONE) + (wide)(m | (upper & SIGN));
  wide s = numerator / (2 - numerator);
  wide z = s * s;
  wide low = fromBits(0x3f2aaa81) + fromBits(0x3ecce8e6) * z;
  wide high = fromBits(0x3e8f6020) + fromBits(0x3e8f650c) * z;
  return toFloat(k) * LN2 + (s + s) + s * z * (low + high * (z * z));
}

INLINE wide gumbel(wide y) {
  wideInt k = ((wideInt)y - SQRT_HALF) & EXPONENT;
  wide m = 1 - (wide)((wideInt)y - k);
  wide s = m / (2 - m);
  wide z = s * s;
  return (s + s) - toFloat(k) * LN2 + s * z * (fromBits(0x3f2aa36d) + fromBits(0x3ed2f492) * z);
}
