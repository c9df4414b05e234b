"""2^f on [-1/2, 1/2] as 1 + f*Q(f), minimax for relative error: the table in assembly/exp.ts."""

import mpmath as mp
from minimax import fit32, report

lo, hi = mp.mpf("-0.5000003"), mp.mpf("0.5000001")  # an asymmetric grid never divides by zero
power = lambda x: (mp.power(2, x) - 1) / x if x else mp.log(2)
weight = lambda x: x / mp.power(2, x) if x else mp.mpf(0)
# Q is fitted with the weight bounded away from zero so that the exchange has a full set of extrema.
safe = lambda x: max(abs(weight(x)), mp.mpf("0.02"))
for degree in (4, 5):
    report(f"exp2, Q of degree {degree}", fit32(power, safe, lo, hi, degree), power, weight, lo, hi)
