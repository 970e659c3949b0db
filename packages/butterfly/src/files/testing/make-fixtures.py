"""Makes numpy-types.json and matrix-market.json: python3 make-fixtures.py (NumPy 2.4, SciPy 1.17).

What NumPy and SciPy read is what is right: every file here is read by them, and what they found stands
beside it.
"""

import base64
import io
import json
import pathlib

import numpy as np
import scipy.io
import scipy.sparse

folder = pathlib.Path(__file__).parent
integers = [0, 1, 2, 100, -1, -128]


def saved(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def with_header(text, data):
    """A file of version 1 with a header as it is."""
    padded = text.encode("latin1") + b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded + data


def described(file):
    array = np.load(io.BytesIO(file))
    values = array.astype(np.complex128 if array.dtype.kind == "c" else np.float64).ravel()
    parts = {"re": values.real.tolist(), "im": values.imag.tolist()}
    return {
        "base64": base64.b64encode(file).decode(),
        "shape": list(array.shape),
        "values": parts if array.dtype.kind == "c" else values.tolist(),
    }


types = {}
for name in ["int8", "int16", "int32", "int64", ">i2", ">i8"]:
    types[name] = described(saved(np.array(integers, name)))
for name in ["uint8", "uint16", "uint32", "uint64", ">u4", ">u8"]:
    types[name] = described(saved(np.array([0, 1, 200, 255], name)))
types["bool"] = described(saved(np.array([[True, False, True]])))
extremes = [2**53 + 1, -(2**53) - 3, 2**63 - 1, -(2**63)]
types["int64 beyond 2^53"] = described(saved(np.array(extremes)))
types["uint64 beyond 2^53"] = described(saved(np.array([2**64 - 1, 2**63], np.uint64)))
types["Fortran order"] = described(saved(np.asfortranarray(np.arange(24).reshape(2, 1, 3, 4))))

headers = {}
two = np.array([1.5, -2.0], np.float32).tobytes()
for name, text in {
    "long sizes of Python 2": "{'descr': '<f4', 'fortran_order': False, 'shape': (2L,), }",
    "two long sizes": "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 1L), }",
    "double quotes": '{"descr": "<f4", "fortran_order": False, "shape": (2,), }',
    "unicode texts": "{u'descr': u'<f4', u'fortran_order': False, u'shape': (2,), }",
    "no last comma": "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
    "no spaces": "{'descr':'<f4','fortran_order':False,'shape':(2,)}",
    "another order": "{'shape': (2,), 'fortran_order': False, 'descr': '<f4', }",
    "a comma after two sizes": "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2,), }",
    "native order": "{'descr': '=f4', 'fortran_order': False, 'shape': (2,), }",
    "no order": "{'descr': 'f4', 'fortran_order': False, 'shape': (2,), }",
    "a bar": "{'descr': '|f4', 'fortran_order': False, 'shape': (2,), }",
    "float32": "{'descr': 'float32', 'fortran_order': False, 'shape': (2,), }",
    "single": "{'descr': 'single', 'fortran_order': False, 'shape': (2,), }",
    "a letter of C": "{'descr': 'f', 'fortran_order': False, 'shape': (2,), }",
    "line ends": "{'descr': '<f4',\n 'fortran_order': False,\n 'shape': (2,),\n}",
}.items():
    headers[name] = described(with_header(text, two))
for name, descr, array in [
    ("int64", "int64", np.array([3, -4])),
    ("a question mark", "?", np.array([True, False])),
    ("|b1", "|b1", np.array([True, False])),
    ("complex64", "complex64", np.array([1 + 2j], np.complex64)),
]:
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {array.shape}, }}"
    headers[name] = described(with_header(text, array.tobytes()))

# The spellings of the types, and what NumPy takes each for.
spellings = {}
for spelling in (
    "float16 half e float32 single f float64 double float d int8 byte b int16 short h int32 intc i "
    "int64 int int_ long longlong intp l q p uint8 ubyte B uint16 ushort H uint32 uintc I uint64 uint "
    "ulong ulonglong uintp L Q P bool bool_ ? complex64 csingle F complex128 cdouble complex D"
).split():
    spellings[spelling] = np.dtype(spelling).str

(folder / "numpy-types.json").write_text(
    json.dumps({"types": types, "headers": headers, "spellings": spellings}, indent=1) + "\n"
)

matrices = {}
random = np.random.default_rng(1)


def add(name, text):
    matrix = scipy.io.mmread(io.BytesIO(text.encode()))
    dense = np.asarray(matrix.toarray() if scipy.sparse.issparse(matrix) else matrix)
    found = {"text": text, "shape": list(dense.shape)}
    if np.iscomplexobj(dense):
        found |= {"re": dense.real.ravel().tolist(), "im": dense.imag.ravel().tolist()}
    else:
        found |= {"re": dense.astype(float).ravel().tolist()}
    matrices[name] = found


def written(matrix, **options):
    file = io.BytesIO()
    scipy.io.mmwrite(file, matrix, **options)
    return file.getvalue().decode()


square = np.round(random.standard_normal((3, 3)), 3)
for name, dense in {
    "general": square[:, :2],
    "symmetric": square + square.T,
    "skew-symmetric": square - square.T,
    "hermitian": square + square.T + 1j * (square - square.T),
    "complex": square + 1j * square.T,
    "integer": np.arange(6).reshape(2, 3),
}.items():
    add(f"{name} array", written(dense))
    add(f"{name} coordinate", written(scipy.sparse.coo_array(dense)))
add("pattern", written(scipy.sparse.coo_array(np.eye(3)), field="pattern"))
add("symmetric pattern", "%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2 1\n3 3\n")
add("entries given twice", "%%MatrixMarket matrix coordinate real general\n2 2 2\n1 2 1.5\n1 2 2\n")
add(
    "comments and other cases",
    "%%MatrixMarket MATRIX Coordinate Real General\n% one\n%\n\n2 3 2\n1 1 1e-3\n2 3 -.5E+2\n",
)
add("no last line end", "%%MatrixMarket matrix array integer general\n2 1\n7\n-8")

(folder / "matrix-market.json").write_text(json.dumps(matrices, indent=1) + "\n")
