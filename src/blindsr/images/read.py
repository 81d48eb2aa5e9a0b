"""Files to pictures: pixels and profile by libvips, which keeps 16 bits, the rest from the file's own bytes."""

import io
import os
from dataclasses import replace
from mmap import mmap
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import Image

from blindsr.errors import BlindSRError
from blindsr.images import exif, heif, png, ppm, vips
from blindsr.images.header import any_size
from blindsr.images.pages import MALFORMED, damaged, pages
from blindsr.images.picture import DEPTHS, Format, Metadata, Picture, from_samples, upright_metadata

MAX_PIXELS = 2**28
"""Largest picture that `read` accepts, in pixels: 16384 x 16384."""

_GRAY = ("b-w", "grey16")
_RGB = ("srgb", "rgb", "rgb16", "scrgb")
BITS = {"uchar": 8, "ushort": 16, "float": 32}
"""Depths by what libvips calls their samples."""
_BY_PILLOW = ("bmp", "ppm")
"""Kinds that libvips does not know; they hold 8 bits and next to nothing besides pixels."""


def read(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Read a PNG, JPEG, WebP, TIFF, AVIF, HEIC, BMP, PPM or GIF file; what it is decides the content, not the name.

    The EXIF orientation is applied to the pixels. Palettes and single bits are expanded, CMYK is converted to sRGB
    by its profile. Gray stays gray: its value is repeated in three channels and ``metadata.gray`` is set.

    Raises:
        BlindSRError: no such file, not such an image, damaged or cut short, more than ``max_pixels``, several
            pages, or samples that are neither 8 or 16 bit integers nor floats in [0, 1].
    """
    path = Path(path)
    data = opened(path)
    kind = kind_of(data)
    if kind is None:
        raise BlindSRError(f"{path} is not a PNG, JPEG, WebP, TIFF, AVIF, HEIC, BMP, PPM or GIF image")
    return read_page(data, path, kind, max_pixels, only_page(path, kind))


def read_page(data: bytes, path: Path, kind: Format, max_pixels: int, page: int = 0) -> Picture:
    """Decode a file's bytes, or one page of them; as `read` in all else."""
    if kind in _BY_PILLOW:
        return _read_by_pillow(path, data, max_pixels)
    if kind == "heic":
        return heif.read(data, path, max_pixels)
    which = {"page": page} if page else {}
    try:
        image = vips.load(kind, data, **which)
        check(image, path, max_pixels)
        upright = upright_rgb(image)
        array = samples_of(upright.write_to_memory(), upright, path)
    except pyvips.Error as error:
        raise damaged(path, error) from None
    picture = from_samples(array.reshape(upright.height, upright.width, upright.bands), Metadata())
    known = replace(metadata_of(image, data, kind), bits=BITS[upright.format], gray=picture.metadata.gray)
    return replace(picture, metadata=known)


def opened(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        BlindSRError: it is not there, a folder, or cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BlindSRError(f"there is no file {path}") from None
    except IsADirectoryError:
        raise BlindSRError(f"{path} is a folder; name an image file in it") from None
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        raise BlindSRError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None


def kind_of(data: bytes) -> Format | None:
    """What kind of file begins like this."""
    if data.startswith(png.SIGNATURE):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "tiff"
    return _rarer_kind(data)


def _rarer_kind(data: bytes) -> Format | None:
    if data[4:8] == b"ftyp" and b"avif" in data[8:64]:
        return "avif"
    if heif.is_heif(data):
        return "heic"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if data[:2] == b"BM":
        return "bmp"
    if data[:2] in (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6") and data[2:3].isspace():
        return "ppm"
    return None


def _read_by_pillow(path: Path, data: bytes, max_pixels: int) -> Picture:
    try:
        with any_size(), Image.open(io.BytesIO(data), formats=["BMP", "PPM"]) as image:
            if image.width * image.height > max_pixels:
                raise BlindSRError(f"{path} has {image.width}x{image.height} pixels; at most {max_pixels} are read")
            if ppm.white(data) > 255:
                return from_samples(ppm.decode(data), Metadata(format="ppm"))
            image.load()
            return Picture.from_array(image)
    except MALFORMED as error:
        raise damaged(path, error) from None


def only_page(path: Path, kind: Format) -> int:
    """The number of the page that is the picture; a file of several pictures is refused."""
    found = pages(path, kind)
    if len(found) > 1:
        raise BlindSRError(f"{path} has {len(found)} pages or frames; save the one you want as its own file")
    return found[0]


def check(image: pyvips.Image, path: Path, max_pixels: int) -> None:
    """Refuse from the header alone, before any pixel is decoded."""
    if image.width * image.height > max_pixels:
        raise BlindSRError(f"{path} has {image.width}x{image.height} pixels; at most {max_pixels} are read")
    if image.format not in BITS:
        raise BlindSRError(f"{path} has samples of type {image.format}; save it with 8 or 16 bit integers or floats")
    extra = image.bands - {"b-w": 1, "grey16": 1, "cmyk": 4}.get(image.interpretation, 3)
    if extra not in (0, 1):
        raise BlindSRError(f"{path} has {image.bands} channels; save it as gray, RGB or CMYK, with or without alpha")


def upright_rgb(image: pyvips.Image) -> pyvips.Image:
    """Turn an image as its orientation says, and make CMYK and what is rarer sRGB; nothing is computed yet."""
    image = _to_white(image.autorot())
    if image.interpretation in (*_GRAY, *_RGB):
        return image
    if image.interpretation == "cmyk":
        depth = 16 if image.format == "ushort" else 8
        return image.icc_transform("srgb", embedded=True, input_profile="cmyk", depth=depth)
    return image.colourspace("srgb")


def _to_white(image: pyvips.Image) -> pyvips.Image:
    """Scale the 10 or 12 bits of AVIF to 16, which libvips only shifts there: white would not be white."""
    if image.format != "ushort" or not image.get_typeof("heif-compression"):
        return image
    return (image * heif.to_white(image.get("bits-per-sample"))).rint().cast("ushort")


def samples_of(data: bytes, image: pyvips.Image, path: Path) -> NDArray[Any]:
    """The bytes of an image's pixels as samples, one after the other.

    Raises:
        BlindSRError: floats outside [0, 1].
    """
    array = np.frombuffer(data, DEPTHS[BITS[image.format]])
    if array.dtype.kind == "f" and not (array.min() >= 0 and array.max() <= 1):  # written so that NaN is refused too
        raise BlindSRError(f"{path} has floats from {array.min():.4g} to {array.max():.4g}; rescale them to [0, 1]")
    return array


def metadata_of(image: pyvips.Image, data: bytes | mmap, kind: Format) -> Metadata:
    """What an opened image and its file's own bytes say besides pixels; depth and gray are left to the pixels."""
    return upright_metadata(
        _blob(image, "icc-profile-data") if image.interpretation in (*_GRAY, *_RGB) else None,
        exif.from_tiff(data) if kind == "tiff" else _blob(image, "exif-data"),
        _blob(image, "xmp-data"),
        _dpi(image, data, kind),
        kind,
    )


def _blob(image: pyvips.Image, name: str) -> bytes | None:
    return bytes(image.get(name)) if image.get_typeof(name) else None


def _dpi(image: pyvips.Image, data: bytes | mmap, kind: Format) -> tuple[float, float] | None:
    """Resolution that the file itself states; libvips invents one where it is silent."""
    if kind == "png":
        return png.dpi(data)
    return (image.xres * 25.4, image.yres * 25.4) if image.get_typeof("resolution-unit") else None
