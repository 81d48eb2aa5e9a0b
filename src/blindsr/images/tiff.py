"""TIFF files by tifffile, with the EXIF directories that it does not write itself."""

from pathlib import Path

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

_Tag = tuple[int, int, int, object, bool]


def write(path: Path, samples: NDArray[np.uint8 | np.uint16], metadata: Metadata) -> None:
    """Write samples ``(h, w)`` or ``(h, w, c)``, losslessly compressed."""
    found = parsed(metadata.exif or b"")
    directories = {pointer: values for pointer in DIRECTORIES if (values := found.get_ifd(pointer))}
    big = samples.nbytes > _BIG
    pointers: list[_Tag] = [(pointer - 1, _LONG8 if big else _LONG, 1, 0, True) for pointer in directories]
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    tifffile.imwrite(
        path,
        samples,
        bigtiff=big,
        byteorder="<",
        photometric="minisblack" if channels < 3 else "rgb",
        planarconfig="contig" if channels > 1 else None,
        extrasamples=["unassalpha"] if channels in (2, 4) else None,
        compression="zlib",
        predictor=True,
        rowsperstrip=64,
        iccprofile=metadata.icc,
        resolution=metadata.dpi,
        resolutionunit="INCH" if metadata.dpi else None,
        metadata=None,
        software=False,
        extratags=[*_texts(found), *_xmp(metadata), *pointers],
    )
    _append(path, directories, big)


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
