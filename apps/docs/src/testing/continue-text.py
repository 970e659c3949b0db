"""Continues a text by a model of public/models, by the likeliest character each time, with NumPy alone.

    python3 apps/docs/src/testing/continue-text.py apps/docs/public/models/shakespeare "ROMEO:" 60
"""

import json
import struct
import sys

import numpy as np

folder, text, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
config = json.load(open(f"{folder}/config.json"))
vocabulary = json.load(open(f"{folder}/tokenizer.json"))["model"]["vocab"]
characters = {number: character for character, number in vocabulary.items()}
data = open(f"{folder}/model.safetensors", "rb").read()
(length,) = struct.unpack("<Q", data[:8])
weights = {}
for name, tensor in json.loads(data[8 : 8 + length]).items():
    if name != "__metadata__":
        begin, end = tensor["data_offsets"]
        numbers = np.frombuffer(data[8 + length + begin : 8 + length + end], "<f4")
        weights[name] = numbers.astype(np.float64).reshape(tensor["shape"])


def linear(x, path):
    """The right-most factor first: y[i, j, k] is the sum over l of K[i, j, l, k] x[i, l, k]."""
    for factor in ("factors.1", "factors.0"):
        values = weights[f"{path}.{factor}"]
        a, b, c, d = values.shape
        x = np.einsum("ijlk,nilk->nijk", values, x.reshape(-1, a, c, d)).reshape(-1, a * b * d)
    return x + weights[f"{path}.bias"]


def normalized(x, path):
    x = x - x.mean(-1, keepdims=True)
    x = x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-5)
    return x * weights[f"{path}.weight"] + weights[f"{path}.bias"]


def attention(x, path):
    tokens, features = x.shape
    heads = config["n_head"]
    q, k, v = (
        linear(x, f"{path}.{name}").reshape(tokens, heads, -1).transpose(1, 0, 2)
        for name in ("q_proj", "k_proj", "v_proj")
    )
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(features / heads)
    scores[:, np.triu_indices(tokens, 1)[0], np.triu_indices(tokens, 1)[1]] = -np.inf
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    scores /= scores.sum(-1, keepdims=True)
    return linear((scores @ v).transpose(1, 0, 2).reshape(tokens, features), f"{path}.o_proj")


def gelu(x):
    return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


ids = [vocabulary[character] for character in text]
margins = []
for _ in range(count):
    x = weights["wte.weight"][ids] + weights["wpe.weight"][: len(ids)]
    for layer in range(config["n_layer"]):
        x = x + attention(normalized(x, f"h.{layer}.ln_1"), f"h.{layer}.attn")
        hidden = gelu(linear(normalized(x, f"h.{layer}.ln_2"), f"h.{layer}.mlp.fc1"))
        x = x + linear(hidden, f"h.{layer}.mlp.fc2")
    logits = normalized(x[-1:], "ln_f")[0] @ weights["wte.weight"].T
    best = np.sort(logits)
    margins.append(best[-1] - best[-2])
    ids.append(int(logits.argmax()))
print("".join(characters[number] for number in ids))
print(f"The nearest choice was by {min(margins):.3f}.", file=sys.stderr)
