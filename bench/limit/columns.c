// Sixteen neighbouring rows at a time, a tile: its lines are the classes. The rows lie side by side in memory (inner > 1), or
// they have few classes and are transposed on the way in and out.

#include "kernels.h"
#include "noise.h"
#include "rows.h"

static float block[BLOCK + 4 * WIDE] ALIGNED;
static float turned[FEW_CLASSES * WIDE] ALIGNED;
static BlockPart parts[MOST_COLUMN_CLASSES / 4];

INLINE void turn(float *lines, const float *rows, size_t classes) {
  for (size_t r = 0; r < WIDE; r += 4) {
    for (size_t c = 0; c < classes; c += 4) {
      i4 v[4];
      for (size_t j = 0; j < 4; j++) v[j] = _mm_loadu_si128((const i4 *)(rows + (r + j) * classes + c));
      transpose4(v);
      for (size_t j = 0; j < 4; j++) _mm_store_si128((i4 *)(lines + (c + j) * WIDE + r), v[j]);
    }
  }
}

//  From the last classes to the first: what a vector writes behind its row is the beginning of the next row, written later.
INLINE void turnBack(float *rows, const float *lines, size_t classes) {
  for (size_t r = 0; r < WIDE; r += 4) {
    for (size_t c = (classes - 1) & ~(size_t)3; c < classes; c -= 4) {
      i4 v[4];
      for (size_t j = 0; j < 4; j++) v[j] = _mm_load_si128((const i4 *)(lines + (c + j) * WIDE + r));
      transpose4(v);
      for (size_t j = 0; j < 4; j++) _mm_storeu_si128((i4 *)(rows + (r + j) * classes + c), v[j]);
    }
  }
}

INLINE wideInt isNumber(wide v) { return equal(v - v, splat(0)); }

//  p = z + g, the maximum of each row and its class; a NaN makes the maximum NaN.
INLINE wide perturbTile(float *p, int32_t *index, const float *z, size_t line, size_t classes, Operation operation) {
  f4 best[4], nan[4], winner[4];
  EACH4(j) {
    best[j] = _mm_set1_ps(-INFINITY);
    nan[j] = winner[j] = _mm_setzero_ps();
  }
  for (size_t c = 0; c < classes; c++) {
    const f4 class = _mm_castsi128_ps(_mm_set1_epi32((int32_t)c));
    EACH4(j) {
      f4 v = vector(z + c * line + 4 * j);
      if (operation != SOFTMAX) v += vector(p + c * WIDE + 4 * j);
      if (operation != HARD && operation != CATEGORICAL) _mm_store_ps(p + c * WIDE + 4 * j, v);
      if (operation >= HARD) winner[j] = _mm_blendv_ps(winner[j], class, _mm_cmpgt_ps(v, best[j]));
      best[j] = _mm_max_ps(v, best[j]);
      nan[j] = _mm_cmpunord_ps(nan[j], v); // once NaN, it stays all ones, which is a NaN
    }
  }
  EACH4(j) {
    best[j] = _mm_or_ps(best[j], nan[j]);
    const f4 invalid = _mm_cmpunord_ps(best[j] - best[j], best[j]);
    if (operation >= HARD) _mm_storeu_ps((float *)index + 4 * j, _mm_or_ps(winner[j], invalid));
  }
  return join(best[0], best[1], best[2], best[3]);
}

//  Exponentials in place; gives the factor of each row, its sum in the order that assembly/stages/softmax.ts states.
INLINE wide exponentiateTile(float *p, wide max, const Tau *t, size_t classes) {
  const Maxima m = maxima(max, t);
  const wideInt near = isNear(max, t);
  if (!allSet(near)) {
    for (size_t c = 0; c < classes; c++) {
      const wide v = load(p + c * WIDE);
      store(p + c * WIDE, select(near, nearExponent(v, &m, t), farExponent(v, max, t)));
    }
  } else {
    for (size_t c = 0; c < classes; c++) store(p + c * WIDE, nearExponent(load(p + c * WIDE), &m, t));
  }
  f4 factor[4];
  EACH4(g) {
    d2 low[4], high[4];
    EACH4(j) low[j] = high[j] = _mm_setzero_pd();
    for (size_t c = 0; c < classes; c += 16) {
      EACH4(j) {
        f4 e[4];
        EACH4(k) {
          const size_t at = c + (size_t)(4 * k + j);
          e[k] = at < classes ? _mm_load_ps(p + at * WIDE + 4 * g) : _mm_setzero_ps();
        }
        f4 s = (e[0] + e[1]) + (e[2] + e[3]);
        low[j] += low2(s);
        high[j] += high2(s);
      }
    }
    d2 inverseLow = 1 / ((low[0] + low[2]) + (low[1] + low[3]));
    d2 inverseHigh = 1 / ((high[0] + high[2]) + (high[1] + high[3]));
    factor[g] = _mm_movelh_ps(_mm_cvtpd_ps(inverseLow), _mm_cvtpd_ps(inverseHigh));
  }
  return (wide)((wideInt)join(factor[0], factor[1], factor[2], factor[3]) & isNumber(max));
}

//  One tile, its noise in `p`, its rows from number `row` on.
INLINE void finish(const Job *job, Operation operation, const Tau *t, float *p, size_t row) {
  const size_t classes = job->classes, inner = job->inner;
  const size_t at = row / inner * inner * classes + row % inner, line = inner == 1 ? WIDE : inner;
  float *out = job->out + at;
  if (operation == NOISE) {
    if (inner == 1) turnBack(out, p, classes);
    for (size_t c = 0; inner > 1 && c < classes; c++) store(out + c * inner, load(p + c * WIDE));
    return;
  }
  const float *z = job->logits + at;
  if (inner == 1) {
    turn(turned, z, classes);
    z = turned;
  }
  int32_t *index = job->index + row;
  const wide max = perturbTile(p, index, z, line, classes, operation);
  if (operation == HARD || operation == HARD_BACKWARD) {
    if (inner == 1) {
      oneHot(out, index, job->rows - row < WIDE ? job->rows - row : WIDE, classes);
    } else {
      const wide won = toFloat((wideInt)load((const float *)index));
      for (size_t c = 0; c < classes; c++) store(out + c * inner, (wide)(equal(won, splat((float)c)) & 0x3f800000));
    }
  }
  if (operation == HARD || operation == CATEGORICAL) return;
  const wide factor = exponentiateTile(p, max, t, classes);
  float *soft = operation == HARD_BACKWARD ? job->soft + at : out;
  for (size_t c = 0; c < classes; c++) {
    store(inner == 1 ? p + c * WIDE : soft + c * inner, load(p + c * WIDE) * factor);
  }
  if (inner == 1) turnBack(soft, p, classes);
}

INLINE void tiles(const Job *job, Operation operation) {
  const size_t blocks = (job->classes + 3) / 4, tile = job->classes * WIDE, most = BLOCK / tile;
  const size_t count = (job->rows * job->inner + WIDE - 1) / WIDE;
  const Schedule s = keySchedule(job->seed);
  const Tau t = tauConstants(job->tau);
  for (size_t b = 0; b < blocks; b++) parts[b] = blockPart(&s, _mm_set1_epi32((int32_t)b));
  for (size_t first = 0; first < count; first += most) {
    const size_t n = count - first < most ? count - first : most;
    if (operation != SOFTMAX) {
      for (size_t k = 0; k < n; k++) wordsOfColumns(block + k * tile, &s, parts, blocks, (first + k) * WIDE);
      noiseFromWords(block, block, n * tile);
    }
    for (size_t k = 0; k < n; k++) finish(job, operation, &t, block + k * tile, (first + k) * WIDE);
  }
}

//  Each operation compiled for itself.
void sampleColumns(const Job *job) {
  switch (job->operation) {
    case NOISE: tiles(job, NOISE); break;
    case SOFTMAX: tiles(job, SOFTMAX); break;
    case SOFT: tiles(job, SOFT); break;
    case HARD: tiles(job, HARD); break;
    case HARD_BACKWARD: tiles(job, HARD_BACKWARD); break;
    case CATEGORICAL: tiles(job, CATEGORICAL); break;
  }
}
