"""Pictures to files, written beside and renamed: a file is there whole or not at all."""

import os
import secrets
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import Image

from blindsr.errors import BlindSRError
from blindsr.images import exif, png, tiff
from blindsr.images.picture import Format, Metadata, Picture

_FORMATS: dict[str, Format] = {
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".webp": "webp",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".avif": "avif",
    ".bmp": "bmp",
    ".ppm": "ppm",
}
SUFFIXES = frozenset(_FORMATS)
"""Endings of the names that can be written."""
_Samples = NDArray[np.uint8 | np.uint16]


def write(picture: Picture, path: str | os.PathLike[str], *, quality: int = 95) -> None:
    """Write a PNG, JPEG, WebP, TIFF, AVIF, BMP or PPM file; the extension decides which.

    Samples are clamped and rounded. EXIF, XMP, ICC profile and DPI are written with them (WebP and AVIF have no DPI,
    BMP has nothing else, PPM nothing at all). JPEG and AVIF are written without chroma subsampling. Transparent parts
    are on white in JPEG, BMP and PPM. All but PNG and TIFF have 8 bits.

    Args:
        picture: what to write.
        path: where; an existing file is replaced in one step.
        quality: of JPEG, WebP and AVIF, 1 to 100.

    Raises:
        BlindSRError: an unknown extension, a folder that is missing or not writable, a picture too large for the
            format.
    """
    path = Path(path)
    check_output(path)
    kind = _FORMATS[path.suffix.lower()]
    metadata = picture.metadata
    if metadata.exif:
        metadata = replace(metadata, exif=exif.sized(metadata.exif, picture.width, picture.height))
    _beside(path, lambda part: _encode(part, picture, metadata, kind, quality))


def check_output(path: str | os.PathLike[str]) -> None:
    """Refuse a place that a picture cannot be written to; meant to be asked before hours of work.

    Raises:
        BlindSRError: an unknown extension, or a folder that is missing or not writable.
    """
    path = Path(path)
    if path.suffix.lower() not in _FORMATS:
        raise BlindSRError(f"cannot write {path}: expected an extension out of {', '.join(_FORMATS)}")
    if path.is_dir():
        raise BlindSRError(f"cannot write {path}: it is a folder; name a file in it")
    if not path.parent.is_dir():
        raise BlindSRError(f"cannot write {path}: there is no folder {path.parent}; create it first")
    if not os.access(path.parent, os.W_OK):
        raise BlindSRError(f"cannot write {path}: the folder {path.parent} is not writable; choose another")


def _beside(path: Path, encode: Callable[[Path], None]) -> None:
    part = path.with_name(f".{secrets.token_hex(8)}{path.suffix}")
    try:
        encode(part)
        part.replace(path)
    except (OSError, ValueError, struct.error, pyvips.Error) as error:
        reason = str(getattr(error, "strerror", None) or error).strip().splitlines()
        raise BlindSRError(f"cannot write {path}: {reason[0] if reason else type(error).__name__}") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _encode(path: Path, picture: Picture, metadata: Metadata, kind: Format, quality: int) -> None:
    if kind == "png":
        path.write_bytes(png.with_metadata(_png(picture.to_array()), metadata))
    elif kind == "tiff":
        tiff.write(path, picture.to_array(), metadata)
    else:
        flat = picture if kind in ("webp", "avif") else _on_white(picture)
        _save_by_pillow(path, Image.fromarray(flat.to_array(bits=8)), metadata, kind, quality)


def _png(samples: _Samples) -> bytes:
    image = pyvips.Image.new_from_array(samples)
    gray = image.bands < 3
    names = {"uchar": ("srgb", "b-w"), "ushort": ("rgb16", "grey16")}
    return bytes(image.copy(interpretation=names[image.format][gray]).pngsave_buffer(keep="none"))


def _save_by_pillow(path: Path, image: Image.Image, metadata: Metadata, kind: Format, quality: int) -> None:
    options: dict[str, Any] = {"exif": metadata.exif, "icc_profile": metadata.icc, "xmp": metadata.xmp}
    if metadata.exif:
        options["exif"] = exif.PREFIX + metadata.exif
    if kind in ("bmp", "ppm"):
        options = {"dpi": metadata.dpi} if kind == "bmp" else {}
    if kind == "jpeg":
        options["dpi"] = metadata.dpi
    if kind in ("jpeg", "avif"):
        options["subsampling"] = "4:4:4"
    if image.mode == "LA":
        image = image.convert("RGBA")  # WebP and AVIF have no gray
    image.save(path, format=kind, quality=quality, **{key: value for key, value in options.items() if value})


def _on_white(picture: Picture) -> Picture:
    if picture.alpha is None:
        return picture
    return replace(picture, pixels=picture.pixels * picture.alpha + 1 - picture.alpha, alpha=None)
