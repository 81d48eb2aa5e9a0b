"""Reading of image files: pixels and profile by libvips, other metadata from the bytes of the file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyvips
from numpy.typing import NDArray

from blindsr.errors import BlindSRError, Code
from blindsr.images import exif
from blindsr.images.codecs import gif, heif, jpeg, png, tiff_samples, vips
from blindsr.images.color.codepoints import add_profile
from blindsr.images.formats import FORMATS, by_name
from blindsr.images.pages import check_pixels, decode_error, pages
from blindsr.images.picture import DEPTHS, Format, Metadata, Picture, from_samples, upright_metadata

MAX_PIXELS = 2**28
"""Default pixel limit of `read`: 16384 x 16384."""

_GRAY = ("b-w", "grey16")
_RGB = ("srgb", "rgb", "rgb16", "scrgb")
BITS = {"uchar": 8, "ushort": 16, "float": 32}
"""Bit depth by libvips sample format."""
HEAD = 64
"""Number of bytes at the start of a file that determine its format."""
MAX_BYTES = 2**28
"""Size limit for formats whose decoders need the whole file in memory."""


def read(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Read a PNG, JPEG, WebP, TIFF, AVIF, HEIC, BMP, PPM or GIF file; the format is detected from the content.

    The EXIF orientation is applied to the pixels. Palettes and single bits are expanded, CMYK is converted to sRGB
    by its profile, CIE L*a*b* and YCbCr of TIFF as well. Gray is repeated in three channels, and
    ``metadata.gray`` is set. Colours defined by code points get an equivalent ICC profile.

    Raises:
        BlindSRError: missing file, unsupported format, corrupt or truncated data, more than ``max_pixels``, several
            pages, samples other than 8 or 16 bit integers or floats in [0, 1], or HDR values (PQ, HLG).

    Examples:
        >>> import blindsr
        >>> picture = blindsr.read("photo.jpg")
        >>> picture.width, picture.height, picture.metadata.bits
        (64, 48, 8)
    """
    path = Path(path)
    with open_image(path) as (file, kind):
        return read_page(file, path, kind, max_pixels, only_page(path, kind))


def read_page(file: BinaryIO, path: Path, kind: Format, max_pixels: int, page: int = 0) -> Picture:
    """Decode an opened file, or one page of it; otherwise as `read`."""
    reader = by_name(kind).reader
    if reader is not None:
        return reader(file, path, max_pixels)
    try:
        stored = tiff_samples.read_tags(path, page) if kind == "tiff" else None
        if stored is not None and stored.rare:
            return _read_rare(file, path, max_pixels, page, stored)
        image = vips.load(kind, path, **({"page": page} if page else {}))
        if stored is not None:
            image = tiff_samples.colours_and_alpha(image, stored, path)
        check_header(image, path, max_pixels)
        upright = to_upright_rgb(image)
        array = decode_samples(upright.write_to_memory(), upright, path)
    except pyvips.Error as error:
        raise decode_error(path, error) from None
    picture = from_samples(array.reshape(upright.height, upright.width, upright.bands), Metadata())
    known = replace(read_metadata(image, file, kind, path), bits=BITS[upright.format], gray=picture.metadata.gray)
    notes = stored.notes if stored is not None else ()
    return replace(picture, metadata=replace(known, notes=(*known.notes, *notes)))


def _read_rare(file: BinaryIO, path: Path, max_pixels: int, page: int, stored: tiff_samples.PageTags) -> Picture:
    """Decode a TIFF page of colours that libvips does not support."""
    check_pixels(path, stored.width, stored.height, max_pixels)
    samples = tiff_samples.decode_page(path, stored, page)
    metadata = upright_metadata(None, exif.from_tiff(file), stored.xmp, None, "tiff")
    return from_samples(samples, replace(metadata, notes=(*metadata.notes, *stored.notes)))


@contextmanager
def open_image(path: Path) -> Iterator[tuple[BinaryIO, Format]]:
    """Open an image file, and determine its format from its first bytes.

    Raises:
        BlindSRError: the file is missing, a folder, unreadable, not an image, or too large for its format.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise BlindSRError(f"file {path} does not exist", Code.FILE_NOT_FOUND) from None
    except IsADirectoryError:
        raise BlindSRError(f"{path} is a folder; expected an image file", Code.FILE_NOT_FOUND) from None
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        raise _unreadable(path, error) from None
    with file:
        try:
            kind, size = detect_format(file.read(HEAD)), file.seek(0, os.SEEK_END)
        except (OSError, ValueError) as error:
            raise _unreadable(path, error) from None
        if kind is None:
            names = ", ".join(row.name.upper() for row in FORMATS)
            raise BlindSRError(f"{path} is not an image of a supported format ({names})", Code.UNSUPPORTED_FORMAT)
        if by_name(kind).whole and size > MAX_BYTES:
            raise BlindSRError(
                f"{path} has {size / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB are supported for this format",
                Code.TOO_LARGE,
            )
        _check_blocks(file, path, kind)
        file.seek(0)
        yield file, kind


def _check_blocks(file: BinaryIO, path: Path, kind: Format) -> None:
    """Refuse corrupt files that decoders process slowly or accept silently."""
    if kind == "jpeg" and not jpeg.has_size(file):
        raise decode_error(path, ValueError("it does not contain its size"))
    if kind == "gif" and gif.is_truncated(file):
        raise decode_error(path, ValueError("unexpected end of file"))


def _unreadable(path: Path, error: Exception) -> BlindSRError:
    return BlindSRError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}", Code.CANNOT_READ)


def detect_format(data: bytes) -> Format | None:
    """Return the name of a file's format by its first bytes; None if it is not supported."""
    return next((row.name for row in FORMATS if row.magic(data)), None)


def only_page(path: Path, kind: Format) -> int:
    """Return the page number of the picture; files with several pictures are refused."""
    found = pages(path, kind)
    if len(found) > 1:
        raise BlindSRError(f"{path} has {len(found)} pages or frames; expected one", Code.UNSUPPORTED_CONTENT)
    return found[0]


def check_header(image: pyvips.Image, path: Path, max_pixels: int) -> None:
    """Check the header before any pixel is decoded."""
    check_pixels(path, image.width, image.height, max_pixels)
    if image.format not in BITS:
        raise BlindSRError(
            f"{path} has samples of type {image.format}; expected integers of 8 or 16 bits, or floats",
            Code.UNSUPPORTED_CONTENT,
        )
    extra = image.bands - {"b-w": 1, "grey16": 1, "cmyk": 4}.get(image.interpretation, 3)
    if extra not in (0, 1):
        raise BlindSRError(
            f"{path} has {image.bands} channels; expected gray, RGB or CMYK, with or without alpha",
            Code.UNSUPPORTED_CONTENT,
        )


def to_upright_rgb(image: pyvips.Image) -> pyvips.Image:
    """Apply the orientation, and convert CMYK and rarer colour spaces to sRGB; lazily."""
    image = _to_white(image.autorot())
    if image.interpretation in (*_GRAY, *_RGB):
        return image
    if image.interpretation == "cmyk":
        depth = 16 if image.format == "ushort" else 8
        return image.icc_transform("srgb", embedded=True, input_profile="cmyk", depth=depth)
    return image.colourspace("srgb")


def _to_white(image: pyvips.Image) -> pyvips.Image:
    """Scale 10 or 12 bit AVIF samples to 16 bits; libvips only shifts them, so white would be too dark."""
    if image.format != "ushort" or not image.get_typeof("heif-compression"):
        return image
    return (image * heif.white_scale(image.get("bits-per-sample"))).rint().cast("ushort")


def decode_samples(data: bytes, image: pyvips.Image, path: Path) -> NDArray[Any]:
    """Convert the bytes of an image to a flat array of samples.

    Raises:
        BlindSRError: floats outside [0, 1].
    """
    array = np.frombuffer(data, DEPTHS[BITS[image.format]])
    if array.dtype.kind == "f" and not (array.min() >= 0 and array.max() <= 1):  # negated so that NaN is refused, too
        raise BlindSRError(
            f"{path} contains floats from {array.min():.9g} to {array.max():.9g}; rescale them to [0, 1]",
            Code.UNSUPPORTED_CONTENT,
        )
    return array


def read_metadata(image: pyvips.Image, file: BinaryIO, kind: Format, path: Path) -> Metadata:
    """Read the metadata of an opened image and its file, except bit depth and gray.

    Raises:
        BlindSRError: the file contains HDR values.
    """
    found = upright_metadata(
        _blob(image, "icc-profile-data") if image.interpretation in (*_GRAY, *_RGB) else None,
        exif.from_tiff(file) if kind == "tiff" else _blob(image, "exif-data"),
        _blob(image, "xmp-data"),
        _dpi(image, file, kind),
        kind,
    )
    return add_profile(found, file, path, gray=image.interpretation in _GRAY)


def _blob(image: pyvips.Image, name: str) -> bytes | None:
    return bytes(image.get(name)) if image.get_typeof(name) else None


def _dpi(image: pyvips.Image, file: BinaryIO, kind: Format) -> tuple[float, float] | None:
    """Return the resolution stated by the file; libvips substitutes a default."""
    if kind == "png":
        return png.dpi(file)
    return (image.xres * 25.4, image.yres * 25.4) if image.get_typeof("resolution-unit") else None
