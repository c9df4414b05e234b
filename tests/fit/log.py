"""log((1+s)/(1-s)) = 2s + s*z*T(z), z = s^2, minimax for relative error: the table in assembly/log.ts.

The leading 2 is kept exact: 2s is formed without a rounding, and T only adds a correction of at most a ninth.
"""

import mpmath as mp
from minimax import fit32, report


def f(z):
    return 2 * (mp.atanh(mp.sqrt(z)) / mp.sqrt(z) if z else mp.mpf(1))


def fit(name, hi, degree):
    weight = lambda z: 1 / f(z)
    lo = hi / 200  # below it the constant term alone decides
    report(name, fit32(f, weight, lo, hi, degree, fixed=(2,)), f, weight, mp.mpf("1e-12"), hi)


edge = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mp.mpf("1.0001")
for degree in (3, 4):
    fit(f"|s| <= 1/3, degree {degree}", mp.mpf(1) / 9, degree)
for degree in (2, 3):
    fit(f"|s| <= 0.1716, degree {degree}", edge, degree)
