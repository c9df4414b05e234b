"""Known answers for fold, split and Generator: prints seeds.json. Python's integers, no packages.

A derived seed is words 0 (low half) and 1 of Philox4x32-10 under the key (lo32(seed), hi32(seed)) at the counter
(0, lo32(n), hi32(n), stream); stream 1 is fold, 2 split, 3 Generator.
"""

import json

MASK = 0xFFFFFFFF


def philox4x32(key, counter):
    (k0, k1), (c0, c1, c2, c3) = key, counter
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & MASK, (p0 >> 32) ^ c3 ^ k1, p0 & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return c0, c1, c2, c3


def derive(seed, n, stream):
    words = philox4x32((seed & MASK, seed >> 32), (0, n & MASK, n >> 32, stream))
    return str(words[0] | words[1] << 32)


assert philox4x32((0, 0), (0, 0, 0, 0)) == (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)

SEEDS = [0, 1, 44, 2**32 - 1, 2**32, 2**53 + 1, 2**64 - 1]
NUMBERS = [0, 1, 3, 2**32 - 1, 2**33 + 5, 2**64 - 1]
answers = {
    "fold": [[str(seed), str(n), derive(seed, n, 1)] for seed in SEEDS for n in NUMBERS],
    "split": [[str(seed), [derive(seed, i, 2) for i in range(3)]] for seed in SEEDS],
    "generator": [[str(seed), [derive(seed, i, 3) for i in range(3)]] for seed in SEEDS],
}
print(json.dumps(answers, indent=1))
