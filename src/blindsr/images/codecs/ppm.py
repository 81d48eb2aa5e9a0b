"""PPM and PGM files, also with more than 8 bits per sample, and BMP files by Pillow."""

import re
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from blindsr.images.codecs.header import any_size
from blindsr.images.pages import MALFORMED, check_pixels, decode_error
from blindsr.images.picture import Metadata, Picture, Samples, from_samples

_HEADER = re.compile(rb"P([2356])" + 3 * rb"(?:\s+(?:#[^\n]*\n\s*)*(\d+))" + rb"\s")
_ASCII = b"23"
_COLOUR = b"36"
_WHITE = 65535
_HEAD = 2**16
"""Maximum size of a header with its comments, bytes."""
_ASCII_BYTES = 16
"""Maximum size of a sample as text, including the separator, bytes."""


def white(file: BinaryIO) -> int:
    """Return the value of white in a PPM or PGM file; 255 for other files."""
    file.seek(0)
    header = _HEADER.match(file.read(_HEAD))
    return int(header[4]) if header else 255


def decode(file: BinaryIO) -> NDArray[np.uint16]:
    """Decode a file whose white is above 255 to samples ``(h, w)`` or ``(h, w, 3)``, scaled to 16 bits.

    Raises:
        ValueError: fewer samples than the header declares, a sample above white, or a white above 65535.
    """
    file.seek(0)
    header = _HEADER.match(file.read(_HEAD))
    if header is None or int(header[4]) > _WHITE:
        raise ValueError("invalid header")
    width, height, top = (int(number) for number in header.groups()[1:])
    shape = (height, width, 3) if header[1] in _COLOUR else (height, width)
    count = int(np.prod(shape))
    file.seek(header.end())
    body = file.read((_ASCII_BYTES if header[1] in _ASCII else 2) * count)
    if header[1] in _ASCII:
        words = re.sub(rb"#[^\n]*", b"", body).split()[:count]
        if not all(word.isdigit() and len(word) < 6 for word in words):
            raise ValueError("a sample is not a number from 0 to 65535")
        samples = np.array(words, np.uint32)
    else:
        samples = np.frombuffer(body, ">u2", min(count, len(body) // 2)).astype(np.uint32)
    if len(samples) < count:
        raise ValueError(f"only {len(samples)} of {count} samples are present")
    if samples.max() > top:
        raise ValueError(f"a sample of {samples.max()} exceeds the maximum value {top}")
    return ((samples * _WHITE + top // 2) // top).astype(np.uint16).reshape(shape)


def encode(samples: Samples) -> bytes:
    """Encode samples ``(h, w)`` or ``(h, w, 3)`` of 8 or 16 bits."""
    kind, top = "P5" if samples.ndim == 2 else "P6", 255 if samples.dtype == np.uint8 else _WHITE
    header = f"{kind}\n{samples.shape[1]} {samples.shape[0]}\n{top}\n".encode()
    return header + (samples if samples.dtype == np.uint8 else samples.astype(">u2")).tobytes()


def read_ppm(file: BinaryIO, path: Path, max_pixels: int) -> Picture:
    """Read a PPM, PGM, PBM or BMP file.

    Raises:
        BlindSRError: too many pixels, or a corrupt file.
    """
    try:
        deep = white(file) > 255
        file.seek(0)
        with any_size(), Image.open(file, formats=["BMP", "PPM"]) as image:
            check_pixels(path, image.width, image.height, max_pixels)
            if deep:
                return from_samples(decode(file), Metadata(format="ppm"))
            image.load()
            return Picture.from_array(image)
    except MALFORMED as error:
        raise decode_error(path, error) from None
