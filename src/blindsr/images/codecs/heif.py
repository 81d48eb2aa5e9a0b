"""HEIC files by pillow-heif, an optional dependency, since its wheels contain an encoder under the GPL."""

import io
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from blindsr.errors import BlindSRError, Code
from blindsr.images import exif
from blindsr.images.color import profile
from blindsr.images.color.codepoints import add_profile
from blindsr.images.pages import MALFORMED, decode_error
from blindsr.images.picture import Metadata, Picture, Samples, from_samples, upright_metadata

_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")
_BT601 = 6


def is_heif(data: bytes) -> bool:
    """Whether a file starts like HEIC; check for AVIF first, which starts in the same way."""
    return data[4:8] == b"ftyp" and data[8:12] in _BRANDS


def read_heif(file: BinaryIO, path: Path, max_pixels: int) -> Picture:
    """Decode the primary image of a file, which libheif rotates upright.

    Raises:
        BlindSRError: pillow-heif is not installed, or the file has too many pixels or HDR values, or is corrupt.
    """
    heif = require_heif(path)
    try:
        file.seek(0)
        opened = heif.open_heif(file, convert_hdr_to_8bit=False)
        image = opened[opened.primary_index]
        if image.size[0] * image.size[1] > max_pixels:
            raise BlindSRError(
                f"{path} has {image.size[0]}x{image.size[1]} pixels; at most {max_pixels} are supported", Code.TOO_LARGE
            )
        samples = np.asarray(image)
        if image.mode.startswith("RGBa"):
            samples = _divided(samples)
        if samples.dtype == np.uint16:
            samples = np.rint(samples * white_scale(image.info["bit_depth"])).astype(np.uint16)
    except MALFORMED as error:
        raise decode_error(path, error) from None
    said = image.info.get
    metadata = upright_metadata(said("icc_profile"), said("exif"), said("xmp"), None, "heic")
    return from_samples(samples, add_profile(metadata, file, path, gray=samples.ndim == 2))


def _divided(samples: Samples) -> Samples:
    """Convert premultiplied colours to straight ones; alpha is the last channel."""
    alpha, top = samples[..., 3:].astype(np.float64), 255 if samples.dtype == np.uint8 else 65535
    colours = np.rint((samples[..., :3] * (top / np.maximum(alpha, 1))).clip(0, top)).astype(samples.dtype)
    return np.concatenate([colours, samples[..., 3:]], axis=2)


def white_scale(bits: int) -> float:
    """Return the factor that scales white to 65535, for samples of ``bits`` bits that were shifted to 16 bits."""
    return (2**16 - 1) / (2**16 - (1 << (16 - bits)))


def encode(image: Image.Image, metadata: Metadata, quality: int) -> bytes:
    """Encode an 8-bit image without chroma subsampling; call `require_heif` first."""
    options: dict[str, Any] = {"exif": metadata.exif and exif.PREFIX + metadata.exif, "xmp": metadata.xmp}
    options["icc_profile"] = metadata.icc
    points = profile.code_points(metadata.icc) if metadata.icc else None
    if points and points[0] in profile.PRIMARIES and points[1] in (*profile.LIKE_SRGB, *profile.GAMMA):
        options |= {"color_primaries": points[0], "transfer_characteristics": points[1], "save_nclx_profile": True}
        options |= {"matrix_coefficients": _BT601, "full_range_flag": 1}
    given = {name: value for name, value in options.items() if value}
    buffer = io.BytesIO()
    require_heif("a HEIC file").from_pillow(image).save(buffer, quality=quality, chroma=444, **given)
    return buffer.getvalue()


def require_heif(what: Path | str) -> ModuleType:
    """Import pillow-heif.

    Raises:
        BlindSRError: pillow-heif is not installed.
    """
    try:
        import pillow_heif  # noqa: PLC0415  # an extra
    except ImportError:
        raise BlindSRError(
            f"{what} requires an additional library: pip install 'blindsr[heif]'", Code.MISSING_DEPENDENCY
        ) from None
    library: ModuleType = pillow_heif
    return library
