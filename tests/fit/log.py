"""log((1+s)/(1-s)) = s*P(s^2), minimax for relative error: the tables in assembly/log.ts."""

import mpmath as mp
from minimax import fit32, report

def series(scale):
    # atanh(s)/s as a function of z = s^2
    return lambda z: scale * 2 * (mp.atanh(mp.sqrt(z)) / mp.sqrt(z) if z else mp.mpf(1))

def fit(name, scale, hi, degree):
    f = series(scale)
    weight = lambda z: 1 / f(z)
    lo = hi / 200  # below it the constant term alone decides
    report(name, fit32(f, weight, lo, hi, degree), f, weight, mp.mpf("1e-12"), hi)

edge = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mp.mpf("1.0001")
for degree in (3, 4):
    fit(f"log2, s <= 1/3, degree {degree}", 1 / mp.log(2), mp.mpf(1) / 9, degree)
for degree in (2, 3):
    fit(f"log, s <= 0.1716, degree {degree}", mp.mpf(1), edge, degree)
