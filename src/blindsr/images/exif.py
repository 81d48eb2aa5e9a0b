"""EXIF blocks, edited in place: all other bytes, including maker notes, are kept.

A block has the structure of a TIFF file: a byte-order mark, then directories of 12-byte entries (tag, type, count,
value).
"""

import struct
import warnings
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress
from typing import IO, Any

from PIL.Image import Exif

PREFIX = b"Exif\0\0"
ORIENTATION = 0x0112
_EXIF_DIRECTORY = 0x8769
DIRECTORIES = (_EXIF_DIRECTORY, 0x8825)
"""Tags that point to the directories of exposure and of GPS data."""
_RESOLUTION = {0x011A, 0x011B, 0x0128}
_MALFORMED = (struct.error, SyntaxError, ValueError, TypeError, LookupError, OSError, ArithmeticError, AttributeError)
_WIDTH, _HEIGHT = 0xA002, 0xA003
_SHORT, _LONG = 3, 4
_PER_CENTIMETRE = 3
# What describes the layout of a TIFF file's pixels, not the photograph
_LAYOUT_TAGS = {*range(0xFE, 0x104), 0x106, 0x10A, 0x111, *range(0x115, 0x119), 0x11C, 0x13D, *range(0x140, 0x15C)}
_LAYOUT_TAGS |= {*range(0x200, 0x215), 0x02BC, 0x8773, 0x83BB, 0x8649}
_LAYOUT_TAGS |= {0x935C, *range(0xC612, 0xC800)}  # layers of Photoshop, and how a DNG is developed
_MAKER_NOTE = 0x927C


def set_upright(block: bytes) -> bytes:
    """Set the orientation to 1 (upright), and unlink the thumbnail of the original image."""
    block = block.removeprefix(PREFIX)
    try:
        edited, order, first = _open(block)
        for entry, tag in _entries(edited, order, first):
            if tag == ORIENTATION:
                struct.pack_into(order + "HIHH", edited, entry + 2, _SHORT, 1, 1, 0)
    except struct.error:  # not EXIF that can be parsed: kept as it is
        return block
    with suppress(struct.error):  # cut short before the pointer to the thumbnail
        (count,) = struct.unpack_from(order + "H", edited, first)
        struct.pack_into(order + "I", edited, first + 2 + 12 * count, 0)
    return bytes(edited)


def set_size(block: bytes, width: int, height: int) -> bytes:
    """Update the size of the image in a block, in pixels."""
    sizes = {_WIDTH: width, _HEIGHT: height}
    try:
        edited, order, first = _open(block)
        pointers = [entry for entry, tag in _entries(edited, order, first) if tag == _EXIF_DIRECTORY]
        for pointer in pointers:
            (directory,) = struct.unpack_from(order + "I", edited, pointer + 8)
            for entry, tag in _entries(edited, order, directory):
                if tag in sizes:
                    struct.pack_into(order + "HII", edited, entry + 2, _LONG, 1, sizes[tag])
    except struct.error:
        return block
    return bytes(edited)


def shorten(block: bytes) -> bytes:
    """Remove the maker note and unreferenced data, such as an old thumbnail; return an empty block if corrupt."""
    found, short = parse_exif(block), b""
    with ignore_malformed():
        for pointer in set(DIRECTORIES) & set(found):
            values = found.get_ifd(pointer)
            values.pop(_MAKER_NOTE, None)
            keep_texts(values)
        keep_texts(found)
        short = found.tobytes().removeprefix(PREFIX)
    return short  # noqa: RET504  # the with statement may swallow an error


def parse_exif(block: bytes) -> Exif:
    """Parse a block to Pillow's mapping of tags to values; empty if it is corrupt."""
    found = Exif()
    with ignore_malformed():
        found.load(PREFIX + block)
    return found


def from_tiff(file: IO[bytes]) -> bytes | None:
    """Collect the entries of a TIFF file about the photograph: camera, time, place, exposure; None without any."""
    with ignore_malformed():
        found = _directories(file)
        for tag in _LAYOUT_TAGS & set(found):
            del found[tag]
        if set(found) - _RESOLUTION - {ORIENTATION}:
            keep_texts(found)
            return set_upright(found.tobytes())
    return None


def dpi(block: bytes) -> tuple[float, float] | None:
    """Return the horizontal and vertical resolution in pixels per inch; None if there is none."""
    found = parse_exif(block)
    across, down, unit = (found.get(tag, 0) for tag in sorted(_RESOLUTION))
    factor = 2.54 if unit == _PER_CENTIMETRE else 1.0
    resolution = None
    with ignore_malformed():
        resolution = float(across) * factor, float(down) * factor
    return resolution  # noqa: RET504  # the with statement may swallow an error


class _Text(str):
    """Text that is written with its original bytes: Pillow reads Latin-1, but writes ``?`` for non-ASCII characters."""

    __slots__ = ()

    def encode(self, encoding: str = "latin1", errors: str = "replace") -> bytes:
        return super().encode("latin1", "replace")


def keep_texts(values: MutableMapping[int, Any]) -> None:
    """Make Pillow write the texts of a directory with their original bytes."""
    for tag, value in list(values.items()):
        if isinstance(value, str):
            values[tag] = _Text(value)


@contextmanager
def ignore_malformed() -> Iterator[None]:
    """Suppress the errors that Pillow raises for malformed entries of cameras and editors."""
    with warnings.catch_warnings(), suppress(*_MALFORMED):
        warnings.simplefilter("ignore")
        yield


def _directories(file: IO[bytes]) -> Exif:
    """Read the first directory of a TIFF or BigTIFF file, with the EXIF directories that it references."""
    file.seek(0)
    head = file.read(16)
    order = "<" if head[:2] == b"II" else ">"
    found = Exif()
    found.endian, found.bigtiff = order, b"+" in head[2:4]
    (first,) = struct.unpack_from(order + ("Q" if found.bigtiff else "I"), head, 8 if found.bigtiff else 4)
    found.load_from_fp(file, first)
    for pointer in set(DIRECTORIES) & set(found):  # Pillow would make up the others
        keep_texts(found.get_ifd(pointer))  # read now, while the file is at hand
    found.bigtiff = False  # a block for other files is never one
    return found


def _open(block: bytes) -> tuple[bytearray, str, int]:
    """Return a copy to edit, its byte order for struct, and the offset of the first directory."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        raise struct.error("no byte-order mark")
    return bytearray(block), order, struct.unpack_from(order + "I", block, 4)[0]


def _entries(block: bytearray, order: str, directory: int) -> Iterator[tuple[int, int]]:
    """Yield the offset and tag of every entry of a directory."""
    (count,) = struct.unpack_from(order + "H", block, directory)
    for entry in range(directory + 2, directory + 2 + 12 * count, 12):
        yield entry, struct.unpack_from(order + "H", block, entry)[0]
