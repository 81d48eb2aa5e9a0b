"""Chunks of a PNG file that carry metadata."""

import io
import struct
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from blindsr.images.codecs import vips
from blindsr.images.color.profile import code_points as code_points_of
from blindsr.images.picture import Metadata, Samples

_MOST = 2**12
"""Largest number of chunks before the pixels that are read."""
SIGNATURE = b"\x89PNG\r\n\x1a\n"
_METRES_PER_INCH = 0.0254
_XMP_HEAD = b"XML:com.adobe.xmp\0\0\0\0\0"  # keyword, not compressed, no language


def dpi(file: BinaryIO) -> tuple[float, float] | None:
    """Read the horizontal and vertical resolution of a PNG file in pixels per inch; None if there is none."""
    body = _before_pixels(file, b"pHYs", 9)
    if body is None:
        return None
    across, down, unit = struct.unpack(">IIB", body)
    return (across * _METRES_PER_INCH, down * _METRES_PER_INCH) if unit == 1 and across and down else None


def code_points(file: BinaryIO) -> tuple[int, int] | None:
    """Read colour primaries and transfer characteristics (ITU-T H.273) from a cICP chunk; None if there is none."""
    body = _before_pixels(file, b"cICP", 4)
    return None if body is None else (body[0], body[1])


def _before_pixels(file: BinaryIO, wanted: bytes, size: int) -> bytes | None:
    """Read the body of a chunk before the pixels, if it has the expected size."""
    for kind, length in islice(_headers(file), _MOST):
        if kind in (b"IDAT", b"IEND"):
            break
        if kind == wanted and length == size:
            return file.read(size)
    return None


def encode(samples: Samples, metadata: Metadata) -> bytes:
    """Encode samples of 8 or 16 bits, with metadata."""
    image = vips.from_array(samples)
    gray = image.bands < 3
    names = {"uchar": ("srgb", "b-w"), "ushort": ("rgb16", "grey16")}
    image = image.copy(interpretation=names[image.format][gray])
    # Differences of rows make photographs half as large as the default, no filter, and this level is faster, too
    data = bytes(image.pngsave_buffer(keep="none", filter="up", compression=3))
    return with_metadata(data, metadata)


def with_metadata(data: bytes, metadata: Metadata) -> bytes:
    """Replace the chunks after the header of an encoded PNG file by those of ``metadata``, pixels untouched."""
    file = io.BytesIO(data)
    kept = [(kind, file.read(size)) for kind, size in _headers(file) if kind in (b"IHDR", b"IDAT", b"IEND")]
    return SIGNATURE + b"".join(chunk(*one) for one in [kept[0], *metadata_chunks(metadata), *kept[1:]])


def metadata_chunks(metadata: Metadata) -> Iterator[tuple[bytes, bytes]]:
    """Kinds and bodies of the chunks with the metadata, in the order that the specification requires."""
    points = code_points_of(metadata.icc) if metadata.icc else None
    if points:
        yield b"cICP", bytes([*points, 0, 1])
    if metadata.icc:
        yield b"iCCP", b"ICC profile\0\0" + zlib.compress(metadata.icc)
    if metadata.dpi:
        yield b"pHYs", struct.pack(">IIB", *(round(value / _METRES_PER_INCH) for value in metadata.dpi), 1)
    if metadata.exif:
        yield b"eXIf", metadata.exif
    if metadata.xmp:
        yield b"iTXt", _XMP_HEAD + metadata.xmp


def _headers(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Yield the kind and length of each chunk; the file is then positioned at its body."""
    offset = len(SIGNATURE)
    while True:
        file.seek(offset)
        header = file.read(8)
        if len(header) < 8:
            return
        length, kind = struct.unpack(">I4s", header)
        yield kind, length
        offset += 12 + length


def chunk(kind: bytes, body: bytes) -> bytes:
    """Encode a chunk: its length, kind, body and checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
