"""JPEG files: the frame header and the quality."""

import os
from functools import cache
from io import BytesIO
from typing import BinaryIO

from PIL import Image

from blindsr.images.codecs.header import any_size

_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of a frame header, which contains the size (ITU-T T.81, Table B.1)."""
_ALONE = frozenset({0x00, 0x01, *range(0xD0, 0xD9), 0xFF})
"""Markers without a length field; 0x00 is not a marker, and 0xFF is a fill byte before one."""
_LAST = frozenset({0xD9, 0xDA})
"""Markers of the end of the image and of the start of the pixels."""
_MOST = 2**16
"""Largest number of segments and stray bytes before the frame header that are skipped, as decoders do."""


def has_size(file: BinaryIO) -> bool:
    """Whether there is a frame header before the pixels; otherwise, decoders would search the whole file."""
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
    """Return the quality on libjpeg's scale, 1 to 100, whose quantisation table is nearest; None if not a JPEG file.

    Cameras and some programs use other tables than libjpeg.
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
    """Return libjpeg's quantisation table of luma at a quality, read from an encoded file."""
    buffer = BytesIO()
    Image.new("L", (8, 8)).save(buffer, "JPEG", quality=quality)
    with Image.open(buffer) as image:
        return tuple(image.quantization[0])  # type: ignore[attr-defined]  # JPEG files have it
