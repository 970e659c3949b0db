"""Makes scipy-transforms.json: python3 make-fixtures.py (NumPy 2.4, SciPy 1.17).

What transforms, circulant matrices and convolutions of SciPy give for a vector, at ten sizes, primes among them.
"""

import json
import pathlib

import numpy as np
import scipy.fft
import scipy.linalg
import scipy.signal

folder = pathlib.Path(__file__).parent
sizes = [2, 3, 5, 8, 12, 13, 17, 30, 37, 41]


def vector(n, start):
    """Multiples of the golden ratio, less their whole parts, to six digits."""
    return [round(((index + start) * 0.618034) % 1 - 0.5, 6) for index in range(n)]


def plain(array):
    return np.asarray(array, dtype=np.float64).tolist()


def case(n):
    x, other = np.array(vector(n, 1)), np.array(vector(n, 5))
    kernel = np.array(vector(min(n, 4), 3))
    spectrum, unitary = scipy.fft.fft(x), scipy.fft.fft(x, norm="ortho")
    found = {
        "x": plain(x),
        "other": plain(other),
        "kernel": plain(kernel),
        "fourier": {"re": plain(spectrum.real), "im": plain(spectrum.imag)},
        "unitary": {"re": plain(unitary.real), "im": plain(unitary.imag)},
        "circulant": plain(scipy.linalg.circulant(other) @ x),
        "toeplitz": plain(scipy.linalg.toeplitz(other, vector(n, 9)) @ x),
        "hankel": plain(scipy.linalg.hankel(other, vector(n, 9)) @ x),
        "hadamard": plain(scipy.linalg.hadamard(n) @ x) if n & (n - 1) == 0 else None,
    }
    for mode in ["full", "same", "valid"]:
        found[f"convolution {mode}"] = plain(scipy.signal.convolve(x, kernel, mode, "direct"))
    for kind in [1, 2, 3, 4]:
        for name, norm in [("", None), (" orthonormal", "ortho")]:
            found[f"cosine {kind}{name}"] = plain(scipy.fft.dct(x, kind, norm=norm, orthogonalize=norm == "ortho"))
            found[f"sine {kind}{name}"] = plain(scipy.fft.dst(x, kind, norm=norm, orthogonalize=norm == "ortho"))
    return found


image = np.array(vector(5 * 7, 2)).reshape(5, 7)
small = np.array(vector(3 * 2, 4)).reshape(3, 2)
two = {
    "x": plain(image.ravel()),
    "kernel": plain(small.ravel()),
    "spectrum": {
        "re": plain(scipy.fft.fft2(image).real.ravel()),
        "im": plain(scipy.fft.fft2(image).imag.ravel()),
    },
    "cosine": plain(scipy.fft.dctn(image, 2).ravel()),
    **{mode: plain(scipy.signal.convolve2d(image, small, mode).ravel()) for mode in ["full", "same", "valid"]},
    "correlation": plain(scipy.signal.correlate2d(image, small, "valid").ravel()),
}
text = json.dumps({"sizes": {str(n): case(n) for n in sizes}, "image": two}, indent=1)
(folder / "scipy-transforms.json").write_text(text + "\n")
