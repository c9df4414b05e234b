"""Weighted minimax polynomials by the Remez exchange, rounded to float32 lowest coefficient first.

Rounding the lowest coefficient, then fitting the rest again around it, loses less than rounding all of them at the end.
"""

import mpmath as mp
import numpy as np

mp.mp.dps = 40


def remez(f, weight, lo, hi, degree, steps=30):
    """Coefficients c0..c_degree that minimise max |weight(x) * (sum c_k x^k - f(x))| on [lo, hi]."""
    n = degree + 2
    mid, half = (mp.mpf(lo) + hi) / 2, (mp.mpf(hi) - lo) / 2
    nodes = [mid - half * mp.cos(mp.pi * k / (n - 1)) for k in range(n)]
    grid = [mid - half * mp.cos(mp.pi * mp.mpf(k) / 2000) for k in range(2001)]
    fgrid = [f(x) for x in grid]
    wgrid = [weight(x) for x in grid]
    coefficients = None
    for _ in range(steps):
        a, b = mp.matrix(n, n), mp.matrix(n, 1)
        for i, x in enumerate(nodes):
            for k in range(degree + 1):
                a[i, k] = x**k
            a[i, degree + 1] = (-1) ** i / weight(x)
            b[i] = f(x)
        solution = mp.lu_solve(a, b)
        coefficients = [solution[k] for k in range(degree + 1)]
        error = [w * (mp.polyval(coefficients[::-1], x) - y) for x, y, w in zip(grid, fgrid, wgrid)]
        # One extremum per run of equal sign.
        runs, start = [], 0
        for i in range(1, len(grid) + 1):
            if i == len(grid) or mp.sign(error[i]) != mp.sign(error[start]):
                runs.append(max(range(start, i), key=lambda j: abs(error[j])))
                start = i
        if len(runs) < n:
            break
        while len(runs) > n:
            runs.pop(0 if abs(error[runs[0]]) < abs(error[runs[-1]]) else -1)
        nodes = [grid[i] for i in runs]
        sizes = [abs(error[i]) for i in runs]
        if max(sizes) - min(sizes) < mp.mpf(10) ** -6 * max(sizes):
            break
    return coefficients


def fit32(f, weight, lo, hi, degree, fixed=()):
    """float32 coefficients; `fixed` holds the lowest ones when they are given."""
    done = [mp.mpf(float(np.float32(c))) for c in fixed]
    while len(done) <= degree:
        k = len(done)
        known = list(done)
        rest = remez(
            lambda x: (f(x) - mp.polyval(known[::-1], x)) / x**k if k else f(x),
            lambda x: weight(x) * x**k if k else weight(x),
            lo, hi, degree - k,
        )
        done.append(mp.mpf(float(np.float32(float(rest[0])))))
    return done


def report(name, coefficients, f, weight, lo, hi):
    worst = max(
        abs(weight(x) * (mp.polyval(coefficients[::-1], x) - f(x)))
        for x in (mp.mpf(lo) + (mp.mpf(hi) - lo) * k / 5000 for k in range(5001))
        if x != 0
    )
    print(f"{name}: worst weighted error {mp.nstr(worst, 3)}")
    for k, c in enumerate(coefficients):
        bits = np.float32(float(c)).view(np.uint32)
        print(f"  c{k} = 0x{bits:08x}  {mp.nstr(c, 10)}")
