// Which kernel does a job.

#include "kernels.h"

const char *run(const Job *job) {
  if (job->inner > 1 && (job->inner % 16 || job->classes > MOST_COLUMN_CLASSES)) {
    return "inner > 1 needs a multiple of 16 and at most 128 classes here";
  }
  const int columns = job->inner > 1 || (job->classes <= FEW_CLASSES && job->rows > 1);
  (columns ? sampleColumns : sampleRows)(job);
  if (job->operation == HARD_BACKWARD) (job->inner > 1 ? straightThroughColumns : straightThroughRows)(job);
  return 0;
}
