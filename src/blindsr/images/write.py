"""Writing of image files: encode to a temporary file, verify by decoding, rename."""

import logging
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BufferedWriter
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyvips
from PIL import Image, features

from blindsr.errors import BlindSRError, Code
from blindsr.files import atomic_write, check_size
from blindsr.images import exif
from blindsr.images.codecs import heif, tiff
from blindsr.images.color.gamut import in_srgb, without_gray_profile
from blindsr.images.formats import WRITTEN, by_name
from blindsr.images.picture import Format, Metadata, Picture, check_bits
from blindsr.images.verify import Sides, verify

_log = logging.getLogger(__name__)
SUFFIXES = WRITTEN.keys()
"""Extensions that can be written."""
_SEGMENT = 65533
"""Maximum size of a metadata segment in JPEG, bytes."""
_XMP_HEAD = 29
"""Header of an XMP segment in JPEG."""


def write(
    picture: Picture,
    path: str | os.PathLike[str],
    *,
    quality: int = 95,
    bits: int | None = None,
    overwrite: bool = True,
) -> None:
    """Write a PNG, JPEG, WebP, TIFF, AVIF, HEIC, BMP, PPM or GIF file; the extension selects the format.

    Samples are clamped and rounded. EXIF, XMP, ICC profile and DPI are written if the format supports them: WebP, AVIF
    and HEIC have no DPI, BMP has only DPI, PPM and GIF have no metadata; these three store sRGB.
    Metadata that are too long for JPEG (64 kB), and parts of the source file that were not read, are omitted with a
    warning. JPEG, AVIF and HEIC are written without chroma subsampling. JPEG, BMP and PPM composite transparent parts
    on white. PNG and PPM support 16 bits, TIFF also floats, all others 8 bits.

    The file is verified before it is renamed, so an existing file is replaced by a valid one or kept.

    Args:
        picture: the picture.
        path: path of the file; an existing file is replaced atomically.
        quality: quality of JPEG, WebP, AVIF and HEIC, 1 to 100.
        bits: bit depth; by default that of the picture, limited by the format.
        overwrite: replace an existing file, including one that appears in the meantime.

    Raises:
        BlindSRError: unknown extension, unsupported bit depth, invalid quality, folder missing or not writable, picture
            too large for the format, disk full, or existing file without ``overwrite``.

    Examples:
        >>> import blindsr
        >>> blindsr.write(blindsr.read("photo.jpg"), "copy.webp", quality=90)
    """
    path = Path(path)
    check_output(path, bits)
    check_sides(path, picture.width, picture.height)
    check_quality(quality)
    kind = format_of_extension(path)
    if not WRITTEN[path.suffix.lower()].gray:
        picture = without_gray_profile(picture)
    if not by_name(kind).profile:
        picture = in_srgb(picture)
    metadata = replace(picture.metadata, bits=bits or stored_depth(path, picture.metadata.bits))
    metadata = prepare_metadata(metadata, path, picture.width, picture.height)
    sides = [(picture.width, picture.height)]
    write_file(path, lambda part: _encode(part, picture, metadata, kind, quality), sides, overwrite=overwrite)


def format_of_extension(path: Path) -> Format:
    """Return the format of an extension in `SUFFIXES`."""
    return WRITTEN[path.suffix.lower()].name


def prepare_metadata(metadata: Metadata, path: Path, width: int, height: int) -> Metadata:
    """Prepare metadata for a file of a width and height; warn about those that its format does not support."""
    for note in metadata.notes:
        _log.warning("%s: %s", path, note)
    if metadata.exif:
        metadata = replace(metadata, exif=exif.set_size(metadata.exif, width, height))
    return _for_jpeg(metadata, path) if format_of_extension(path) == "jpeg" else metadata


def stored_depth(path: str | os.PathLike[str], bits: int) -> int:
    """Return the bit depth that a file of this name stores for a requested one."""
    return min(bits, WRITTEN[Path(path).suffix.lower()].bits)


def check_output(path: str | os.PathLike[str], bits: int | None = None) -> None:
    """Check before the work that a picture can be written to a path.

    Args:
        path: of the file.
        bits: required bit depth, optional.

    Raises:
        BlindSRError: unknown extension, unsupported bit depth, or a folder that is missing or not writable.
    """
    path = Path(path)
    if path.suffix.lower() not in WRITTEN:
        raise BlindSRError(
            f"cannot write {path}: unsupported extension; expected one of {', '.join(WRITTEN)}", Code.CANNOT_WRITE
        )
    check_encoder(path)
    if bits is not None:
        check_bits(bits)
        if stored_depth(path, bits) < bits:
            raise BlindSRError(
                f"cannot write {path} with {bits} bits: {path.suffix} supports {stored_depth(path, bits)}; use TIFF",
                Code.CANNOT_WRITE,
            )
    if path.is_dir():
        raise BlindSRError(f"cannot write {path}: it is a folder", Code.CANNOT_WRITE)
    if not path.parent.is_dir():
        raise BlindSRError(f"cannot write {path}: folder {path.parent} does not exist", Code.CANNOT_WRITE)
    if not os.access(path.parent, os.W_OK):
        raise BlindSRError(f"cannot write {path}: folder {path.parent} is not writable", Code.CANNOT_WRITE)


def check_encoder(path: Path) -> None:
    """Check that a library for the format is installed.

    Raises:
        BlindSRError: a library is missing; the message names it.
    """
    kind = format_of_extension(path)
    if kind == "heic":
        heif.require_heif(f"cannot write {path}: HEIC")
    if kind in ("avif", "webp") and not features.check(kind):
        raise BlindSRError(
            f"cannot write {path}: this build of Pillow does not support {kind}; install its wheel from PyPI",
            Code.MISSING_DEPENDENCY,
        )


def check_sides(path: str | os.PathLike[str], width: int, height: int) -> None:
    """Check before the work that a picture is not too large for the format of a file.

    Args:
        path: of the file, with an extension that can be written.
        width: in pixels.
        height: in pixels.

    Raises:
        BlindSRError: a side exceeds the limit of the format.
    """
    suffix = Path(path).suffix.lower()
    most = WRITTEN[suffix].longest
    if most is not None and max(width, height) > most:
        raise BlindSRError(
            f"cannot write {path} with {width}x{height} pixels: {suffix} supports {most} per side; use PNG or TIFF",
            Code.CANNOT_WRITE,
        )


def check_quality(quality: int) -> None:
    """Check that a quality is from 1 to 100."""
    if not 1 <= quality <= 100:
        raise BlindSRError(f"expected a quality from 1 to 100, got {quality}")


def write_file(path: Path, encode: Callable[[Path], None], sides: list[Sides], *, overwrite: bool) -> None:
    """Encode a file to a temporary path, verify and rename it.

    Args:
        path: of the file.
        encode: writes the file to a given path.
        sides: expected width and height of each picture.
        overwrite: replace an existing file.
    """
    try:
        with atomic_write(path, overwrite=overwrite) as part:
            encode(part)
            verify(part, format_of_extension(path), sides)
    except (OSError, ValueError, OverflowError, RuntimeError, struct.error, pyvips.Error) as error:
        reason = str(getattr(error, "strerror", None) or error).strip().splitlines()
        raise BlindSRError(
            f"cannot write {path}: {reason[0] if reason else type(error).__name__}", Code.CANNOT_WRITE
        ) from error


@contextmanager
def open_for_pillow(path: Path) -> Iterator[BinaryIO]:
    """Open a file without a descriptor, so that Pillow writes through Python and reports a full disk."""
    with path.open("wb") as file:
        yield cast("BinaryIO", _WithoutDescriptor(file))


class _WithoutDescriptor:
    def __init__(self, file: BufferedWriter) -> None:
        self.write, self.flush, self.seek, self.tell = file.write, file.flush, file.seek, file.tell


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes to a file.

    Raises:
        OSError: the write was incomplete.
    """
    path.write_bytes(data)
    check_size(path, len(data))


def _encode(path: Path, picture: Picture, metadata: Metadata, kind: Format, quality: int) -> None:
    row = by_name(kind)
    samples = (picture if row.alpha else on_white(picture)).to_array(metadata.bits)
    if kind == "tiff":
        tiff.write(path, [samples], metadata)
    elif row.encoder is not None:
        write_bytes(path, row.encoder(samples, metadata, quality))
    else:
        save_by_pillow(path, Image.fromarray(samples), metadata, kind, quality)


def save_by_pillow(path: Path, image: Image.Image, metadata: Metadata, kind: Format, quality: int) -> None:
    """Write a file with Pillow; ``metadata`` comes from `prepare_metadata`."""
    options: dict[str, Any] = {"exif": metadata.exif, "icc_profile": metadata.icc, "xmp": metadata.xmp}
    if metadata.exif:
        options["exif"] = exif.PREFIX + metadata.exif
    if kind == "bmp":
        options = {"dpi": metadata.dpi}
    if kind == "jpeg":
        options["dpi"] = metadata.dpi
    if kind in ("jpeg", "avif"):
        options["subsampling"] = "4:4:4"
    if image.mode == "LA":
        image = image.convert("RGBA")  # WebP and AVIF have no gray
    with open_for_pillow(path) as file:
        image.save(file, format=kind, quality=quality, **{key: value for key, value in options.items() if value})


def _for_jpeg(metadata: Metadata, path: Path) -> Metadata:
    """Omit metadata that are too long for JPEG, least important first."""
    block, room = metadata.exif or b"", _SEGMENT - len(exif.PREFIX)
    if len(block) > room:
        block = exif.shorten(block)
        fits = 0 < len(block) <= room
        _log.warning("%s: %s too long for JPEG and left out", path, "the maker's note is" if fits else "EXIF is")
        metadata = replace(metadata, exif=block if fits else None)
    if metadata.xmp and len(metadata.xmp) > _SEGMENT - _XMP_HEAD:
        _log.warning("%s: XMP is too long for JPEG and left out", path)
        metadata = replace(metadata, xmp=None)
    return metadata


def on_white(picture: Picture) -> Picture:
    """Composite a picture on white."""
    if picture.alpha is None:
        return picture
    return replace(picture, pixels=picture.pixels * picture.alpha + 1 - picture.alpha, alpha=None)
