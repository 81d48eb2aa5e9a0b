"""TIFF files by tifffile, with the EXIF directories that it does not write itself."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL.Image import Exif
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from blindsr.images.exif import DIRECTORIES, parsed
from blindsr.images.picture import Metadata

_BIG = 2**31
"""Bytes of pixels from which on the file is a BigTIFF, whose offsets have 64 bits."""
_ASCII, _BYTE, _LONG, _LONG8 = 2, 1, 4, 16
_XMP = 0x02BC
_TILE = 256
"""Side of a tile in pixels."""

_Samples = NDArray[np.uint8 | np.uint16]
_Tag = tuple[int, int, int, object, bool]


def write(path: Path, samples: _Samples, metadata: Metadata) -> None:
    """Write samples ``(h, w)`` or ``(h, w, c)``, losslessly compressed."""
    with _described(path, samples.shape, samples.nbytes, metadata) as options:
        tifffile.imwrite(path, samples, rowsperstrip=64, **options)


def write_strips(path: Path, strips: Iterator[_Samples], shape: tuple[int, ...], metadata: Metadata) -> None:
    """Write rows as they come in, from the top to the bottom, to a tiled file.

    Args:
        path: where.
        strips: arrays ``(rows, w)`` or ``(rows, w, c)``, of any number of rows.
        shape: of all of them together.
        metadata: what the file says besides its pixels; the arrays have its depth.
    """
    dtype = np.dtype(np.uint16 if metadata.bits == 16 else np.uint8)
    with _described(path, shape, math.prod(shape) * dtype.itemsize, metadata) as options:
        tifffile.imwrite(path, _tiles(strips), shape=shape, dtype=dtype, tile=(_TILE, _TILE), **options)


@contextmanager
def _described(path: Path, shape: tuple[int, ...], size: int, metadata: Metadata) -> Iterator[dict[str, Any]]:
    """What tifffile is told of an image of some bytes; on leaving, what it does not write is added."""
    found = parsed(metadata.exif or b"")
    directories = {pointer: values for pointer in DIRECTORIES if (values := found.get_ifd(pointer))}
    big = size > _BIG
    pointers: list[_Tag] = [(pointer - 1, _LONG8 if big else _LONG, 1, 0, True) for pointer in directories]
    channels = 1 if len(shape) == 2 else shape[2]
    yield {
        "bigtiff": big,
        "byteorder": "<",
        "photometric": "minisblack" if channels < 3 else "rgb",
        "planarconfig": "contig" if channels > 1 else None,
        "extrasamples": ["unassalpha"] if channels in (2, 4) else None,
        "compression": "zlib",
        "predictor": True,
        "iccprofile": metadata.icc,
        "resolution": metadata.dpi,
        "resolutionunit": "INCH" if metadata.dpi else None,
        "metadata": None,
        "software": False,
        "extratags": [*_texts(found), *_xmp(metadata), *pointers],
    }
    _append(path, directories, big)


def _tiles(strips: Iterator[_Samples]) -> Iterator[_Samples]:
    """Rows regrouped into rows of tiles, each from the left to the right."""
    held: list[_Samples] = []
    for strip in strips:
        held.append(strip)
        while sum(map(len, held)) >= _TILE:
            rows = np.concatenate(held)
            yield from _row_of_tiles(rows[:_TILE])
            held = [rows[_TILE:]]
    rest = np.concatenate(held)
    if len(rest):
        yield from _row_of_tiles(rest)


def _row_of_tiles(rows: _Samples) -> Iterator[_Samples]:
    for left in range(0, rows.shape[1], _TILE):
        yield np.ascontiguousarray(rows[:, left : left + _TILE])


def _texts(found: Exif) -> list[_Tag]:
    """Camera, author, time and the like: the text entries of the first directory."""
    texts = {tag: value for tag, value in found.items() if isinstance(value, str)}
    return [(tag, _ASCII, 0, value.encode("latin1", "replace"), True) for tag, value in texts.items()]


def _xmp(metadata: Metadata) -> list[_Tag]:
    return [(_XMP, _BYTE, len(metadata.xmp), metadata.xmp, True)] if metadata.xmp else []


def _append(path: Path, directories: dict[int, dict[int, object]], big: bool) -> None:
    """Put the EXIF directories behind the pixels and turn the placeholders into pointers to them.

    tifffile refuses to write the pointers' tags; the tags before them are free, and keep the entries in order.
    """
    header = b"II+\0\x08\0\0\0" + bytes(8) if big else b"II*\0" + bytes(4)
    with path.open("r+b") as file, tifffile.TiffFile(file, name=path.name) as tiff:
        tags = tiff.pages.first.tags
        for pointer, values in directories.items():
            directory = ImageFileDirectory_v2(header)
            directory.update(values)
            file.seek(0, 2)
            file.write(bytes(file.tell() % 2))  # directories start at even offsets
            offset = file.tell()
            file.write(directory.tobytes(offset))
            file.seek(tags[pointer - 1].offset)
            file.write(pointer.to_bytes(2, "little"))
            file.seek(tags[pointer - 1].valueoffset)
            file.write(offset.to_bytes(8 if big else 4, "little"))
