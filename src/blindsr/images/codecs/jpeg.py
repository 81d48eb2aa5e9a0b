"""JPEG files: the frame header and the quality."""

import os
from functools import cache
from io import BytesIO
from typing import BinaryIO

from PIL import Image

from blindsr.images.codecs.header import any_size

_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of a frame header, which gives the size (ITU-T T.81, Table B.1)."""
_ALONE = frozenset({0x00, 0x01, *range(0xD0, 0xD9), 0xFF})
"""Markers without a length; the first is none, and the last only stands before one."""
_LAST = frozenset({0xD9, 0xDA})
"""The end, and pixels."""
_MOST = 2**16
"""Segments and stray bytes before the size that are passed over, as decoders do."""


def has_size(file: BinaryIO) -> bool:
    """Whether a frame header comes before pixels; where it does not, decoders look for it to the end of the file."""
    file.seek(2)
    for _ in range(_MOST):
        byte = file.read(1)
        while byte == b"\xff":
            byte = file.read(1)
            if byte and byte[0] in _FRAMES:
                return True
            if byte and byte[0] not in _ALONE:
                length = int.from_bytes(file.read(2), "big")
                if byte[0] in _LAST:
                    return False
                file.seek(max(0, length - 2), 1)
        if not byte:
            return False
    return False


def jpeg_quality(path: str | os.PathLike[str]) -> int | None:
    """The quality, 1 to 100, of libjpeg's scale whose quantisation is nearest to the file's; None if it is no JPEG.

    Programs with tables of their own (cameras, Photoshop) get the nearest one.
    """
    try:
        with any_size(), Image.open(path, formats=["JPEG"]) as image:
            tables = getattr(image, "quantization", None)
            table = tuple(tables[min(tables)]) if tables else None
    except (OSError, SyntaxError, ValueError):
        return None
    if table is None:
        return None
    return min(range(1, 101), key=lambda quality: sum(abs(a - b) for a, b in zip(table, _luma(quality), strict=True)))


@cache
def _luma(quality: int) -> tuple[int, ...]:
    """Luma's quantisation at a quality of libjpeg's scale, from a file that it wrote."""
    buffer = BytesIO()
    Image.new("L", (8, 8)).save(buffer, "JPEG", quality=quality)
    with Image.open(buffer) as image:
        return tuple(image.quantization[0])  # type: ignore[attr-defined]  # JPEG files have it
