"""Known answers for the gradients of the estimators, by float64 autograd of PyTorch.

    pip install -r tests/vectors/requirements.txt
    python tests/vectors/make_estimators.py        # rewrites estimators.json beside this script

ReinMax is written anew after algorithm 2 of Liu, Dong, Liu, Yu, Gao, Zhang, "Bridging discrete and backpropagation:
straight-through and beyond", NeurIPS 2023: their code centres the gradient over the classes at the end, which changes
nothing where it sums to zero. Straight-through is one-hot + pi - stop_gradient(pi) with pi the mixture; Gumbel-Rao the mean
over conditional samples written out as in Paulus, Maddison, Krause, ICLR 2021.
"""

import json
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).parent
LO32 = np.uint64(0xFFFFFFFF)
GAP = 1e-5  # between the two largest p of a row: far above what float32 noise can move
CONDITIONAL, SAMPLES = 4, 2**16  # the stream of conditional noise, and the step from sample to sample


def philox(key, counter):
    """Philox4x32-10 (Salmon et al., SC 2011)."""
    k0, k1 = (np.uint64(k) for k in key)
    c0, c1, c2, c3 = (np.asarray(c, dtype=np.uint64) for c in counter)
    for _ in range(10):
        a, b = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
        c0, c1, c2, c3 = (b >> np.uint64(32)) ^ c1 ^ k0, b & LO32, (a >> np.uint64(32)) ^ c3 ^ k1, a & LO32
        k0, k1 = (k0 + np.uint64(0x9E3779B9)) & LO32, (k1 + np.uint64(0xBB67AE85)) & LO32
    return c0, c1, c2, c3


def noise(seed, rows, classes, stream):
    row = np.arange(rows, dtype=np.uint64)[:, None]
    class_ = np.arange(classes, dtype=np.uint64)[None, :]
    words = philox((seed & 0xFFFFFFFF, seed >> 32), (class_ >> np.uint64(2), row, row * np.uint64(0), np.uint64(stream)))
    lane = np.broadcast_to((class_ & np.uint64(3)).astype(np.intp), (rows, classes))
    word = np.take_along_axis(np.stack(np.broadcast_arrays(*words)), lane[None], axis=0)[0]
    return -np.log(-np.log1p(-(word.astype(np.float64) + 0.5) / 2**32))


def make_logits(rng, shape, masks):
    logits = np.round(2 * rng.standard_normal(shape), 3).astype(np.float32)
    for place in masks:
        logits[place] = -np.inf
    return logits


class ReinMax(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits, one_hot, tau):
        ctx.save_for_backward(logits, one_hot)
        ctx.tau = tau
        return one_hot.clone()

    @staticmethod
    def backward(ctx, grad):
        logits, one_hot = ctx.saved_tensors
        pi0 = logits.softmax(-1)
        pi1 = (one_hot + (logits / ctx.tau).softmax(-1)) / 2
        first = 2 * grad * pi1
        first = first - pi1 * first.sum(-1, keepdim=True)
        second = -0.5 * grad * pi0
        second = second - pi0 * second.sum(-1, keepdim=True)
        return first + second, None, None


def mixture(logits, unimix):
    open_ = torch.isfinite(logits)
    share = open_.double() / open_.sum(-1, keepdim=True)
    return lambda pi: (1 - unimix) * pi + unimix * share


def case(number, shape, tau, seed, unimix=0.0, samples=3, masks=()):
    rng = np.random.default_rng([2311, number])
    logits = make_logits(rng, shape, masks)
    cotangent = np.round(rng.uniform(-1, 1, shape), 3).astype(np.float32)
    rows, classes = shape
    z = torch.from_numpy(logits.astype(np.float64))
    c = torch.from_numpy(cotangent.astype(np.float64))
    mix = mixture(z, unimix)

    def draw(log_probability):
        p = log_probability.numpy() + noise(seed, rows, classes, 0)
        top = np.sort(p, axis=-1)
        assert classes == 1 or np.all(top[:, -1] - top[:, -2] > GAP), f"case {number}: a near tie, take another seed"
        return torch.from_numpy(p.argmax(-1))

    index, mixed_index = draw(z), draw(mix(z.softmax(-1)).log())
    one_hot = torch.nn.functional.one_hot(index, classes).double()
    answer = {}

    leaf = z.clone().requires_grad_()
    pi = mix((leaf / tau).softmax(-1))
    hard = torch.nn.functional.one_hot(mixed_index, classes).double()
    (hard + pi - pi.detach()).backward(c)
    answer["straight-through"] = leaf.grad

    leaf = z.clone().requires_grad_()
    ReinMax.apply(leaf, one_hot, tau).backward(c)
    answer["reinmax"] = leaf.grad

    leaf = z.clone().requires_grad_()
    log_sum = z.logsumexp(-1, keepdim=True)
    total = torch.zeros_like(z)
    for k in range(samples):
        g = torch.from_numpy(noise(seed, rows, classes, CONDITIONAL + SAMPLES * k))
        top = (log_sum + g.gather(-1, index[:, None])).expand_as(z)
        p = torch.where(one_hot.bool(), top, -torch.logaddexp(-(z + g), -top))
        total = total + ((leaf + torch.where(torch.isfinite(z), p - z, torch.zeros_like(z))) / tau).softmax(-1)
    (total / samples).backward(c)
    answer["gumbel-rao"] = leaf.grad

    return {
        "shape": shape,
        "tau": tau,
        "seed": str(seed),
        "unimix": unimix,
        "conditionalSamples": samples,
        "logits": compact(logits),
        "cotangent": compact(cotangent),
        "indices": index.tolist(),
        "mixedIndices": mixed_index.tolist(),
        "gradients": {name: compact(gradient.numpy()) for name, gradient in answer.items()},
    }


def compact(values):
    return ["-Infinity" if v == -np.inf else float(f"{v:.9g}") for v in np.asarray(values, dtype=np.float64).flatten()]


cases = [
    case(0, [4, 3], 1.0, 7),
    case(1, [5, 8], 0.5, 2**40 + 9, unimix=0.01, samples=10),
    case(2, [3, 17], 1.3, 12, unimix=0.3, masks=[(0, 2), (1, 0), (1, 16)]),
    case(3, [2, 32], 2.0, 2**63 + 1, unimix=0.01, samples=1),
    case(4, [6, 2], 0.25, 99, unimix=1.0, samples=4),
    case(5, [2, 1], 1.0, 5, unimix=0.1),
]
text = ",\n".join(json.dumps(known, separators=(",", ":")) for known in cases)
(HERE / "estimators.json").write_text(f"[\n{text}\n]\n")
