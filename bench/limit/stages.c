// Where the time goes: each stage alone over blocks that stay in L1, nanoseconds per element, best of the rounds.

#include <stdio.h>

#include "clock.h"
#include "kernels.h"
#include "noise.h"
#include "rows.h"

enum { ROUNDS = 40, CALLS = 200 };

static float block[BLOCK + 3 * WIDE] ALIGNED;
static float drawn[BLOCK] ALIGNED;
static float p[BLOCK] ALIGNED;
static float z[BLOCK] ALIGNED;
static float out[BLOCK + 64] ALIGNED;
static float max[BLOCK], factor[BLOCK];
static int32_t winner[BLOCK];
static BlockPart parts[BLOCK / WIDE];
static RowPart rowParts[BLOCK / WIDE + 4];
static Schedule schedule;
static Tau tau;
static int32_t pieces[BLOCK] ALIGNED;

static void words(size_t classes) {
  const size_t n = classes / WIDE;
  for (size_t v = 0; v < n; v++) parts[v] = blockPart(&schedule, fourFrom(4 * v));
  singleRows(rowParts, &schedule, 0, BLOCK / classes);
  wordsOfRows(block, &schedule, parts, n, rowParts, BLOCK / classes);
}

static void place(size_t classes) {
  (void)classes;
  memcpy(out, drawn, sizeof drawn);
  locate(out, pieces, BLOCK);
}

static void cubic(size_t classes) {
  (void)classes;
  cubics(block, out, pieces, BLOCK);
}

static void noise(size_t classes) {
  words(classes);
  noiseFromWords(block, block, BLOCK);
}

static void perturbAndMax(size_t classes) {
  for (size_t k = 0; k * classes < BLOCK; k++) {
    max[k] = perturb(p + k * classes, z + k * classes, block + k * classes, classes, 1);
  }
}

static void index(size_t classes) {
  for (size_t k = 0; k * classes < BLOCK; k++) winner[k] = classOf(p + k * classes, max[k]);
}

static void exponentialOfRows(size_t classes) {
  for (size_t k = 0; k * classes < BLOCK; k++) {
    exponentiate(block + k * classes, p + k * classes, classes, max[k], &tau);
  }
}

static void sums(size_t classes) {
  for (size_t k = 0; k * classes < BLOCK; k++) {
    factor[k] = inverse(sum(block + k * classes, classes), max[k]);
  }
}

static void scaling(size_t classes) {
  for (size_t k = 0; k * classes < BLOCK; k++) scale(out + k * classes, block + k * classes, classes, factor[k]);
}

static void oneHots(size_t classes) { oneHot(out, winner, BLOCK / classes, classes); }

void stages(void) {
  static const struct {
    const char *name;
    void (*stage)(size_t);
  } all[] = {{"words", words},         {"places (and a copy)", place}, {"cubics", cubic},
             {"noise (the three)", noise},  {"perturb, maximum", perturbAndMax}, {"class of maximum", index},
             {"exponential", exponentialOfRows}, {"sum", sums}, {"scale", scaling},            {"one-hot", oneHots}};
  schedule = keySchedule(44);
  tau = tauConstants(0.7);
  uint32_t state = 44;
  for (size_t k = 0; k < BLOCK; k++) {
    state = state * 1664525 + 1013904223;
    z[k] = (float)state / 536870912.0f - 4;
    state = state * 1664525 + 1013904223;
    ((uint32_t *)drawn)[k] = state ^ (state >> 16);
  }
  printf("%-20s %8s %8s\n", "ns per element", "C = 32", "C = 1024");
  for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
    double best[2] = {1e9, 1e9};
    for (int round = 0; round < ROUNDS; round++) {
      for (int which = 0; which < 2; which++) {
        const size_t classes = which ? 1024 : 32;
        for (size_t before = 0; before < k; before++) all[before].stage(classes);
        const double began = now();
        for (int call = 0; call < CALLS; call++) all[k].stage(classes);
        const double took = (now() - began) / CALLS / BLOCK;
        if (took < best[which]) best[which] = took;
      }
    }
    printf("%-20s %8.3f %8.3f\n", all[k].name, best[0], best[1]);
  }
}
