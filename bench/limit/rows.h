// The stages of one row after its noise.

#pragma once

#include "exp.h"

typedef struct {
  f4 best[4], nan;
} Seen;

//  p = z + g (or z alone) of sixteen classes, -Infinity from the n-th on.
INLINE void perturb16(Seen *seen, float *p, const float *z, const float *g, size_t n, int noisy) {
  EACH4(j) {
    f4 v = vector(z + 4 * j);
    if (noisy) v += vector(g + 4 * j);
    if (n < WIDE) v = _mm_blendv_ps(_mm_set1_ps(-INFINITY), v, vector(firstOf(n) + 4 * j));
    _mm_storeu_ps(p + 4 * j, v);
    seen->best[j] = _mm_max_ps(v, seen->best[j]);
    seen->nan = _mm_cmpunord_ps(seen->nan, v); // once NaN, it stays all ones, which is a NaN
  }
}

/** A row and -Infinity behind it up to a multiple of 16; gives the maximum, or Infinity if a value is NaN or Infinity. */
INLINE float perturb(float *p, const float *z, const float *g, size_t n, int noisy) {
  const f4 least = _mm_set1_ps(-INFINITY);
  const size_t whole = n & ~(size_t)(WIDE - 1);
  Seen seen = {{least, least, least, least}, _mm_setzero_ps()};
  for (size_t k = 0; k < whole; k += WIDE) perturb16(&seen, p + k, z + k, g + k, WIDE, noisy);
  if (n > whole) perturb16(&seen, p + whole, z + whole, g + whole, n - whole, noisy);
  return _mm_movemask_ps(seen.nan) ? INFINITY : largest(seen.best);
}

/** First class whose value is `m`; -1 for a row that has no finite maximum. */
INLINE int32_t classOf(const float *p, float m) {
  if (!isfinite(m)) return -1;
  const f4 wanted = _mm_set1_ps(m);
  for (size_t k = 0;; k += WIDE) {
    i4 e[4];
    EACH4(j) e[j] = _mm_castps_si128(_mm_cmpeq_ps(vector(p + k + 4 * j), wanted));
    int found = _mm_movemask_epi8(_mm_packs_epi16(_mm_packs_epi32(e[0], e[1]), _mm_packs_epi32(e[2], e[3])));
    if (found) return (int32_t)k + __builtin_ctz((unsigned)found);
  }
}

INLINE void oneHot(float *out, const int32_t *index, size_t rows, size_t classes) {
  memset(out, 0, rows * classes * sizeof(float));
  for (size_t k = 0; k < rows; k++) {
    if (index[k] >= 0) out[k * classes + (size_t)index[k]] = 1;
  }
}

/** Exponentials of `n` values, a multiple of 16. */
INLINE void exponentiate(float *out, const float *p, size_t n, float max, const Tau *t) {
  if (fabsf(max) <= t->farthest) {
    const Maxima m = maxima(splat(max), t);
    for (size_t k = 0; k < n; k += WIDE) store(out + k, nearExponent(load(p + k), &m, t));
  } else {
    for (size_t k = 0; k < n; k += WIDE) store(out + k, farExponent(load(p + k), splat(max), t));
  }
}

/** The sum of `n` values, a multiple of 16, in the order that assembly/stages/softmax.ts states. */
INLINE double sum(const float *e, size_t n) {
  double total = 0;
  for (size_t done = 0; done < n;) {
    const size_t end = n - done < 4096 ? n : done + 4096;
    d2 low = _mm_setzero_pd(), high = low;
    for (; done < end; done += WIDE) {
      f4 s = (vector(e + done) + vector(e + done + 4)) + (vector(e + done + 8) + vector(e + done + 12));
      low += low2(s);
      high += high2(s);
    }
    total += sum2(low, high);
  }
  return total;
}

/** The factor of a row; 0 for one that has no finite maximum. */
INLINE float inverse(double sum, float max) { return isfinite(max) ? (float)(1 / sum) : 0; }

/** Up to 15 values behind the row are written, as with `copyRow`: rows are written in turn. */
INLINE void scale(float *out, const float *e, size_t n, float factor) {
  for (size_t k = 0; k < n; k += WIDE) store(out + k, load(e + k) * splat(factor));
}

INLINE void copyRow(float *out, const float *from, size_t n) {
  for (size_t k = 0; k < n; k += WIDE) store(out + k, load(from + k));
}
