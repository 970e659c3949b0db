"""Makes rotations.json: python3 make-rotations.py (NumPy 2.4).

Rotations of orthogonal finetuning for a vector, by permutations and block-diagonal matrices as PEFT has them
(BOFTLayer.block_butterfly_perm), and by exchanged axes as LyCORIS has them (boft.py).
"""

import json
import pathlib

import numpy as np


def numbers(*shape, start):
    """Multiples of the golden ratio, less their whole parts, to four digits."""
    count = int(np.prod(shape))
    return np.array([round(((index + start) * 0.618034) % 1 - 0.5, 4) for index in range(count)]).reshape(shape)


def cayley(blocks):
    """(I - S)(I + S)^-1"""
    skew = (blocks - blocks.swapaxes(-1, -2)) / 2
    eye = np.eye(skew.shape[-1])
    return (eye - skew) @ np.linalg.inv(eye + skew)


def peft_permutation(n, level, size):
    half, group = size // 2, size * 2**level
    chunks = group // half
    order = [*range(0, chunks, 2), *range(1, chunks, 2)]
    inner = np.concatenate([np.arange(half) + half * chunk for chunk in order])
    return np.concatenate([start + inner for start in range(0, n, group)])


def peft(levels, x):
    factors, count, size, _ = levels.shape
    n = count * size
    for level in range(factors):
        blocks = np.zeros((n, n))
        for index in range(count):
            at = slice(index * size, (index + 1) * size)
            blocks[at, at] = levels[level, index]
        permutation = np.eye(n)[peft_permutation(n, level, size)] if factors > 1 else np.eye(n)
        x = permutation @ blocks @ permutation.T @ x
    return x


def lycoris(levels, x):
    factors, count, size, _ = levels.shape
    for level in range(factors):
        k = 2**level * (size // 2)
        grouped = x.reshape(-1, 2, k).swapaxes(1, 2).reshape(-1, size)
        x = np.einsum("bij,bj->bi", levels[level], grouped).reshape(-1, k, 2).swapaxes(1, 2).reshape(-1)
    return x


cases = []
for start, (n, size, factors) in enumerate([(6, 3, 1), (16, 4, 1), (12, 6, 2), (16, 2, 4), (16, 4, 3), (64, 8, 4)]):
    blocks = numbers(factors, n // size, size, size, start=start)
    x = numbers(n, start=start + 7)
    rotations = cayley(blocks)
    found = {"size": size, "factors": factors, "blocks": blocks.ravel().tolist(), "x": x.tolist()}
    found["halves"] = peft(rotations, x).tolist()
    if size % 2 == 0:
        found["pairs"] = lycoris(rotations, x).tolist()
    cases.append(found)
(pathlib.Path(__file__).parent / "rotations.json").write_text(json.dumps(cases) + "\n")
