"""Makes images.json: python3 make-images.py (Pillow 9.4). What Pillow decodes and resizes is what is right."""

import base64
import io
import json
import pathlib
import zlib

import numpy as np
from PIL import Image, ImageOps

random = np.random.default_rng(1)


def rgb(image):
    return base64.b64encode(np.asarray(image.convert("RGB")).tobytes()).decode()


def described(file, expected=None):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(file)))
    return {
        "base64": base64.b64encode(file).decode(),
        "width": image.width,
        "height": image.height,
        "data": expected or rgb(image),
    }


def saved(image, **options):
    file = io.BytesIO()
    image.save(file, **options)
    return file.getvalue()


height, width = 5, 7
noise = Image.fromarray(random.integers(0, 256, (height, width, 3), np.uint8))
x = np.linspace(0, 255, 24)
smooth = Image.fromarray(
    np.stack([np.add.outer(x[:20], x) / 2, np.tile(x, (20, 1)), np.tile(x[:20, None], (1, 24))], 2)
    .clip(0, 255)
    .astype(np.uint8)
)

png = {"truecolor": saved(noise, format="PNG")}
png["alpha"] = saved(
    Image.fromarray(random.integers(0, 256, (height, width, 4), np.uint8)), format="PNG"
)
png["gray"] = saved(noise.convert("L"), format="PNG")
png["gray with alpha"] = saved(noise.convert("LA"), format="PNG")
png["one bit"] = saved(noise.convert("1"), format="PNG")
png["palette"] = saved(noise.quantize(16), format="PNG")
png["palette of two bits"] = saved(noise.quantize(4), format="PNG", bits=2)
png = {name: described(file) for name, file in png.items()}


def chunk(kind, data):
    body = kind + data
    return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")


def interlaced(pixels):
    """Adam7, which Pillow reads and does not write."""
    rows, cols, _ = pixels.shape
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    data = b""
    for left, top, across, down in passes:
        part = pixels[top::down, left::across]
        if part.size:
            data += b"".join(b"\0" + line.tobytes() for line in part)
    header = cols.to_bytes(4, "big") + rows.to_bytes(4, "big") + bytes([8, 2, 0, 0, 1])
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    )


png["interlaced"] = described(interlaced(np.asarray(noise)))

jpeg = {
    "baseline": saved(smooth, format="JPEG", quality=95, subsampling=0),
    "progressive": saved(smooth, format="JPEG", quality=95, subsampling=0, progressive=True),
    "gray": saved(smooth.convert("L"), format="JPEG", quality=95),
}
for orientation in range(2, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    jpeg[f"orientation {orientation}"] = saved(
        smooth, format="JPEG", quality=95, subsampling=0, exif=exif
    )
jpeg = {name: described(file) for name, file in jpeg.items()}

resized = []
source = Image.fromarray(random.integers(0, 256, (9, 11, 3), np.uint8))
for resample in range(6):
    for size in [(4, 3), (16, 5), (11, 20), (3, 9)]:
        image = source.resize(size, resample)
        resized.append({"resample": resample, "size": size, "data": rgb(image)})

(pathlib.Path(__file__).parent / "images.json").write_text(
    json.dumps(
        {"png": png, "jpeg": jpeg, "source": {"size": source.size, "data": rgb(source)}, "resized": resized}
    )
    + "\n"
)
