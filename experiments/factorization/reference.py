"""The hierarchical factorization by numpy and LAPACK, to compare ours with.

    python3 reference.py '{"factors": [[a, b, c, d], ...], "n": 256, "kind": "real", "file": "matrix.bin", "repeats": 3}'

The algorithm as it is published (Le, Zheng, Riccietti, Gribonval, arXiv 2411.04506): down the
left-to-right tree, each split by one batched singular value decomposition of its disjoint blocks, whose
singular vectors on the left are the orthonormal factor. The file holds n x n numbers in float32, row by
row; real parts before imaginary ones where they are complex. Prints the seconds of the fastest repeat,
the relative error of what it found and how far the process grew over the bytes of the matrix.
"""

import json
import sys
import time

import numpy as np


def split(values, left, right):
    """The best product of two factors: values [a, b, c, d] of the product to those of both factors."""
    (a1, b1, c1, d1), (a2, b2, c2, d2) = left, right
    rank, cols, rows = a1 * c1 // a2, a2 // a1, d1 // d2
    blocks = values.reshape(a1, b1, rows, cols, c2, d2).transpose(0, 3, 2, 5, 1, 4)
    u, s, vh = np.linalg.svd(blocks, full_matrices=False)
    u, vh = u[..., :rank], s[..., :rank, None] * vh[..., :rank, :]
    return (
        np.ascontiguousarray(u.transpose(0, 4, 1, 5, 2, 3)).reshape(left),
        np.ascontiguousarray(vh.transpose(0, 1, 4, 2, 5, 3)).reshape(right),
    )


def run_pattern(factors):
    """The pattern of a product of factors that are chainable."""
    (a, b, c, d) = factors[0]
    for a2, b2, c2, d2 in factors[1:]:
        b, c, d = b * d // d2, a2 * c2 // a, d2
    return (a, b, c, d)


def factorize(matrix, factors):
    values, found = matrix, []
    for index in range(len(factors) - 1):
        left, values = split(values, tuple(factors[index]), run_pattern(factors[index + 1 :]))
        found.append(left)
    return [*found, values]


def multiply(values, x):
    """A factor times the columns of x."""
    a, b, c, d = values.shape
    return np.einsum("abcd,acdn->abdn", values, x.reshape(a, c, d, -1)).reshape(a * b * d, -1)


def peak_bytes():
    """The most memory that the process had: not what its parent had, as getrusage counts."""
    with open("/proc/self/status") as status:
        return 1024 * int(next(line for line in status if line.startswith("VmHWM")).split()[1])


def main():
    question = json.loads(sys.argv[1])
    factors, n = question["factors"], question["n"]
    # What the library itself takes is not counted.
    np.linalg.svd(np.ones((4, 2, 2), np.float32 if question["kind"] == "real" else np.complex64))
    before = peak_bytes()
    parts = np.fromfile(question["file"], np.float32).reshape(-1, n, n)
    matrix = parts[0] if question["kind"] == "real" else parts[0] + 1j * parts[1]
    del parts
    seconds = float("inf")
    for _ in range(question["repeats"]):
        start = time.perf_counter()
        found = factorize(matrix, factors)
        seconds = min(seconds, time.perf_counter() - start)
    peak = (peak_bytes() - before) / matrix.nbytes
    x = np.eye(n, dtype=np.float64 if question["kind"] == "real" else np.complex128)
    for values in reversed(found):
        x = multiply(values, x)
    error = np.linalg.norm(matrix - x) / np.linalg.norm(matrix)
    print(json.dumps({"seconds": seconds, "error": float(error), "peak": peak}))


main()
