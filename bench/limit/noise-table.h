// A random word to Gumbel noise by a table of cubics: the bits of assembly/noise/noise-table.ts, operation by operation.

#pragma once

#include "vector.h"

enum { PIECES = 513, FIRST_PIECE = 0x3f000000 >> 15, PIECE_MASK = 0x1fff0 };

/** Two sides of 513 cubics, four coefficients each. */
extern float noiseTable[2 * PIECES][4];

/** Once, before any noise. */
void fillNoiseTable(void);

/** Words to their places in a piece of the table, in place, and the pieces' distances in bytes; `n` is a multiple of WIDE. */
static inline void locate(float *at, int32_t *pieces, size_t n) {
  for (size_t k = 0; k < n; k += WIDE) {
    const wideInt x = (wideInt)load(at + k), upper = x >> 31;
    const wideInt h = (wideInt)(toFloat(x ^ upper) + 0.5f);
    // The bits of h are positive: a signed shift will do.
    const wideInt piece = ((h >> 15) & PIECE_MASK) + (upper & (int32_t)(PIECES * sizeof *noiseTable));
    store((float *)pieces + k, (wide)piece);
    store(at + k, toFloat(h & 0x7ffff));
  }
}

/** Places to noise. */
static inline void cubics(float *out, const float *at, const int32_t *pieces, size_t n) {
  const uintptr_t base = (uintptr_t)noiseTable - FIRST_PIECE;
  for (size_t k = 0; k < n; k += 4) {
    i4 c[4];
    EACH4(j) c[j] = _mm_load_si128((const i4 *)(base + (uintptr_t)pieces[k + (size_t)j]));
    transpose4(c);
    const f4 t = _mm_loadu_ps(at + k);
    const f4 c0 = _mm_castsi128_ps(c[0]), c1 = _mm_castsi128_ps(c[1]);
    const f4 c2 = _mm_castsi128_ps(c[2]), c3 = _mm_castsi128_ps(c[3]);
    _mm_storeu_ps(out + k, c0 + t * (c1 + t * (c2 + t * c3)));
  }
}
