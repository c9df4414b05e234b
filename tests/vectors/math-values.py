"""Values of src/math.ts's functions, and of the geometric schedule, in 80 digits; prints math-values.json.

A row is [x, y, rest]: y the f64 nearest to the exact value, and the exact value minus y in units of y's last place. Inputs
are seeded, dense where an argument is reduced or a sum cancels, and include the worst ones that a search of millions found.
"""

import json
import math
import random

import mpmath as mp

mp.mp.dps = 80
random.seed(44)
u = random.uniform
ln2 = math.log(2)
sign = lambda: random.choice([1, -1])
power = lambda low, high: math.ldexp(u(1, 2), random.randint(low, high))

# Around the halfway points of the reduction, n*ln(2) + ln(2)/2, the argument that is left is largest.
halfway = lambda low, high: (random.randint(low, high) + 0.5) * ln2 * (1 + u(-1e-4, 1e-4))
SPECIAL = {
    "exp": [5e-324, -5e-324, 709.782712893384, -745.1332191019411, -745.133219101942, -708.3964185322641, 1, -1, 0.5],
    "expm1": [5e-324, -5e-324, 2.0**-1022, 709.782712893384, 1, -1, 37, 36.7, 40.0001, -39.9, -40.0001],
    "log": [5e-324, 2.0**-1022, 1.7976931348623157e308, 1 - 2.0**-53, 1 + 2.0**-52, 2, 0.5, 10],
    "log1p": [5e-324, -5e-324, 2.0**-1022, 1.7976931348623157e308, -1 + 2.0**-53, 1, 2.0**53, 2.0**53 + 2, -0.5],
    "cosPi": [5e-324, 0.25, 0.75, 1 / 3, 0.5 - 2.0**-54, 0.5 + 2.0**-53, 1 - 2.0**-53],
}
WORST = {
    "exp": [-708.7532132303013, -708.7620329130355],
    "expm1": [0.34688924268864035, 0.3466856434987757],
    "log": [0.7068729458832291, 0.7064431520181568],
    "log1p": [0.40766646123799993, 0.40771788352188554],
    "cosPi": [0.2508580044280046, 0.2543951884692492],
}
RANDOM = {
    "exp": [lambda: u(-1, 1), lambda: u(-40, 40), lambda: u(-745, 709), lambda: u(-745, -708), lambda: halfway(-1074, 1022)],
    "expm1": [lambda: u(-1, 1), lambda: sign() * power(-60, 5), lambda: u(-41, 41), lambda: u(0.34, 0.35), lambda: halfway(-3, 56)],
    "log": [lambda: u(0.7, 1.42), lambda: u(0.99, 1.01), lambda: u(0.5, 2), lambda: power(-1074, 1022), lambda: u(1.41, 1.42)],
    "log1p": [lambda: u(-1, 1), lambda: u(-0.3, -0.28), lambda: u(0.4, 0.42), lambda: sign() * power(-60, -1), lambda: power(0, 60)],
    "cosPi": [lambda: u(0, 1), lambda: u(0.24, 0.26), lambda: 0.5 - power(-54, -3), lambda: 0.5 + power(-53, -3), lambda: power(-40, -2)],
}
EXACT = {"exp": mp.exp, "expm1": mp.expm1, "log": mp.log, "log1p": mp.log1p, "cosPi": lambda x: mp.cos(mp.pi * x)}


def row(x, exact):
    y = nearest(exact)
    return [x, y, round(float((exact - mp.mpf(y)) / math.ulp(y)), 6)]


def nearest(exact):
    """mpmath rounds to 53 bits first; below the normal numbers that would round twice."""
    return math.ldexp(int(mp.nint(mp.ldexp(exact, 1074))), -1074) if abs(exact) < 2.0**-1000 else float(exact)


rows = {}
for name, exact in EXACT.items():
    inputs = SPECIAL[name] + WORST[name] + [draw() for draw in RANDOM[name] for _ in range(40)]
    rows[name] = [row(x, exact(mp.mpf(x))) for x in inputs]

# initial * factor^t with the f64 numbers taken as they are, where it lies above the floor 1e-300.
settings = [(2, 0.999995), (1, 0.99), (5, 0.5), (1, 1 - 2.0**-53), (1e-3, 0.9999)]
steps = [0, 1, 2, 3, 10, 100, 999, 1000, 12345, 100000, 277258, 1000000]
rows["geometric"] = [
    [initial, factor, t, float(value)]
    for initial, factor in settings
    for t in steps
    if (value := mp.mpf(initial) * mp.mpf(factor) ** t) > mp.mpf("1e-300")
]

lines = (f'"{name}": [\n' + ",\n".join(json.dumps(r) for r in table) + "\n]" for name, table in rows.items())
print("{\n" + ",\n".join(lines) + "\n}")
