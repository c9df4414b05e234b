// The table of cubics that noise is made from: the arithmetic of assembly/noise/noise-table.ts and assembly/lanes/log.ts.

#include "noise-table.h"

float noiseTable[2 * PIECES][4] ALIGNED;

//  assembly/lanes/log.ts.
static double naturalLog(double y) {
  int64_t bits;
  memcpy(&bits, &y, sizeof bits);
  const int64_t k = (bits - 0x3fe6a09e667f3bcd) >> 52;
  bits -= k * ((int64_t)1 << 52);
  double m;
  memcpy(&m, &bits, sizeof m);
  m -= 1.0;
  const double s = m / (m + 2.0), z = s * s;
  double p = 1.0 / 15.0 + z * (1.0 / 17.0 + z * (1.0 / 19.0));
  p = 1.0 / 9.0 + z * (1.0 / 11.0 + z * (1.0 / 13.0 + z * p));
  p = 1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 + z * p));
  return (double)k * 0.6931471805599453 + 2.0 * (s + s * z * p);
}

static double exactNoise(double h, int upper) {
  const double v = h / 4294967296.0;
  const double e = upper     ? -naturalLog(v)
                   : v < 1e-5 ? v * (1.0 + v * (1.0 / 2.0 + v * (1.0 / 3.0)))
                              : -naturalLog(1.0 - v);
  return -naturalLog(e);
}

void fillNoiseTable(void) {
  const double x[4] = {0.03806023374435663, 0.3086582838174551, 0.6913417161825449, 0.9619397662556434};
  const double step = 524288.0;
  for (uint32_t k = 0; k < 2 * PIECES; k++) {
    const int upper = k >= PIECES;
    const uint32_t bits = 0x3f000000 + (k % PIECES << 19);
    const double low = fromBits(bits), width = (double)fromBits(bits + (1 << 19)) - low;
    double y[4];
    for (int j = 0; j < 4; j++) y[j] = exactNoise(low + x[j] * width, upper);
    const double d01 = (y[1] - y[0]) / (x[1] - x[0]), d12 = (y[2] - y[1]) / (x[2] - x[1]), d23 = (y[3] - y[2]) / (x[3] - x[2]);
    const double d02 = (d12 - d01) / (x[2] - x[0]), d13 = (d23 - d12) / (x[3] - x[1]), d03 = (d13 - d02) / (x[3] - x[0]);
    float *c = noiseTable[k];
    c[0] = (float)(y[0] - d01 * x[0] + d02 * (x[0] * x[1]) - d03 * (x[0] * x[1] * x[2]));
    c[1] = (float)((d01 - d02 * (x[0] + x[1]) + d03 * (x[0] * x[1] + x[0] * x[2] + x[1] * x[2])) / step);
    c[2] = (float)((d02 - d03 * (x[0] + x[1] + x[2])) / (step * step));
    c[3] = (float)(d03 / (step * step * step));
  }
}
