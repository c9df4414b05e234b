"""Known answers for gumbel-softmax/distributions: SciPy's gumbel_r, float64 densities and autograd of PyTorch, mpmath.

    pip install -r tests/vectors/requirements.txt
    python tests/vectors/distributions.py        # rewrites distributions.json beside this script

Gumbel: every number of SciPy's is held against mpmath with 60 digits. Where SciPy is off by more than 1e-13 (logsf where sf is
subnormal or 0, densities at the edge of float64, quantiles near a zero) the number is mpmath's, and the file counts it.
KL: the closed form by mpmath, after a numerical integration has agreed with it.
Concrete: torch.distributions' RelaxedOneHotCategorical and ExpRelaxedCategorical, and their gradients by autograd.
Relaxed Bernoulli: LogitRelaxedBernoulli at logit(x), less ln(x(1 - x)); the sigmoid transform of torch's RelaxedBernoulli uses
a softplus that is right to 1e-9 only.
"""

import json
from pathlib import Path

import mpmath
import numpy as np
import torch
from mpmath import mpf
from scipy.stats import gumbel_r
from torch.distributions import Categorical, RelaxedOneHotCategorical, kl_divergence
from torch.distributions.relaxed_bernoulli import LogitRelaxedBernoulli
from torch.distributions.relaxed_categorical import ExpRelaxedCategorical

mpmath.mp.dps = 60
torch.set_default_dtype(torch.float64)
SCIPY_ERROR = 1e-13
SMALLEST = 2.2250738585072014e-308  # below it, float64 has fewer digits
from_mpmath = {}


def exact_density(z, scale):
    return mpmath.exp(-(z + mpmath.exp(-z))) / scale


EXACT = {
    "pdf": lambda x, m, b: exact_density((x - m) / b, b),
    "logPdf": lambda x, m, b: -((x - m) / b + mpmath.exp(-(x - m) / b)) - mpmath.log(b),
    "cdf": lambda x, m, b: mpmath.exp(-mpmath.exp(-(x - m) / b)),
    "logCdf": lambda x, m, b: -mpmath.exp(-(x - m) / b),
    "sf": lambda x, m, b: -mpmath.expm1(-mpmath.exp(-(x - m) / b)),
    "logSf": lambda x, m, b: log_sf((x - m) / b),
    "icdf": lambda p, m, b: m - b * mpmath.log(-mpmath.log(p)),
    "isf": lambda q, m, b: m - b * mpmath.log(-mpmath.log1p(-q)),
}
SCIPY = {"logPdf": "logpdf", "logCdf": "logcdf", "logSf": "logsf", "icdf": "ppf"}


def log_sf(z):
    """ln(1 - exp(-e)), e = exp(-z)."""
    e = mpmath.exp(-z)
    return mpmath.log1p(-mpmath.exp(-e)) if e > 1 else mpmath.log(-mpmath.expm1(-e))


def gumbel_value(name, x, loc, scale):
    exact = EXACT[name](mpf(x), mpf(loc), mpf(scale))
    with np.errstate(all="ignore"):
        scipy = float(getattr(gumbel_r, SCIPY.get(name, name))(x, loc, scale))
    if np.isfinite(scipy) and scipy != 0 and abs(mpf(scipy) / exact - 1) < SCIPY_ERROR:
        return number(scipy)
    if float(exact) != scipy:
        from_mpmath[name] = from_mpmath.get(name, 0) + 1
    return number(exact)


def gumbel_case(loc, scale):
    z = [-700, -100, -20, -7, -6.5, -6, -5, -3.25, -2, -1, -0.75, -0.5, -0.25, 0, 0.125, 0.5, 1, 2, 3, 5, 8, 10, 20, 36, 37, 39]
    z += [40, 41, 50, 100, 300, 600, 690, 700, 800]
    p = [1e-300, 1e-200, 1e-100, 1e-30, 1e-10, 0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999999, 1 - 1e-10, 1 - 2.0**-53]
    q = p[:-2] + [1e-16]
    points = {name: [gumbel_value(name, loc + scale * v, loc, scale) for v in z] for name in list(EXACT)[:6]}
    points["x"] = [loc + scale * v for v in z]
    mean, variance = gumbel_r.stats(loc, scale)
    return {
        "loc": loc,
        "scale": scale,
        "points": points,
        "icdf": [[v, gumbel_value("icdf", v, loc, scale)] for v in p],
        "isf": [[v, gumbel_value("isf", v, loc, scale)] for v in q],
        "mean": number(mean),
        "median": number(gumbel_r.median(loc, scale)),
        "variance": number(variance),
        "stddev": number(gumbel_r.std(loc, scale)),
        "entropy": number(gumbel_r.entropy(loc, scale)),
    }


def gumbel_kl(m1, b1, m2, b2):
    m1, b1, m2, b2 = map(mpf, (m1, b1, m2, b2))
    r, d = b1 / b2, (m2 - m1) / b2
    closed = -mpmath.log(r) + mpmath.euler * (r - 1) - d + mpmath.exp(d) * mpmath.gamma(1 + r) - 1
    if r < 20:

        def integrand(x):
            p = exact_density((x - m1) / b1, b1)
            log_p = EXACT["logPdf"](x, m1, b1)
            log_q = EXACT["logPdf"](x, m2, b2)
            return p * (log_p - log_q)

        with mpmath.workdps(30):
            ends = [m1 + b1 * v for v in (-5, -3, -1, 0, 1, 3, 6, 12, 25, 50, 100)]
            integral = mpmath.quad(integrand, ends)
        assert abs(integral - closed) < mpf(1e-20) * (1 + closed), (m1, b1, m2, b2, integral, closed)
    return [number(m1), number(b1), number(m2), number(b2), number(closed)]


def concrete_case(case, classes, tau, spread, shift):
    rng = np.random.default_rng([1611, case])
    z = np.round(spread * rng.standard_normal(classes) + shift, 3)
    # Rounded, they miss the simplex by far less than any check of it allows.
    y = torch.log_softmax(torch.tensor((z + rng.gumbel(size=classes)) / tau), 0).numpy()
    y = np.array([float(f"{v:.9g}") for v in y])
    x = rng.dirichlet(np.ones(classes))
    x = np.array([float(f"{v:.9g}") for v in x])
    out = {"tau": tau, "logits": z.tolist(), "x": x.tolist(), "y": y.tolist()}
    for name, kind, value in (("simplex", RelaxedOneHotCategorical, x), ("logs", ExpRelaxedCategorical, y)):
        logits, leaf = torch.tensor(z, requires_grad=True), torch.tensor(value, requires_grad=True)
        log_prob = kind(torch.tensor(tau), logits=logits, validate_args=False).log_prob(leaf)
        log_prob.backward()
        out[name] = {
            "logProb": number(log_prob),
            "logits": numbers(logits.grad),
            "value": numbers(leaf.grad),
        }
    return out


def bernoulli_case(case, tau):
    rng = np.random.default_rng([2017, case])
    x = torch.tensor([1e-20, 1e-12, 0.001, 0.2, 0.5, 0.7, 0.99, 1 - 1e-12], requires_grad=True)
    z = torch.tensor(np.round(3 * rng.standard_normal(len(x)), 3), requires_grad=True)
    y = x.log() - torch.log1p(-x)
    log_prob = LogitRelaxedBernoulli(torch.tensor(tau), logits=z).log_prob(y) - x.log() - torch.log1p(-x)
    log_prob.sum().backward()
    out = {"tau": tau, "logits": numbers(z), "x": numbers(x), "logProb": numbers(log_prob)}
    return out | {"gradient": {"logits": numbers(z.grad), "value": numbers(x.grad)}}


def categorical_case(case, rows, classes, unimix):
    rng = np.random.default_rng([2023, case])
    z = torch.tensor(np.round(3 * rng.standard_normal((2, rows, classes)) + 5, 3))
    p, q = (Categorical(probs=(1 - unimix) * torch.softmax(v, -1) + unimix / classes) for v in z)
    indices = torch.tensor(rng.integers(classes, size=rows))
    return {
        "shape": [rows, classes],
        "unimix": unimix,
        "logits": numbers(z[0]),
        "other": numbers(z[1]),
        "indices": indices.tolist(),
        "probs": numbers(p.probs),
        "logProbs": numbers(torch.log(p.probs)),
        "logProb": numbers(torch.log(p.probs.gather(1, indices[:, None]))),
        "entropy": numbers(p.entropy()),
        "kl": numbers(kl_divergence(p, q)),
    }


def number(value):
    value = float(value.detach() if isinstance(value, torch.Tensor) else value)
    if np.isfinite(value):
        return value
    return "Infinity" if value > 0 else "-Infinity"


def numbers(values):
    return [number(v) for v in values.detach().flatten()]


gumbel = [gumbel_case(*case) for case in ((0, 1), (0.5, 2), (-3, 0.25), (1.7, 0.3), (100, 1e-3), (-1e6, 1e5), (0, 1e-100), (0, 1e100))]
kl = [
    gumbel_kl(*case)
    for case in (
        (0, 1, 1, 2),
        (1, 2, 0, 1),
        (0, 1, 0, 1.001),
        (-3, 0.5, 2, 4),
        (2, 4, -3, 3),
        (0.3, 1.7, 0.4, 0.9),
        (5, 1, -5, 1),
        (0, 1e-3, 0, 1),
        (0, 10, 0, 1),
        (0, 150, 0, 1),
        (0, 1, -700, 1),
        (0, 1, 700, 1),
        (1e6, 1e3, 1e6 + 500, 1.5e3),
    )
]
concrete = [
    concrete_case(i, *case)
    for i, case in enumerate(
        [(c, tau, 2, 0) for c in (2, 3, 7) for tau in (0.05, 0.1, 0.5, 1.0, 2.0, 10.0)]
        + [(50, tau, 1, 0) for tau in (0.05, 0.5, 10.0)]
        + [(4, 0.5, 1, 1000), (4, 0.3, 30, -200), (5, 0.05, 10, 3)]
    )
]
bernoulli = [bernoulli_case(i, tau) for i, tau in enumerate((0.05, 0.1, 0.5, 1.0, 2.0, 10.0))]
categorical = [
    categorical_case(i, *case) for i, case in enumerate([(3, 2, 0.0), (2, 5, 0.01), (2, 10, 0.3), (2, 3, 1.0), (1, 50, 0.01)])
]


def lines(cases):
    return "[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]"


groups = {"gumbel": gumbel, "kl": kl, "concrete": concrete, "bernoulli": bernoulli, "categorical": categorical}
body = ",\n".join(f'"{name}":{lines(cases)}' for name, cases in groups.items())
text = f'{{"fromMpmath":{json.dumps(from_mpmath)},\n{body}}}\n'
json.loads(text, parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name)))
(Path(__file__).parent / "distributions.json").write_text(text)
print(f"{ {name: len(cases) for name, cases in groups.items()} }, from mpmath: {from_mpmath}, {len(text) / 1024:.0f} KB")
