"""2^f as 1 + f*Q(f), minimax for relative error: the tables in assembly/lanes/exp.ts.

The coefficients of the near way are scaled by tau and then rounded: they are kept in f64. |f| is at most 1/2 and what rounding
(p - m) * log2(e)/tau, below 126, adds: 2^-17.
"""

import mpmath as mp
from minimax import fit32, remez, report

power = lambda x: (mp.power(2, x) - 1) / x if x else mp.log(2)
weight = lambda x: x / mp.power(2, x) if x else mp.mpf(0)
# Q is fitted with the weight bounded away from zero so that the exchange has a full set of extrema.
safe = lambda x: max(abs(weight(x)), mp.mpf("0.02"))

lo, hi = mp.mpf("-0.5000003"), mp.mpf("0.5000001")  # an asymmetric grid never divides by zero
for degree in (4, 5):
    report(f"far: exp2, Q of degree {degree}", fit32(power, safe, lo, hi, degree), power, weight, lo, hi)

lo, hi = mp.mpf("-0.500009"), mp.mpf("0.500008")
near = remez(power, safe, lo, hi, 4)
worst = max(abs(weight(x) * (mp.polyval(near[::-1], x) - power(x))) for x in mp.linspace(lo, hi, 5000) if x)
print(f"near: worst weighted error {mp.nstr(worst, 3)}")
for k, c in enumerate(near):
    print(f"  q{k} = {float(c)!r}")
