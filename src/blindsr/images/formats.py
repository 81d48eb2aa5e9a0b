"""Table of supported image formats, one row each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from PIL import Image

from blindsr.images.codecs import gif, heif, png, ppm
from blindsr.images.picture import Format, Metadata, Picture, Samples

Reader: TypeAlias = Callable[[BinaryIO, Path, int], Picture]
"""Reads an opened file, with a pixel limit."""
Encoder: TypeAlias = Callable[[Samples, Metadata, int], bytes]
"""Encodes samples with metadata at a quality, 1 to 100."""


@dataclass(frozen=True)
class PictureFormat:
    """Name, codec and limits of a format."""

    name: Format
    suffixes: tuple[str, ...]
    """Extensions for writing, the preferred one first."""
    magic: Callable[[bytes], bool]
    """Returns whether a file that starts with these bytes has this format."""
    aliases: tuple[str, ...] = ()
    """Additional extensions for reading; results get the preferred one."""
    reader: Reader | None = None
    """Reader; libvips if not given."""
    encoder: Encoder | None = None
    """Encoder; Pillow if not given, or tifffile for TIFF."""
    whole: bool = False
    """Whether decoding needs the whole file in memory."""
    bits: int = 8
    """Largest bit depth."""
    longest: int | None = None
    """Longest side in pixels; None without limit."""
    alpha: bool = True
    gray: bool = True
    """Whether gray images have one channel."""
    profile: bool = True
    """Whether a colour profile is stored; files without one are sRGB."""
    frames: bool = False
    """Whether a file can contain several pictures."""
    strips: bool = False
    """Whether files can be written in strips."""


def _starts(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(signatures)


FORMATS = [
    PictureFormat(
        "png",
        (".png",),
        _starts(png.SIGNATURE),
        (".apng",),
        encoder=lambda samples, metadata, _: png.encode(samples, metadata),
        bits=16,
        frames=True,
        strips=True,
    ),
    PictureFormat(
        "jpeg",
        (".jpg", ".jpeg", ".jfif", ".jpe"),
        _starts(b"\xff\xd8\xff"),
        (".jif", ".jfi"),
        longest=65500,
        alpha=False,
        strips=True,
    ),
    PictureFormat(
        "webp",
        (".webp",),
        lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP",
        whole=True,
        longest=16383,
        gray=False,
        frames=True,
    ),
    PictureFormat(
        "tiff",
        (".tif", ".tiff"),
        _starts(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
        bits=32,
        frames=True,
        strips=True,
    ),
    # The longest side of AVIF is what readers accept. It precedes HEIC, whose files begin alike
    PictureFormat(
        "avif",
        (".avif",),
        lambda data: data[4:8] == b"ftyp" and b"avif" in data[8:64],
        whole=True,
        longest=32768,
        gray=False,
    ),
    PictureFormat("bmp", (".bmp",), _starts(b"BM"), (".dib",), reader=ppm.read_ppm, alpha=False, profile=False),
    PictureFormat(
        "ppm",
        (".ppm", ".pgm", ".pnm"),
        lambda data: data[:1] == b"P" and data[1:2] in b"123456" and data[2:3].isspace(),
        (".pbm",),
        reader=ppm.read_ppm,
        encoder=lambda samples, *_: ppm.encode(samples),
        bits=16,
        alpha=False,
        profile=False,
    ),
    PictureFormat(
        "gif",
        (".gif",),
        _starts(b"GIF87a", b"GIF89a"),
        encoder=lambda samples, *_: gif.encode([samples]),
        whole=True,
        longest=65535,
        profile=False,
        frames=True,
    ),
    PictureFormat(
        "heic",
        (".heic", ".heif"),
        heif.is_heif,
        (".hif",),
        reader=heif.read_heif,
        encoder=lambda samples, metadata, quality: heif.encode(Image.fromarray(samples), metadata, quality),
        whole=True,
    ),
]

WRITTEN: dict[str, PictureFormat] = {suffix: row for row in FORMATS for suffix in row.suffixes}
"""Format by extension, for writing."""
READ = {suffix for row in FORMATS for suffix in (*row.suffixes, *row.aliases)}
"""Extensions by which images are found in folders; single files may have any extension."""


def register(row: PictureFormat) -> None:
    """Add a format with a reader and an encoder."""
    FORMATS.append(row)
    WRITTEN.update(dict.fromkeys(row.suffixes, row))
    READ.update((*row.suffixes, *row.aliases))


def by_name(name: Format) -> PictureFormat:
    """Return the row of a format."""
    return next(row for row in FORMATS if row.name == name)


def written_suffix(suffix: str) -> str | None:
    """Return the extension of results for the extension of an image; None if unknown."""
    if suffix.lower() in WRITTEN:
        return suffix
    return next((row.suffixes[0] for row in FORMATS if suffix.lower() in row.aliases), None)
