"""Texts with numbers, and the numbers that NumPy finds in them: python3 make-csv-files.py > csv-files.json"""
import io
import json

import numpy as np

random = np.random.default_rng(7)
wide = random.standard_normal((4, 5)) * 10.0 ** random.integers(-30, 30, (4, 5))
edges = np.array([[5e-324, 2.2250738585072014e-308, 1.7976931348623157e308], [-0.0, 9007199254740993, 1e22]])


def saved(array, **options):
    text = io.StringIO()
    np.savetxt(text, array, **options)
    return text.getvalue()


TEXTS = {
    "savetxt as it is": (saved(wide), None),
    "savetxt with commas and a header": (saved(wide, delimiter=",", fmt="%.17g", header="a, b"), ","),
    "savetxt with semicolons": (saved(wide, delimiter=";", fmt="%.25e"), ";"),
    "savetxt with tabs": (saved(wide, delimiter="\t", fmt="%.17g"), "\t"),
    "savetxt with the line ends of Windows": (saved(wide, delimiter=", ", newline="\r\n"), ","),
    "edges of the range": (saved(edges, delimiter=",", fmt="%.17g"), ","),
    "halves between two numbers": ("9007199254740993,0.500000000000000166533453693773481063544750213623046875\n", ","),
    "integers": (saved(random.integers(-9, 10, (3, 40)), fmt="%d", delimiter=","), ","),
    "one number": ("7", ","),
    "no line end, empty lines, comments, signs": ("\n# x\n +1., -.5 \n\n# y\n2e0,+3E-1", ","),
    "a column": (saved(wide[:, :1]), None),
    "digits beyond any need": ("0." + "1" * 300 + "," + "9" * 300 + "e-300\n", ","),
}

files = {}
for name, (text, delimiter) in TEXTS.items():
    values = np.loadtxt(io.StringIO(text.replace("\r\n", "\n")), delimiter=delimiter, ndmin=2)
    files[name] = {"text": text, "shape": list(values.shape), "values": [repr(float(x)) for x in values.ravel()]}
print(json.dumps(files, indent=1))
