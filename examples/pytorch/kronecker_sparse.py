"""Linear layers of PyTorch whose weights are products of Kronecker-sparse factors, and files of them.

A factor of pattern (a, b, c, d) has the values [a, b, c, d]; value (i, j, k, l) is in row i*b*d + j*d + l and column
i*c*d + k*d + l (arXiv 2405.15013). It is multiplied as a batch of a*d products of b x c, by torch.bmm; autograd has the
gradient of that. Needs torch alone, 1.13 or later.
"""

import json
import math
import struct

import torch
from torch import nn


def multiply(values, x):
    """The product of vectors x [..., a*c*d] and the transposed factor of values [a, b, c, d]: [..., a*b*d]."""
    a, b, c, d = values.shape
    vectors = x.reshape(-1, a, c, d)
    n = vectors.shape[0]
    # [a*d, n, c] by [a*d, c, b].
    inputs = vectors.permute(1, 3, 0, 2).reshape(a * d, n, c)
    weights = values.permute(0, 3, 2, 1).reshape(a * d, c, b)
    outputs = torch.bmm(inputs, weights).reshape(a, d, n, b)
    return outputs.permute(2, 0, 3, 1).reshape(*x.shape[:-1], a * b * d)


def monarch(in_features, out_features, blocks):
    """The patterns of a Monarch layer, the left-most first: blocks of the inputs, and blocks that mix them."""
    q = min(in_features, out_features) // blocks
    if in_features % blocks or out_features % blocks or out_features % q:
        raise ValueError(f"{blocks} blocks do not suit {in_features} inputs and {out_features} outputs.")
    return [(1, out_features // q, blocks, q), (blocks, q, in_features // blocks, 1)]


class ButterflyLinear(nn.Module):
    """y = x (F0 F1 ...)^T + bias, with parameters factors.0 (the left-most), factors.1, ... and bias.

    Inputs that are shorter than the product's columns are padded with zeros, and outputs are cut.
    """

    def __init__(self, patterns, in_features=None, out_features=None, bias=True):
        super().__init__()
        self.rows = patterns[0][0] * patterns[0][1] * patterns[0][3]
        self.cols = patterns[-1][0] * patterns[-1][2] * patterns[-1][3]
        for (a, _, c, d), (a2, b2, _, d2) in zip(patterns, patterns[1:]):
            if a * c * d != a2 * b2 * d2:
                raise ValueError(f"A factor takes {a * c * d} features, and the next one gives {a2 * b2 * d2}.")
        self.in_features = self.cols if in_features is None else in_features
        self.out_features = self.rows if out_features is None else out_features
        # Normal numbers that keep the size of vectors through each factor.
        self.factors = nn.ParameterList(
            [nn.Parameter(torch.randn(a, b, c, d) / math.sqrt(c)) for a, b, c, d in patterns]
        )
        self.bias = nn.Parameter(torch.zeros(self.out_features)) if bias else None

    def forward(self, x):
        x = nn.functional.pad(x, (0, self.cols - self.in_features))
        for values in reversed(list(self.factors)):
            x = multiply(values, x)
        x = x[..., : self.out_features]
        return x if self.bias is None else x + self.bias


def save_safetensors(path, tensors):
    """Writes tensors by name as float32, in the safetensors format: what Papilio and others read as it is."""
    header, data = {}, []
    offset = 0
    for name, tensor in tensors.items():
        numbers = tensor.detach().to("cpu", torch.float32).contiguous()
        content = numbers.numpy().astype("<f4").tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(numbers.shape),
            "data_offsets": [offset, offset + len(content)],
        }
        offset += len(content)
        data.append(content)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for content in data:
            file.write(content)
