"""Colour information of HEIC and AVIF files (ISO/IEC 14496-12 and 23008-12)."""

import struct
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

_MOST = 2**12
"""Largest number of boxes of a level that are read."""


class _Box(NamedTuple):
    kind: bytes
    start: int
    """Start of its content."""
    end: int


def code_points(file: BinaryIO) -> tuple[int, int] | None:
    """Read colour primaries and transfer characteristics (ITU-T H.273) of the primary image from its ``nclx`` box.

    Returns:
        The two codes; None if the file does not contain them, or its boxes are corrupt.
    """
    try:
        length = file.seek(0, 2)
        meta = next(box for box in _boxes(file, 0, length) if box.kind == b"meta")
        children = {box.kind: box for box in _boxes(file, meta.start + 4, meta.end)}
        properties = {box.kind: box for box in _boxes(file, *children[b"iprp"][1:])}
        listed = list(_boxes(file, *properties[b"ipco"][1:]))
        wanted = _associated(file, properties[b"ipma"], _primary(file, children[b"pitm"]))
        # Some writers leave the colours to the tiles that the main picture is put together from
        chosen = [listed[number - 1] for number in wanted if 0 < number <= len(listed)] + listed
        return next((found for box in chosen if (found := _nclx(file, box)) is not None), None)
    except (StopIteration, KeyError, struct.error):
        return None


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[_Box]:
    for _ in range(_MOST):
        if start + 8 > end:
            return
        size, kind = _unpacked(file, start, ">I4s")
        content = start + 8
        if size == 1:
            (size,) = _unpacked(file, content, ">Q")
            content += 8
        stop = end if size == 0 else start + size
        if not content <= stop <= end:
            return
        yield _Box(kind, content, stop)
        start = stop


def _primary(file: BinaryIO, box: _Box) -> int:
    """Read the number of the primary image."""
    (version,) = _unpacked(file, box.start, ">B")
    return int(_unpacked(file, box.start + 4, ">I" if version else ">H")[0])


def _associated(file: BinaryIO, box: _Box, item: int) -> list[int]:
    """Read the numbers, from 1, of the properties of an item."""
    head, entries = _unpacked(file, box.start, ">II")
    name, number = ">I" if head >> 24 else ">H", ">H" if head & 1 else ">B"
    at = box.start + 8
    for _ in range(min(entries, box.end - box.start)):
        (owner,) = _unpacked(file, at, name)
        (count,) = _unpacked(file, at + struct.calcsize(name), ">B")
        at += struct.calcsize(name) + 1
        width = struct.calcsize(number)
        if owner == item:
            mask = 0x7FFF if width == 2 else 0x7F  # the highest bit marks essential properties
            return [_unpacked(file, at + width * which, number)[0] & mask for which in range(count)]
        at += width * count
    return []


def _nclx(file: BinaryIO, box: _Box) -> tuple[int, int] | None:
    if box.kind != b"colr" or box.end - box.start < 8:
        return None
    kind, primaries, transfer = _unpacked(file, box.start, ">4sHH")
    return (primaries, transfer) if kind == b"nclx" else None


def _unpacked(file: BinaryIO, at: int, layout: str) -> tuple[Any, ...]:
    file.seek(at)
    return struct.unpack(layout, file.read(struct.calcsize(layout)))
