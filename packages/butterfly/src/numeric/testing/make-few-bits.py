"""Writes few-bits.json: weights of few bits by numpy, for tests of weights of few bits. Run: python3 make-few-bits.py"""
import json, pathlib
import numpy as np

GRIDS = {"q8": (8, 1, 128, 127), "q4": (4, 1, 8, 7), "q3": (3, 2, 7, 7), "q2": (2, 2, 3, 3)}
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
    for dtype, (bits, step, offset, top) in GRIDS.items():
        groups = [-(-s // g) for s, g in zip(shape, group)]
        scales = np.zeros(groups, np.float16)
        for at in np.ndindex(*groups):
            part = values[tuple(slice(i * g, i * g + g) for i, g in zip(at, group))]
            scales[at] = np.abs(part).max().astype(np.float64) / top
        spread = scales.astype(np.float64)
        for axis, g in enumerate(group):
            spread = np.repeat(spread, g, axis).take(range(shape[axis]), axis)
        ratio = np.clip(values.astype(np.float64) / spread, -top, top)
        codes = np.rint((ratio + offset) / step).astype(np.uint8) if step == 2 else (np.rint(ratio) + offset).astype(np.uint8)
        stream = ((codes.reshape(-1, 1) >> np.arange(bits)) & 1).astype(np.uint8).reshape(-1)
        back = ((step * codes.astype(np.float64) - offset) * spread).astype(np.float32)
        cases.append({
            "dtype": dtype, "shape": shape, "values": values.reshape(-1).tolist(),
            "scales": scales.reshape(-1).view(np.uint16).tolist(),
            "bytes": np.packbits(stream, bitorder="little").tolist(),
            "back": back.reshape(-1).tolist(),
        })
pathlib.Path(__file__).with_name("few-bits.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")
