"""Known answers for the gradients of Categorical: of log_prob, entropy and KL (both sides) with respect to the logits.

    pip install -r tests/vectors/requirements.txt
    python tests/vectors/categorical_gradients.py                    # rewrites categorical-gradients.json by torch's autograd in f64
    python tests/vectors/categorical_gradients.py --differences      # the same by the standard library alone

The file says in `madeBy` which of the two made it. --differences knows no formula of a gradient: it takes central differences of the
functions themselves with 80 digits and steps of 1e-25, whose error is below 1e-40. The file of today was made so, where torch could
not be installed; its own way has not been run. Where torch has no answer (a masked class has
NaN there), masked classes count as absent, which both ways do alike.
"""

import json
import random
import sys
from decimal import Decimal, getcontext
from pathlib import Path

getcontext().prec = 80
STEP = Decimal("1e-25")


def cases():
    """Rows of logits, those of the other distribution, the share of the uniform one in each, and a class."""
    rng = random.Random(1606)
    row = lambda n, spread, shift=0.0: [round(rng.gauss(0, spread), 3) + shift for _ in range(n)]
    for n, spread, unimix, other_unimix in [(2, 1, 0, 0), (5, 2, 0.01, 0.01), (5, 2, 0, 0.3), (4, 3, 0.3, 0), (3, 1, 1, 0.5), (20, 4, 0.01, 0)]:
        yield row(n, spread), row(n, spread), unimix, other_unimix, rng.randrange(n)
    # Large offsets in steps of their ulp, a class that is all but certain, and masked classes.
    yield [v + 2.0**40 for v in (0.0, 0.5, -1.25)], row(3, 1), 0, 0, 1
    yield [v - 2.0**50 for v in (0.0, 0.5, -1.25)], [v + 2.0**50 for v in (1.0, 0.0, 0.25)], 0.01, 0.01, 2
    yield [0.0, -45.0, -50.0], [0.0, -3.0, -2.0], 0, 0, 0
    yield [0.0, -45.0, -50.0], [-40.0, 0.0, -2.0], 0.001, 0.001, 1
    yield [1.0, None, 0.5, -2.0], [0.0, None, 1.0, 0.25], 0, 0, 2
    yield [1.0, None, 0.5, -2.0], [0.0, 3.0, 1.0, 0.25], 0.2, 0.1, 0


def probabilities(z, unimix):
    open_classes = [v for v in z if v is not None]
    top = max(open_classes)
    powers = [None if v is None else (v - top).exp() for v in z]
    total = sum(p for p in powers if p is not None)
    unimix = Decimal(unimix)
    return [None if p is None else (1 - unimix) * p / total + unimix / len(open_classes) for p in powers]


def functions(index, unimix, other_unimix):
    pi = lambda z: [p for p in probabilities(z, unimix) if p is not None]
    pairs = lambda z, w: [(p, q) for p, q in zip(probabilities(z, unimix), probabilities(w, other_unimix)) if p is not None]
    return {
        "logProb": lambda z, w: probabilities(z, unimix)[index].ln(),
        "entropy": lambda z, w: -sum(p * p.ln() for p in pi(z)),
        "kl": lambda z, w: sum(p * (p.ln() - q.ln()) for p, q in pairs(z, w)),
    }


def differences(f, z, w, side):
    gradient = []
    for k, value in enumerate((z, w)[side]):
        if value is None:
            gradient.append(0.0)
            continue
        ends = []
        for step in (STEP, -STEP):
            both = [list(z), list(w)]
            both[side][k] += step
            ends.append(f(*both))
        gradient.append(float((ends[0] - ends[1]) / (2 * STEP)))
    return gradient


def by_differences(z, w, unimix, other_unimix, index):
    z, w = ([None if v is None else Decimal(v) for v in row] for row in (z, w))
    f = functions(index, unimix, other_unimix)
    out = {name: differences(f[name], z, w, 0) for name in f}
    return out | {"klOther": differences(f["kl"], z, w, 1)}


def by_torch(z, w, unimix, other_unimix, index):
    import torch

    torch.set_default_dtype(torch.float64)
    places = [k for k, v in enumerate(z) if v is not None]
    others = [k for k, v in enumerate(w) if v is not None]
    leaves = [torch.tensor([row[k] for k in own], requires_grad=True) for row, own in ((z, places), (w, others))]
    mixed = lambda leaf, u: (1 - u) * torch.softmax(leaf, -1) + u / len(leaf)
    p = torch.distributions.Categorical(probs=mixed(leaves[0], unimix))
    log_p = torch.log(mixed(leaves[0], unimix)) if unimix else torch.log_softmax(leaves[0], -1)
    log_q = torch.log(mixed(leaves[1], other_unimix)) if other_unimix else torch.log_softmax(leaves[1], -1)
    log_q = log_q[[others.index(k) for k in places]]
    kl = (log_p.exp() * (log_p - log_q)).sum()

    def gradient(value, side):
        (found,) = torch.autograd.grad(value, leaves[side], retain_graph=True, allow_unused=True)
        full = [0.0] * len(z)
        for k, g in zip((places, others)[side], found.tolist()):
            full[k] = g
        return full

    log_prob = log_p[places.index(index)]
    return {
        "logProb": gradient(log_prob, 0),
        "entropy": gradient(p.entropy() if unimix else -(log_p.exp() * log_p).sum(), 0),
        "kl": gradient(kl, 0),
        "klOther": gradient(kl, 1),
    }


by = "differences" if "--differences" in sys.argv else "torch"
rows = []
for z, w, unimix, other_unimix, index in cases():
    answer = (by_differences if by == "differences" else by_torch)(z, w, unimix, other_unimix, index)
    infinite = lambda row: ["-Infinity" if v is None else v for v in row]
    settings = {"unimix": unimix, "otherUnimix": other_unimix, "index": index}
    rows.append({"logits": infinite(z), "other": infinite(w), **settings, **answer})

text = f'{{"madeBy":"{by}",\n"cases":[\n' + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]}\n"
(Path(__file__).parent / "categorical-gradients.json").write_text(text)
print(f"{len(rows)} cases by {by}, {len(text) / 1024:.0f} KB")
