"""Writes operations.json: what operations make of NaN and infinities, by numpy in float64.

    python3 make.py > operations.json
"""

import json
import math

import numpy as np

np.seterr(all="ignore")
nan, inf = math.nan, math.inf

VECTORS, FEATURES = 6, 8
x = np.array([[((i * 37 + j * 11) % 19 - 9) / 4 for j in range(FEATURES)] for i in range(VECTORS)])
x[1, 2] = nan
x[2, 0] = inf
x[3, 5] = -inf
x[4, :] = -inf
x[5, 1], x[5, 6] = nan, inf
finite = np.array([[((i * 29 + j * 7) % 17 - 8) / 8 for j in range(FEATURES)] for i in range(VECTORS)])
one_nan = finite.copy()
one_nan[2, 3] = nan

# Scores of minus infinity alone, for all queries but the last three.
positive = np.abs(finite) + 0.125
hidden = finite.copy()
hidden[:3] = -inf

erf = np.vectorize(math.erf)
weight = np.array([[((i * 5 + j * 3) % 7 - 3.5) / 4 for j in range(FEATURES)] for i in range(5)])


def softmax(v):
    e = np.exp(v - np.max(v, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def log_softmax(v):
    shifted = v - np.max(v, axis=-1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))


def gelu_tanh(v):
    return 0.5 * v * (1 + np.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v**3)))


def leaky(v, slope=0.2):
    return np.where(v > 0, v, slope * v)


def layer(v):
    mean = v.mean(axis=1, keepdims=True)
    return (v - mean) / np.sqrt(((v - mean) ** 2).mean(axis=1, keepdims=True) + 1e-5)


def attention(q, k, v, heads, causal):
    out = np.zeros_like(q)
    each = q.shape[1] // heads
    offset = len(k) - len(q)
    for head in range(heads):
        part = slice(head * each, (head + 1) * each)
        for i in range(len(q)):
            seen = i + offset + 1 if causal else len(k)
            weights = softmax((k[:seen, part] @ q[i, part]) / math.sqrt(each))
            out[i, part] = sum(w * value for w, value in zip(weights, v[:seen, part]))
    return out


EDGES = [(0, 1), (0, 3), (1, 1), (2, 0), (2, 5), (3, 0), (3, 2), (5, 4), (5, 3), (4, 4)]


def neighbours(node):
    return [source for target, source in EDGES if target == node]


def aggregate(reduce):
    zero = np.zeros(FEATURES)
    return np.array([reduce(x[neighbours(i)]) if neighbours(i) else zero for i in range(VECTORS)])


def edge_attention():
    out = np.zeros((VECTORS, FEATURES))
    for i in range(VECTORS):
        if not neighbours(i):
            continue
        for head in range(2):
            part = slice(head * 4, head * 4 + 4)
            scores = np.array([leaky(SOURCES[j, head] + TARGETS[i, head]) for j in neighbours(i)])
            out[i, part] = sum(w * finite[j, part] for w, j in zip(softmax(scores), neighbours(i)))
    return out


SOURCES = np.array([[0.5, nan], [-1, 2], [inf, 0.25], [1, -inf], [-inf, 1], [0, -0.5]])
TARGETS = np.array([[0.25, 0.5], [nan, 1], [0, 0], [1, -1], [0.5, 2], [-2, 1]])


def windows(reduce):
    """Windows of 3 pixels, 2 apart, of an image one pixel high, padded by one pixel."""
    rows = [range(max(0, 2 * i - 1), min(VECTORS, 2 * i + 2)) for i in range(3)]
    return np.array([reduce(x[list(row)]) for row in rows])


most = lambda v: np.max(v, axis=0)
product = x @ weight.T
norm = np.sqrt((x**2).sum(axis=1, keepdims=True))

CASES = {
    "relu": np.maximum(x, 0),
    "relu6": np.minimum(np.maximum(x, 0), 6),
    "leaky-relu": leaky(x, 0.01),
    "elu": np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "gelu": x * 0.5 * (1 + erf(x / math.sqrt(2))),
    "gelu-tanh": gelu_tanh(x),
    "silu": x / (1 + np.exp(-x)),
    "sigmoid": 1 / (1 + np.exp(-x)),
    "tanh": np.tanh(x),
    "linear": product,
    "linear-relu": np.maximum(product, 0),
    "linear-tanh": np.tanh(product),
    "softmax": softmax(x),
    "log-softmax": log_softmax(x),
    "layer": layer(x),
    "rms": x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 1e-5),
    "l2": x / np.maximum(norm, 1e-5),
    "sum": x.sum(axis=0, keepdims=True),
    "mean": x.mean(axis=0, keepdims=True),
    "max-of-lengths": np.stack([x[0], np.zeros(FEATURES), x[4]]),
    "max": x.max(axis=0, keepdims=True),
    "aggregate-sum": aggregate(lambda v: v.sum(axis=0)),
    "aggregate-mean": aggregate(lambda v: v.mean(axis=0)),
    "aggregate-max": aggregate(most),
    "edge-attention": edge_attention(),
    "pool-max": windows(most),
    "pool-average": windows(lambda v: v.sum(axis=0) / 3),
    "add": x + finite,
    "multiply": x * finite,
    "attention-queries": attention(x, finite, finite, 2, False),
    "attention-keys": attention(finite, x, finite, 2, False),
    "attention-keys-causal": attention(finite, x, finite, 2, True),
    "attention-one-key": attention(finite, one_nan, finite, 2, True),
    "attention-values": attention(finite, finite, one_nan, 2, False),
    "attention-hidden": attention(positive, hidden, finite, 2, True),
    "attention-one-query": attention(finite[:1], one_nan, finite, 2, True),
}


def encode(array):
    return [v if math.isfinite(v) else str(v).replace("inf", "Infinity").replace("nan", "NaN")
            for v in (float(v) for v in np.asarray(array).ravel())]


inputs = {"x": x, "finite": finite, "oneNaN": one_nan, "sources": SOURCES, "targets": TARGETS,
          "weight": weight, "positive": positive, "hidden": hidden}
print(json.dumps({
    "inputs": {name: encode(v) for name, v in inputs.items()},
    "edges": EDGES,
    "expected": {name: encode(v) for name, v in CASES.items()},
}))
