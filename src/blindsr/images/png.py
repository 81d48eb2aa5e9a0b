"""The chunks of a PNG file that carry what is not pixels."""

import struct
import zlib
from collections.abc import Iterator
from mmap import mmap

from blindsr.images.picture import Metadata

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_METRES_PER_INCH = 0.0254
_XMP_HEAD = b"XML:com.adobe.xmp\0\0\0\0\0"  # keyword, not compressed, no language


def dpi(data: bytes | mmap) -> tuple[float, float] | None:
    """Resolution of a PNG file in pixels per inch, across and down, if it gives one."""
    for kind, body in _chunks(data):
        if kind == b"pHYs" and len(body) == 9:
            across, down, unit = struct.unpack(">IIB", body)
            return (across * _METRES_PER_INCH, down * _METRES_PER_INCH) if unit == 1 and across and down else None
    return None


def with_metadata(data: bytes, metadata: Metadata) -> bytes:
    """Replace the chunks after the header of an encoded PNG file by those of ``metadata``, pixels untouched."""
    kept = [(kind, body) for kind, body in _chunks(data) if kind in (b"IHDR", b"IDAT", b"IEND")]
    return SIGNATURE + b"".join(chunk(*one) for one in [kept[0], *described(metadata), *kept[1:]])


def described(metadata: Metadata) -> Iterator[tuple[bytes, bytes]]:
    """Kinds and bodies of the chunks that say it, in the order that the specification asks for."""
    if metadata.icc:
        yield b"iCCP", b"ICC profile\0\0" + zlib.compress(metadata.icc)
    if metadata.dpi:
        yield b"pHYs", struct.pack(">IIB", *(round(value / _METRES_PER_INCH) for value in metadata.dpi), 1)
    if metadata.exif:
        yield b"eXIf", metadata.exif
    if metadata.xmp:
        yield b"iTXt", _XMP_HEAD + metadata.xmp


def _chunks(data: bytes | mmap) -> Iterator[tuple[bytes, bytes]]:
    offset = len(SIGNATURE)
    while offset + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, offset)
        yield kind, data[offset + 8 : offset + 8 + length]
        offset += 12 + length


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk as it stands in a file: its length, kind, body and checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
