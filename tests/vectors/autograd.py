"""Known answers for noise, samples and gradients: an independent Philox in NumPy, and float64 autograd of PyTorch.

    pip install -r tests/vectors/requirements.txt
    python tests/vectors/autograd.py        # rewrites autograd.json beside this script

The perturbed logit is the library's: p = float32(z + s*g). The graph sees exactly these numbers, since z enters as
z + (p - z) with p - z constant, so dp/dz = 1. Masked classes (z = -Infinity) stay as they are.
"""

import json
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).parent
LO32 = np.uint64(0xFFFFFFFF)
HIGHEST_CLASS = 2**34 - 1  # class >> 2 is one 32-bit word of the counter
GAP = 1e-5  # between the two largest p of a row: far above what float32 noise can move


def philox(key, counter, rounds=10):
    """Philox4x32 (Salmon et al., SC 2011): key of 2, counter of 4 words, each a uint64 array below 2^32."""
    k0, k1 = (np.asarray(k, dtype=np.uint64) for k in key)
    c0, c1, c2, c3 = (np.asarray(c, dtype=np.uint64) for c in counter)
    for _ in range(rounds):
        a = c0 * np.uint64(0xD2511F53)
        b = c2 * np.uint64(0xCD9E8D57)
        c0, c1, c2, c3 = (b >> np.uint64(32)) ^ c1 ^ k0, b & LO32, (a >> np.uint64(32)) ^ c3 ^ k1, a & LO32
        k0 = (k0 + np.uint64(0x9E3779B9)) & LO32
        k1 = (k1 + np.uint64(0xBB67AE85)) & LO32
    return c0, c1, c2, c3


def check_philox():
    for line in (HERE / "philox4x32.txt").read_text().splitlines():
        _, rounds, *words = line.split()
        w = [int(word, 16) for word in words]
        # The file gives the counter, then the key, then the answer.
        assert [int(x) for x in philox(w[4:6], w[0:4], int(rounds))] == w[6:], line


def noise_words(seed, rows, classes, row_offset=0, class_offset=0):
    """word(seed, row, class, stream 0), uint64 [rows, classes]."""
    assert class_offset + classes - 1 <= HIGHEST_CLASS and row_offset + rows <= 2**64
    row = np.array([[row_offset + r] for r in range(rows)], dtype=np.uint64)
    class_ = np.array([[class_offset + c for c in range(classes)]], dtype=np.uint64)
    key = (seed & 0xFFFFFFFF, seed >> 32)
    out = philox(key, (class_ >> np.uint64(2), row & LO32, row >> np.uint64(32), np.uint64(0)))
    lane = np.broadcast_to((class_ & np.uint64(3)).astype(np.intp), (rows, classes))
    return np.take_along_axis(np.stack(np.broadcast_arrays(*out)), lane[None], axis=0)[0]


def gumbel(words):
    """-ln(-ln(1 - v)), v = (x + 1/2) / 2^32, from whichever of v and 1 - v is the smaller."""
    v = (words.astype(np.float64) + 0.5) / 2**32
    complement = ((LO32 - words).astype(np.float64) + 0.5) / 2**32
    return -np.log(np.where(words < 2**31, -np.log1p(-np.minimum(v, 0.5)), -np.log(complement)))


def make_logits(rng, shape, dim, masks):
    """Three decimals keep the file short; as float32 they are as ragged as any other number."""
    logits = np.round(2 * rng.standard_normal(shape), 3).astype(np.float32)
    by_row = np.moveaxis(logits, dim, -1)
    for row, class_ in masks:
        by_row[(*np.unravel_index(row, by_row.shape[:-1]), class_)] = -np.inf  # a view: writes into logits
    return logits


def make_cotangent(rng, shape):
    return np.round(rng.uniform(-1, 1, shape), 3).astype(np.float32)


def sample_case(number, shape, dim, tau, seed, noise_scale=1.0, masks=(), row_offset=0, class_offset=0):
    rng = np.random.default_rng([2611, number])
    logits, cotangent = make_logits(rng, shape, dim, masks), make_cotangent(rng, shape)
    classes = shape[dim]
    rest = np.moveaxis(logits, dim, -1).shape[:-1]
    rows = logits.size // classes
    g = gumbel(noise_words(seed, rows, classes, row_offset, class_offset))
    g = np.moveaxis(g.reshape([*rest, classes]), -1, dim)
    z = logits.astype(np.float64)
    p = (z + noise_scale * g).astype(np.float32).astype(np.float64)
    alive = np.isfinite(z)
    top = np.sort(np.moveaxis(p, dim, -1).reshape(rows, classes), axis=-1)
    assert np.all(top[:, -1] - top[:, -2] > GAP), f"case {number}: a near tie, take another seed"

    constant = torch.from_numpy(np.where(alive, p - np.where(alive, z, 0), 0))
    c = torch.from_numpy(cotangent.astype(np.float64))

    def soft_sample(leaf):
        perturbed = leaf + constant
        assert np.array_equal(perturbed.detach().numpy(), p)
        return torch.softmax(perturbed / tau, dim)

    leaf = torch.from_numpy(z).requires_grad_()
    soft = soft_sample(leaf)
    soft.backward(c)

    # The straight-through estimator as torch.nn.functional.gumbel_softmax(hard=True) writes it.
    hard_leaf = torch.from_numpy(z).requires_grad_()
    y = soft_sample(hard_leaf)
    index = y.max(dim, keepdim=True)[1]
    y_hard = torch.zeros_like(y).scatter_(dim, index, 1.0)
    (y_hard - y.detach() + y).backward(c)
    assert torch.equal(leaf.grad, hard_leaf.grad)

    options = {"dim": dim, "tau": tau, "seed": str(seed), "noiseScale": noise_scale}
    options |= {"rowOffset": str(row_offset), "classOffset": class_offset}
    return {
        "shape": shape,
        "options": options,
        "largestNoise": compact(np.abs(g[alive]).max()),
        "largestPerturbed": compact(np.abs(p[alive]).max()),
        "logits": compact(logits),
        "cotangent": compact(cotangent),
        "indices": index.flatten().tolist(),
        "soft": compact(soft.detach().numpy()),
        "gradient": compact(leaf.grad.numpy()),
    }


def softmax_case(number, shape, dim, tau, masks=()):
    rng = np.random.default_rng([1106, number])
    logits, cotangent = make_logits(rng, shape, dim, masks), make_cotangent(rng, shape)
    # log-softmax is -Infinity at a masked class, where no finite loss can look.
    cotangent[~np.isfinite(logits)] = 0
    case = {"shape": shape, "options": {"dim": dim, "tau": tau}}
    case |= {"logits": compact(logits), "cotangent": compact(cotangent)}
    for name, operation in (("softmax", torch.softmax), ("logSoftmax", torch.log_softmax)):
        leaf = torch.from_numpy(logits.astype(np.float64)).requires_grad_()
        y = operation(leaf / tau, dim)
        y.backward(torch.from_numpy(cotangent.astype(np.float64)))
        case |= {name: compact(y.detach().numpy()), f"{name}Gradient": compact(leaf.grad.numpy())}
    return case


def words_case(seed, row_offset, class_offset, shape=(1, 4)):
    words = noise_words(seed, *shape, row_offset, class_offset)
    offsets = {"seed": str(seed), "rowOffset": str(row_offset), "classOffset": class_offset}
    return {"shape": list(shape), "options": offsets, "words": [f"{int(word):08x}" for word in words.flatten()]}


def compact(values):
    """C-order list: float32 at its shortest decimals, float64 at 12 digits (far below every tolerance)."""
    if np.ndim(values):
        return [compact(value) for value in np.ravel(values)]
    if not np.isfinite(values):
        return "-Infinity"
    return float(str(values)) if isinstance(values, np.float32) else float(f"{values:.12g}")


WIDE = 0xFEDCBA9876543210
check_philox()
noise = [
    words_case(0, 0, 0),
    words_case(0xFFFFFFFFFFFFFFFF, 2**64 - 1, 2**34 - 4),
    words_case(0x299F31D0A4093822, 0x13198A2E85A308D3, 4 * 0x243F6A88),
    words_case(1, 0, 0),
    words_case(1 << 32, 0, 0),
    words_case(0, 1, 0),
    words_case(0, 2**32, 0),
    words_case(WIDE, 12345, 4),
    words_case(WIDE, 2**32 - 1, 2**31, (3, 4)),
    words_case(44, 2**53 + 1, 1),
    words_case(44, 2**63, 2**33 + 2),
    words_case(WIDE, 2**32 + 7, 2**32 - 2, (2, 5)),
    words_case(7, 3, 3, (2, 13)),
]
samples = [
    sample_case(0, [5], 0, 1.0, 0),
    sample_case(1, [5], -1, 0.1, 1),
    sample_case(2, [5], 0, 0.5, WIDE, 0.5, [(0, 1)]),
    sample_case(3, [5], -1, 5.0, 44, 1.0, [(0, 0), (0, 4)]),
    sample_case(4, [5, 4], 0, 1.0, 2**32),
    sample_case(5, [5, 4], 1, 1.0, 2**32),
    sample_case(6, [5, 4], 0, 0.1, 3, 0.5),
    sample_case(7, [5, 4], -1, 0.5, 2**64 - 1, 1.0, [(0, 3), (2, 0), (2, 1)]),
    sample_case(8, [5, 4], -2, 5.0, WIDE, 1.0, [(0, 4), (3, 0)]),
    sample_case(9, [5, 4, 3], 0, 0.5, 5),
    sample_case(10, [5, 4, 3], 1, 0.5, 5),
    sample_case(11, [5, 4, 3], 2, 0.5, 5),
    sample_case(12, [5, 4, 3], 0, 0.1, WIDE, 0.5, [(0, 0), (5, 2), (11, 4)]),
    sample_case(13, [5, 4, 3], 1, 5.0, 2**53 + 1, 1.0, [(0, 3), (7, 1)]),
    sample_case(14, [5, 4, 3], -1, 1.0, 6, 0.5),
    sample_case(15, [5, 4, 3], -3, 1.0, 7, 1.0, (), 2**32 - 6),
    sample_case(16, [3, 10], 1, 0.1, 8),
    sample_case(17, [3, 10], 1, 1.0, WIDE, 1.0, [(1, c) for c in range(9)]),
    sample_case(18, [3, 10], 0, 5.0, 9, 0.5),
    sample_case(19, [3, 10], -1, 0.5, 10, 1.0, (), 2**63 + 1, 3),
    sample_case(20, [2, 33], 1, 1.0, 11),
    sample_case(21, [2, 33], 1, 0.1, 12, 0.5, [(0, 32), (1, 0), (1, 16)]),
    sample_case(22, [2, 33], 0, 0.5, 13),
    sample_case(23, [2, 33], -1, 5.0, 2**63 + 14, 1.0, (), 17, 2**33 + 1),
]
softmaxes = [
    softmax_case(0, [5], 0, 1.0),
    softmax_case(1, [5, 4], 0, 0.5),
    softmax_case(2, [5, 4], 1, 0.1, [(1, 2)]),
    softmax_case(3, [5, 4, 3], 0, 5.0),
    softmax_case(4, [5, 4, 3], 1, 0.5, [(0, 0), (11, 3)]),
    softmax_case(5, [5, 4, 3], 2, 1.0),
    softmax_case(6, [3, 10], -1, 0.1),
    softmax_case(7, [2, 33], -1, 1.0, [(0, 32)]),
    softmax_case(8, [2, 33], -1, 5.0),
]


def lines(cases):
    return "[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]"


text = f'{{"noise":{lines(noise)},\n"samples":{lines(samples)},\n"softmaxes":{lines(softmaxes)}}}\n'
json.loads(text, parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name)))
(HERE / "autograd.json").write_text(text)
print(f"{len(noise)} noise, {len(samples)} sample and {len(softmaxes)} softmax cases, {len(text) / 1024:.0f} KB")
