"""TIFF files by tifffile, with the EXIF directories that it does not write itself."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from isal import isal_zlib
from PIL.Image import Exif
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from blindsr.images.exif import DIRECTORIES, ignore_malformed, keep_texts, parse_exif
from blindsr.images.picture import DEPTHS, Metadata, Samples

_BIG = 2**31
"""Size of the pixels in bytes from which a BigTIFF is written, whose offsets have 64 bits."""
_ASCII, _BYTE, _LONG, _LONG8 = 2, 1, 4, 16
_XMP = 0x02BC
_INTEROPERABILITY = 0xA005
_TILE = 256
"""Side of a tile in pixels."""
_STRIP = 64
"""Rows of a strip."""

_Tag = tuple[int, int, int, object, bool]


def write(path: Path, pages: Sequence[Samples], metadata: Metadata) -> None:
    """Write pages of samples ``(h, w)`` or ``(h, w, c)``, losslessly compressed; EXIF and XMP are the first's."""
    size = sum(page.nbytes for page in pages)
    with _described(path, size, metadata) as (file, described), tifffile.TiffWriter(path, **file) as writer:
        for number, page in enumerate(pages):
            options = described if number == 0 else {**described, "extratags": ()}
            strips = (_compressed(page[top : top + _STRIP]) for top in range(0, len(page), _STRIP))
            layout = {**_layout(page.shape, page.dtype), "rowsperstrip": _STRIP}
            writer.write(strips, shape=page.shape, dtype=page.dtype, **layout, **options)


def write_strips(path: Path, strips: Iterator[Samples], shape: tuple[int, ...], metadata: Metadata) -> None:
    """Write rows from top to bottom to a tiled file.

    Args:
        path: path of the file.
        strips: arrays ``(rows, w)`` or ``(rows, w, c)``, of any number of rows.
        shape: shape of the whole image.
        metadata: metadata of the file; the arrays have its depth.
    """
    dtype = np.dtype(DEPTHS[metadata.bits])
    size, layout = math.prod(shape) * dtype.itemsize, {**_layout(shape, dtype), "tile": (_TILE, _TILE)}
    with _described(path, size, metadata) as (file, options), tifffile.TiffWriter(path, **file) as writer:
        writer.write(map(_compressed, _tiles(strips)), shape=shape, dtype=dtype, **layout, **options)


@contextmanager
def _described(path: Path, size: int, metadata: Metadata) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield arguments of tifffile for the file and its first page; append other tags at the end."""
    found = parse_exif(metadata.exif or b"")
    big = size > _BIG
    directories = _directories(found, big)
    pointers: list[_Tag] = [(pointer - 1, _LONG8 if big else _LONG, 1, 0, True) for pointer in directories]
    described = {
        "iccprofile": metadata.icc,
        "resolution": metadata.dpi,
        "resolutionunit": "INCH" if metadata.dpi else None,
        "metadata": None,
        "software": False,
        "extratags": [*_texts(found), *_xmp(metadata), *pointers],
    }
    yield {"bigtiff": big, "byteorder": "<"}, described
    _append(path, directories, 8 if big else 4)


def _layout(shape: tuple[int, ...], dtype: "np.dtype[Any]") -> dict[str, Any]:
    """Return arguments of tifffile for the storage of a page's samples."""
    channels = 1 if len(shape) == 2 else shape[2]
    return {
        "photometric": "minisblack" if channels < 3 else "rgb",
        "planarconfig": "contig" if channels > 1 else None,
        "extrasamples": ["unassalpha"] if channels in (2, 4) else None,
        "compression": "zlib",
        "predictor": dtype.kind == "u",  # that of floats needs another library
    }


def _compressed(samples: Samples) -> bytes:
    """Compress a strip or tile ``(h, w)`` or ``(h, w, c)`` several times as fast as tifffile, which uses zlib."""
    if samples.dtype.kind == "u":
        samples = np.concatenate([samples[:, :1], samples[:, 1:] - samples[:, :-1]], axis=1)
    return bytes(isal_zlib.compress(samples.astype(samples.dtype.newbyteorder("<"), copy=False).tobytes(), 1))


def _tiles(strips: Iterator[Samples]) -> Iterator[Samples]:
    """Yield tiles from rows, from left to right and top to bottom."""
    held: list[Samples] = []
    for strip in strips:
        held.append(strip)
        while sum(map(len, held)) >= _TILE:
            rows = np.concatenate(held)
            yield from _row_of_tiles(rows[:_TILE])
            held = [rows[_TILE:]]
    rest = np.concatenate(held)
    if len(rest):
        yield from _row_of_tiles(rest)


def _row_of_tiles(rows: Samples) -> Iterator[Samples]:
    for left in range(0, rows.shape[1], _TILE):
        tile = rows[:, left : left + _TILE]
        missing = [(0, _TILE - side) for side in tile.shape[:2]]
        yield np.pad(tile, [*missing, *[(0, 0)] * (tile.ndim - 2)]) if any(max(missing)) else tile


def _texts(found: Exif) -> list[_Tag]:
    """Return the text entries of the first directory, such as camera, author and time."""
    texts = {tag: value for tag, value in found.items() if isinstance(value, str)}
    return [(tag, _ASCII, 0, value.encode("latin1", "replace"), True) for tag, value in texts.items()]


def _xmp(metadata: Metadata) -> list[_Tag]:
    return [(_XMP, _BYTE, len(metadata.xmp), metadata.xmp, True)] if metadata.xmp else []


def _directories(found: Exif, big: bool) -> dict[int, ImageFileDirectory_v2]:
    """Return the EXIF directories to write, without corrupt ones."""
    header = b"II+\0\x08\0\0\0" + bytes(8) if big else b"II*\0" + bytes(4)
    directories = {}
    for pointer in DIRECTORIES:
        with ignore_malformed():
            values = dict(found.get_ifd(pointer))
            values.pop(_INTEROPERABILITY, None)  # points to what is not there any more
            keep_texts(values)
            directory = ImageFileDirectory_v2(header)
            directory.update(values)
            directory.tobytes(0)  # raises where it cannot be written
            if values:
                directories[pointer] = directory
    return directories


def _append(path: Path, directories: dict[int, ImageFileDirectory_v2], bytes_of_offset: int) -> None:
    """Append the EXIF directories to the file, and replace the placeholders by pointers to them.

    tifffile does not write the tags of the pointers; placeholders with unused tags before them keep the entries sorted.
    """
    with path.open("r+b") as file, tifffile.TiffFile(file, name=path.name) as tiff:
        tags = tiff.pages.first.tags
        for pointer, directory in directories.items():
            file.seek(0, 2)
            file.write(bytes(file.tell() % 2))  # directories start at even offsets
            offset = file.tell()
            file.write(directory.tobytes(offset))
            file.seek(tags[pointer - 1].offset)
            file.write(pointer.to_bytes(2, "little"))
            file.seek(tags[pointer - 1].valueoffset)
            file.write(offset.to_bytes(bytes_of_offset, "little"))
