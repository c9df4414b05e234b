// The operations, over [rows, classes] or [rows, classes, inner].

#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum { NOISE, SOFTMAX, SOFT, HARD, HARD_BACKWARD, CATEGORICAL } Operation;

/** Every array has room behind it for PADDING(classes) values, which kernels may read and write. */
typedef struct {
  Operation operation;
  size_t rows, classes, inner;
  double tau;
  uint64_t seed;
  const float *logits, *cotangent;
  float *out, *soft, *gradient;
  int32_t *index;
} Job;

#define PADDING(classes) (16 * (classes) + 64)

/** Classes that fit when rows are columns, four to a vector. */
enum { MOST_COLUMN_CLASSES = 128, FEW_CLASSES = 16 };

void sampleRows(const Job *job);
void sampleColumns(const Job *job);
void straightThroughRows(const Job *job);
void straightThroughColumns(const Job *job);
void stages(void);

/** NULL, or why it cannot be done. */
const char *run(const Job *job);
