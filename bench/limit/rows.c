// Rows whose classes lie side by side: a batch of whole rows at a time through every stage, or a long row piece by piece.
// In the block a row begins at a multiple of 16 values, and what lies behind its classes is -Infinity.

#include "exp.h"
#include "kernels.h"
#include "noise.h"
#include "rows.h"

static float block[BLOCK + 3 * WIDE] ALIGNED;
static BlockPart parts[BLOCK / WIDE];
static RowPart rowParts[BLOCK / WIDE + 4];

//  Parts for 16*n classes from number `first` on.
static void prepare(const Schedule *s, size_t first, size_t n) {
  for (size_t v = 0; v < n; v++) parts[v] = blockPart(s, fourFrom(first / 4 + 4 * v));
}

INLINE void batches(const Job *job, Operation operation) {
  const size_t classes = job->classes, vectors = (classes + WIDE - 1) / WIDE, stride = WIDE * vectors, most = BLOCK / stride;
  const Schedule s = keySchedule(job->seed);
  const Tau t = tauConstants(job->tau);
  if (operation != SOFTMAX) prepare(&s, 0, vectors);
  for (size_t r = 0; r < job->rows; r += most) {
    const size_t count = job->rows - r < most ? job->rows - r : most, at = r * classes;
    const float *z = job->logits + at;
    float *out = job->out + at, max[BLOCK / WIDE], factor[BLOCK / WIDE];
    if (operation != SOFTMAX) {
      singleRows(rowParts, &s, r, count);
      wordsOfRows(block, &s, parts, vectors, rowParts, count);
      noiseFromWords(block, block, count * stride);
    }
    if (operation == NOISE) {
      for (size_t k = 0; k < count; k++) copyRow(out + k * classes, block + k * stride, classes);
      continue;
    }
    for (size_t k = 0; k < count; k++) {
      float *p = block + k * stride;
      max[k] = perturb(p, z + k * classes, p, classes, operation != SOFTMAX);
    }
    if (operation >= HARD) {
      for (size_t k = 0; k < count; k++) job->index[r + k] = classOf(block + k * stride, max[k]);
    }
    if (operation == HARD || operation == HARD_BACKWARD) oneHot(out, job->index + r, count, classes);
    if (operation == HARD || operation == CATEGORICAL) continue;
    float *soft = operation == HARD_BACKWARD ? job->soft + at : out;
    for (size_t k = 0; k < count; k++) exponentiate(block + k * stride, block + k * stride, stride, max[k], &t);
    for (size_t k = 0; k < count; k++) factor[k] = inverse(sum(block + k * stride, stride), max[k]);
    for (size_t k = 0; k < count; k++) scale(soft + k * classes, block + k * stride, classes, factor[k]);
  }
}

//  The perturbed logits go by way of the result, which a long row does not fit L1 with anyway.
INLINE void longRows(const Job *job, Operation operation) {
  const size_t classes = job->classes;
  const Schedule s = keySchedule(job->seed);
  const Tau t = tauConstants(job->tau);
  for (size_t r = 0; r < job->rows; r++) {
    const float *z = job->logits + r * classes;
    float *soft = (operation == HARD_BACKWARD ? job->soft : job->out) + r * classes, max = -INFINITY;
    int32_t winner = -1;
    singleRows(rowParts, &s, r, 1);
    for (size_t c = 0; c < classes; c += BLOCK) {
      const size_t n = classes - c < BLOCK ? classes - c : BLOCK, whole = (n + WIDE - 1) & ~(size_t)(WIDE - 1);
      if (operation != SOFTMAX) {
        prepare(&s, c, whole / WIDE);
        wordsOfRows(block, &s, parts, whole / WIDE, rowParts, 1);
        noiseFromWords(operation == NOISE ? soft + c : block, block, whole);
      }
      if (operation == NOISE) continue;
      float *p = operation == HARD || operation == CATEGORICAL ? block : soft + c;
      const float found = perturb(p, z + c, block, n, operation != SOFTMAX);
      if (!(found > max)) continue;
      max = found;
      if (operation >= HARD) winner = isfinite(found) ? (int32_t)c + classOf(p, found) : -1;
    }
    if (operation >= HARD) job->index[r] = winner;
    if (operation == HARD || operation == HARD_BACKWARD) oneHot(job->out + r * classes, &winner, 1, classes);
    if (operation == SOFTMAX || operation == SOFT || operation == HARD_BACKWARD) {
      const size_t whole = (classes + WIDE - 1) & ~(size_t)(WIDE - 1);
      exponentiate(soft, soft, whole, max, &t);
      scale(soft, soft, classes, inverse(sum(soft, whole), max));
    }
  }
}

INLINE void rows(const Job *job, Operation operation) {
  if (job->classes > BLOCK) {
    longRows(job, operation);
  } else {
    batches(job, operation);
  }
}

//  Each operation compiled for itself.
void sampleRows(const Job *job) {
  switch (job->operation) {
    case NOISE: rows(job, NOISE); break;
    case SOFTMAX: rows(job, SOFTMAX); break;
    case SOFT: rows(job, SOFT); break;
    case HARD: rows(job, HARD); break;
    case HARD_BACKWARD: rows(job, HARD_BACKWARD); break;
    case CATEGORICAL: rows(job, CATEGORICAL); break;
  }
}
