"""The segments of a JPEG file, as far as its size."""

from typing import BinaryIO

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
