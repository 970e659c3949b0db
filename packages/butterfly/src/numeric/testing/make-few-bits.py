"""Writes few-bits.json: weights of few bits by numpy, for tests of weights of few bits. Run: python3 make-few-bits.py"""
import json, pathlib
import numpy as np

WHOLE = {"q8": (8, 1, 128)}
for bits in (7, 6, 5, 4, 3, 2, 1):
    WHOLE[f"q{bits}"] = (4, 1, 8) if bits == 4 else (bits, 2, 2**bits - 1)
FLOATS = {"f8e4m3": (3, 7, 0x7F), "f8e5m2": (2, 15, 0x7C)}


def numbers_of(dtype):
    """The number of each code, NaN for those that stand for none."""
    if dtype in WHOLE:
        bits, step, offset = WHOLE[dtype]
        return step * np.arange(2.0**bits) - offset
    digits, bias, first_wrong = FLOATS[dtype]
    magnitudes = np.arange(128)
    exponent, fraction = magnitudes >> digits, magnitudes % 2**digits
    normal = (1 + fraction / 2**digits) * 2.0 ** (exponent - bias)
    values = np.where(exponent == 0, fraction / 2**digits * 2.0 ** (1 - bias), normal)
    values[first_wrong:] = np.nan
    return np.concatenate([values, -values])


def scale_of(dtype, part, top):
    magnitudes = np.abs(part).astype(np.float64)
    if dtype == "q1":
        return magnitudes.mean()
    return 2.0 ** np.ceil(np.log2(magnitudes.max() / top)) if dtype in FLOATS else magnitudes.max() / top


rng = np.random.default_rng(5)
cases = []
for shape, group in [
    ((1, 3, 70, 1), (1, 1, 32, 1)),
    ((2, 2, 17, 2), (1, 1, 17, 1)),
    ((1, 7, 5, 1), (1, 6, 5, 1)),
    ((5, 2, 2, 3), (2, 2, 2, 3)),
    ((2, 1, 3, 23), (1, 1, 3, 10)),
]:
    values = rng.normal(size=shape).astype(np.float32)
    values.flat[1] = 0
    for dtype in [*WHOLE, *FLOATS]:
        numbers = numbers_of(dtype)
        top = np.nanmax(numbers)
        bits = WHOLE[dtype][0] if dtype in WHOLE else 8
        groups = [-(-s // g) for s, g in zip(shape, group)]
        scales = np.zeros(groups, np.float16)
        for at in np.ndindex(*groups):
            part = values[tuple(slice(i * g, i * g + g) for i, g in zip(at, group))]
            scales[at] = scale_of(dtype, part, top)
        spread = scales.astype(np.float64)
        for axis, g in enumerate(group):
            spread = np.repeat(spread, g, axis).take(range(shape[axis]), axis)
        distances = np.abs(values.astype(np.float64).reshape(-1, 1) / spread.reshape(-1, 1) - numbers)
        if dtype in WHOLE and dtype not in ("q8", "q4"):
            distances = distances[:, ::-1]  # of two that are as near, the larger
            codes = len(numbers) - 1 - np.argmin(distances, axis=1)
        else:
            codes = np.nanargmin(distances, axis=1)
        codes = codes.astype(np.uint8)
        stream = ((codes.reshape(-1, 1) >> np.arange(bits)) & 1).astype(np.uint8).reshape(-1)
        back = (numbers[codes].reshape(shape) * spread).astype(np.float32)
        cases.append({
            "dtype": dtype, "shape": shape, "values": values.reshape(-1).tolist(),
            "scales": scales.reshape(-1).view(np.uint16).tolist(),
            "bytes": np.packbits(stream, bitorder="little").tolist(),
            "back": back.reshape(-1).tolist(),
        })
pathlib.Path(__file__).with_name("few-bits.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")
