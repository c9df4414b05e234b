// Gumbel noise over a block: words, their places in the table, the cubics, each in a loop of its own.

#pragma once

#include "noise-table.h"
#include "philox.h"

INLINE i4 fourFrom(size_t first) { return _mm_add_epi32(_mm_set1_epi32((int32_t)first), _mm_setr_epi32(0, 1, 2, 3)); }

/** Parts of `n` rows from number `row` on, each by itself; up to three more are written. */
INLINE void singleRows(RowPart *parts, const Schedule *s, size_t row, size_t n) {
  for (size_t k = 0; k < n; k += 4) {
    RowPart four = rowPart(s, fourFrom(row + k));
    int32_t c2[4], c3[4];
    memcpy(c2, &four.c2, sizeof c2);
    four.c3 = swapped(four.c3);
    memcpy(c3, &four.c3, sizeof c3);
    for (size_t j = 0; j < 4; j++) parts[k + j] = (RowPart){_mm_set1_epi32(c2[j]), _mm_set1_epi32(c3[j])};
  }
}

/** Words for 16*n classes of each of `count` rows, one row after the other; up to 48 values more are written. */
INLINE void wordsOfRows(float *at, const Schedule *s, const BlockPart *parts, size_t n, const RowPart *rows, size_t count) {
  size_t row = 0, v = 0;
  for (size_t done = 0; done < count * n; done += 4) {
    const BlockPart *blocks[4];
    const RowPart *of[4];
    EACH4(g) {
      blocks[g] = parts + v;
      of[g] = rows + row;
      v = v + 1 == n ? 0 : v + 1;
      row += v == 0;
    }
    i4 words[4][4];
    words16(words, s, blocks, of);
    EACH4(g) {
      transpose4(words[g]);
      memcpy(at + WIDE * (done + (size_t)g), words[g], sizeof words[g]);
    }
  }
}

/** Words for 4*n classes of sixteen neighbouring rows from number `row` on, a class after the other. */
INLINE void wordsOfColumns(float *at, const Schedule *s, const BlockPart *parts, size_t n, size_t row) {
  const RowPart rows[4] = {rowPart(s, fourFrom(row)), rowPart(s, fourFrom(row + 4)), rowPart(s, fourFrom(row + 8)),
                           rowPart(s, fourFrom(row + 12))};
  for (size_t b = 0; b < n; b++) {
    i4 words[4][4];
    words16(words, s, (const BlockPart *[4]){parts + b, parts + b, parts + b, parts + b},
            (const RowPart *[4]){rows, rows + 1, rows + 2, rows + 3});
    for (size_t j = 0; j < 4; j++) {
      EACH4(g) _mm_store_si128((i4 *)(at + WIDE * (4 * b + j) + 4 * g), words[g][j]);
    }
  }
}

/** Words to noise; `n` is a multiple of WIDE. */
INLINE void noiseFromWords(float *out, float *at, size_t n) {
  static int32_t pieces[BLOCK + 4 * WIDE] ALIGNED;
  locate(at, pieces, n);
  cubics(out, at, pieces, n);
}
