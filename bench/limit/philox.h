// Philox4x32-10 words, sixteen counters at a time, the counter being (block, row, 0, 0): rows stay below 2^32 here.
//
// Of the first three rounds little is left for each pair of a block and a row: after the first, two words of the state depend
// on the row alone and two on the block alone; after the third, a single product still has to be formed from both.
//
// In a round two words stand in lane order 0 1 2 3, the other two in 0 2 1 3 (the order in which one shuffle brings the high
// halves of the products together), and the next round has them the other way round.

#pragma once

#include "vector.h"

#define M0 _mm_set1_epi32((int32_t)0xd2511f53)
#define M1 _mm_set1_epi32((int32_t)0xcd9e8d57)

typedef struct {
  i4 key[10][2];
} Schedule;

INLINE Schedule keySchedule(uint64_t seed) {
  Schedule s;
  for (uint32_t r = 0; r < 10; r++) {
    s.key[r][0] = _mm_set1_epi32((int32_t)((uint32_t)seed + r * 0x9e3779b9));
    s.key[r][1] = _mm_set1_epi32((int32_t)((uint32_t)(seed >> 32) + r * 0xbb67ae85));
  }
  return s;
}

INLINE i4 low4(i4 a, i4 m) { return _mm_mullo_epi32(a, m); }
INLINE i4 swapped(i4 v) { return _mm_shuffle_epi32(v, _MM_SHUFFLE(3, 1, 2, 0)); }

//  High halves of the products, in lane order 0 2 1 3.
INLINE i4 high4(i4 a, i4 m) {
  f4 even = _mm_castsi128_ps(_mm_mul_epu32(a, m)), odd = _mm_castsi128_ps(_mm_mul_epu32(_mm_srli_epi64(a, 32), m));
  return _mm_castps_si128(_mm_shuffle_ps(even, odd, _MM_SHUFFLE(3, 1, 3, 1)));
}

/** What four blocks and what four rows bring into the third round. */
typedef struct {
  i4 c0, c1, c2, c3;
} BlockPart;

typedef struct {
  i4 c2, c3;
} RowPart;

INLINE BlockPart blockPart(const Schedule *s, i4 block) {
  i4 c2 = swapped(high4(block, M0)) ^ s->key[0][1];
  i4 c0 = swapped(high4(c2, M1)) ^ s->key[1][0];
  return (BlockPart){swapped(low4(c2, M1)) ^ s->key[2][0], low4(block, M0), high4(c0, M0) ^ s->key[2][1], low4(c0, M0)};
}

INLINE RowPart rowPart(const Schedule *s, i4 row) {
  i4 c0 = row ^ s->key[0][0];
  return (RowPart){swapped(high4(c0, M0)) ^ s->key[1][1], swapped(low4(c0, M0))};
}

/** Word j of counters 4*g to 4*g + 3 in words[g][j]. */
INLINE void words16(i4 words[4][4], const Schedule *s, const BlockPart *const blocks[4], const RowPart *const rows[4]) {
  i4 c0[4], c1[4], c2[4], c3[4];
  EACH4(g) {
    i4 both = blocks[g]->c1 ^ rows[g]->c2;
    c0[g] = high4(both, M1) ^ blocks[g]->c0;
    c1[g] = low4(both, M1);
    c2[g] = blocks[g]->c2 ^ rows[g]->c3;
    c3[g] = blocks[g]->c3;
  }
#pragma GCC unroll 7
  for (int r = 3; r < 10; r++) {
    EACH4(g) {
      i4 h0 = high4(c0[g], M0), h1 = high4(c2[g], M1), l0 = low4(c0[g], M0), l1 = low4(c2[g], M1);
      c0[g] = h1 ^ (c1[g] ^ s->key[r][0]);
      c2[g] = h0 ^ (c3[g] ^ s->key[r][1]);
      c1[g] = l1;
      c3[g] = l0;
    }
  }
  EACH4(g) {
    words[g][0] = c0[g];
    words[g][1] = swapped(c1[g]);
    words[g][2] = c2[g];
    words[g][3] = swapped(c3[g]);
  }
}
