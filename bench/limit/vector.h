// Sixteen 32-bit values at a time: four SSE vectors, whose instructions the compiler then alternates. A single vector's chain of
// instructions is so long that the processor would mostly wait for it.

#pragma once

#include <math.h>
#include <nmmintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef float wide __attribute__((vector_size(64)));
typedef int32_t wideInt __attribute__((vector_size(64)));
typedef __m128 f4;
typedef __m128d d2;
typedef __m128i i4;

enum {
  /** Values in a `wide`. */
  WIDE = 16,
  /** Floats worked on at a time: they stay in L1 from the words to the exponentials. */
  BLOCK = 2048,
};

#define INLINE static inline __attribute__((always_inline))
#define ALIGNED __attribute__((aligned(64)))
#define EACH4(j) _Pragma("GCC unroll 4") for (int j = 0; j < 4; j++)

INLINE wide load(const float *at) {
  wide v;
  memcpy(&v, at, sizeof v);
  return v;
}

INLINE void store(float *at, wide v) { memcpy(at, &v, sizeof v); }

INLINE f4 vector(const float *at) { return _mm_loadu_ps(at); }

/** Vector j of the four. */
#define PART(v, j) __builtin_shufflevector(v, v, 4 * j, 4 * j + 1, 4 * j + 2, 4 * j + 3)

INLINE wide join(f4 a, f4 b, f4 c, f4 d) {
  const f4 parts[4] = {a, b, c, d};
  wide v;
  memcpy(&v, parts, sizeof v);
  return v;
}

/** An instruction of two vectors made one of two `wide`: the compiler would take comparisons and maxima value by value. */
#define EACH_PART(instruction, a, b)                                                                             \
  join(instruction(PART(a, 0), PART(b, 0)), instruction(PART(a, 1), PART(b, 1)), instruction(PART(a, 2), PART(b, 2)), \
       instruction(PART(a, 3), PART(b, 3)))

INLINE float fromBits(uint32_t x) {
  float value;
  memcpy(&value, &x, sizeof value);
  return value;
}

INLINE wide splat(float x) {
  const f4 v = _mm_set1_ps(x);
  return join(v, v, v, v);
}

INLINE wide toFloat(wideInt x) { return __builtin_convertvector(x, wide); }

INLINE wide larger(wide a, wide b) { return EACH_PART(_mm_max_ps, a, b); }
INLINE wideInt equal(wide a, wide b) { return (wideInt)EACH_PART(_mm_cmpeq_ps, a, b); }
INLINE wideInt greater(wide a, wide b) { return (wideInt)EACH_PART(_mm_cmpgt_ps, a, b); }
INLINE wideInt atLeast(wide a, wide b) { return (wideInt)EACH_PART(_mm_cmpge_ps, a, b); }

/** Whether all values of a mask are set. */
INLINE int allSet(wideInt mask) {
  const wide v = (wide)mask;
  return (_mm_movemask_ps(PART(v, 0)) & _mm_movemask_ps(PART(v, 1)) & _mm_movemask_ps(PART(v, 2)) &
          _mm_movemask_ps(PART(v, 3))) == 15;
}

INLINE float largest(const f4 v[4]) {
  f4 m = _mm_max_ps(_mm_max_ps(v[0], v[1]), _mm_max_ps(v[2], v[3]));
  m = _mm_max_ps(m, _mm_movehl_ps(m, m));
  return _mm_cvtss_f32(_mm_max_ss(m, _mm_shuffle_ps(m, m, 1)));
}

INLINE d2 low2(f4 v) { return _mm_cvtps_pd(v); }
INLINE d2 high2(f4 v) { return _mm_cvtps_pd(_mm_movehl_ps(v, v)); }

//  a0 a1 | a2 a3  ->  (a0 + a2) + (a1 + a3)
INLINE double sum2(d2 low, d2 high) {
  d2 pair = low + high;
  return pair[0] + pair[1];
}

/** Sixteen masks, all ones for the first `n` values, n <= WIDE. */
INLINE const float *firstOf(size_t n) {
  static const int32_t masks[2 * WIDE] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
  return (const float *)masks + WIDE - n;
}

INLINE wide select(wideInt mask, wide a, wide b) { return (wide)((mask & (wideInt)a) | (~mask & (wideInt)b)); }

INLINE void transpose4(i4 v[4]) {
  i4 p = _mm_unpacklo_epi32(v[0], v[1]), q = _mm_unpacklo_epi32(v[2], v[3]);
  i4 r = _mm_unpackhi_epi32(v[0], v[1]), s = _mm_unpackhi_epi32(v[2], v[3]);
  v[0] = _mm_unpacklo_epi64(p, q);
  v[1] = _mm_unpackhi_epi64(p, q);
  v[2] = _mm_unpacklo_epi64(r, s);
  v[3] = _mm_unpackhi_epi64(r, s);
}
