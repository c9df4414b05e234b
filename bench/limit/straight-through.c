// The gradient that straight-through lends to the hard sample, from the soft sample y that the forward has kept:
// dz = y*(c - <c, y>)/tau.

#include "kernels.h"
#include "vector.h"

enum { ROWS = 16 };

static double dot(const float *c, const float *y, size_t n) {
  d2 low = _mm_setzero_pd(), high = low;
  for (size_t k = 0; k < n; k += WIDE) {
    wide v = load(c + k) * load(y + k);
    if (n - k < WIDE) v = select((wideInt)load(firstOf(n - k)), v, splat(0));
    f4 s = (PART(v, 0) + PART(v, 1)) + (PART(v, 2) + PART(v, 3));
    low += low2(s);
    high += high2(s);
  }
  return sum2(low, high);
}

//  The dot products of a few rows first: then no row waits for its own.
void straightThroughRows(const Job *job) {
  const size_t n = job->classes;
  const wide rate = splat((float)(1 / job->tau));
  for (size_t r = 0; r < job->rows; r += ROWS) {
    const size_t count = job->rows - r < ROWS ? job->rows - r : ROWS;
    const float *c = job->cotangent + r * n, *y = job->soft + r * n;
    float dots[ROWS];
    for (size_t q = 0; q < count; q++) dots[q] = (float)dot(c + q * n, y + q * n, n);
    for (size_t q = 0; q < count; q++) {
      for (size_t k = q * n; k < (q + 1) * n; k += WIDE) {
        store(job->gradient + r * n + k, (load(c + k) - splat(dots[q])) * rate * load(y + k));
      }
    }
  }
}

void straightThroughColumns(const Job *job) {
  const size_t slab = job->classes * job->inner;
  const wide rate = splat((float)(1 / job->tau));
  for (size_t at = 0; at < job->rows * slab; at += slab) {
    for (size_t r = at; r < at + job->inner; r += WIDE) {
      wide dots = splat(0);
      for (size_t k = r; k < r + slab; k += job->inner) dots += load(job->cotangent + k) * load(job->soft + k);
      for (size_t k = r; k < r + slab; k += job->inner) {
        store(job->gradient + k, (load(job->cotangent + k) - dots) * rate * load(job->soft + k));
      }
    }
  }
}
