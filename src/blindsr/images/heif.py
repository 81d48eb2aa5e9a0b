"""HEIC files by pillow-heif, which is an extra: its wheels carry an encoder under the GPL."""

import io
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from PIL import Image

from blindsr.errors import BlindSRError
from blindsr.images import exif
from blindsr.images.pages import damaged
from blindsr.images.picture import Metadata, Picture, from_samples, upright_metadata

_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")
_DEEP = 8
"""Bits from which on more are there."""


def is_heif(data: bytes) -> bool:
    """Whether a file begins as HEIC; AVIF is asked for first, which begins alike."""
    return data[4:8] == b"ftyp" and data[8:12] in _BRANDS


def read(data: bytes, path: Path, max_pixels: int) -> Picture:
    """Decode a file's primary image, which libheif turns upright.

    Raises:
        BlindSRError: pillow-heif is not there, too many pixels, or a damaged file.
    """
    heif = check(path)
    try:
        file = heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False)
        image = file[file.primary_index]
        if image.size[0] * image.size[1] > max_pixels:
            raise BlindSRError(f"{path} has {image.size[0]}x{image.size[1]} pixels; at most {max_pixels} are read")
        samples = np.asarray(image)
        if samples.dtype == np.uint16:
            samples = np.rint(samples * to_white(image.info["bit_depth"])).astype(np.uint16)
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError) as error:
        raise damaged(path, error) from None
    said = image.info.get
    return from_samples(samples, upright_metadata(said("icc_profile"), said("exif"), said("xmp"), None, "heic"))


def to_white(bits: int) -> float:
    """What samples of so many bits, shifted to the top of 16, are to be multiplied by so that white is 65535."""
    return (2**16 - 1) / (2**16 - (1 << (16 - bits)))


def encode(image: Image.Image, metadata: Metadata, quality: int) -> bytes:
    """Encode an 8-bit image without chroma subsampling; `check` says whether that is possible."""
    options: dict[str, Any] = {"exif": metadata.exif and exif.PREFIX + metadata.exif, "xmp": metadata.xmp}
    options["icc_profile"] = metadata.icc
    given = {name: value for name, value in options.items() if value}
    buffer = io.BytesIO()
    check("a HEIC file").from_pillow(image).save(buffer, quality=quality, chroma=444, **given)
    return buffer.getvalue()


def check(what: Path | str) -> ModuleType:
    """The library, or a sentence that names the extra.

    Raises:
        BlindSRError: pillow-heif is not there.
    """
    try:
        import pillow_heif  # noqa: PLC0415  # an extra
    except ImportError:
        raise BlindSRError(f"{what} needs another library: pip install 'blindsr[heif]'") from None
    library: ModuleType = pillow_heif
    return library
