"""Pictures in memory: pixels and metadata."""

import math
import re
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

from blindsr.errors import BlindSRError
from blindsr.images import exif
from blindsr.images import xmp as xmp_packet
from blindsr.pixels import to_levels

Format = Literal["png", "jpeg", "webp", "tiff", "avif", "heic", "bmp", "ppm", "gif"]
Samples: TypeAlias = NDArray[np.uint8 | np.uint16 | np.float32]
DEPTHS: dict[int, type[np.uint8] | type[np.uint16] | type[np.float32]] = {8: np.uint8, 16: np.uint16, 32: np.float32}
"""Sample types by bit depth; 32 bits are floats with 1 as white."""

_DEEPEST = 2**16 - 1
_BAND = 32
"""Rows converted at a time; intermediate values of a whole photograph do not fit in caches."""


@dataclass(frozen=True)
class Metadata:
    """Metadata of a file.

    Examples:
        >>> import blindsr
        >>> blindsr.read("photo.jpg").metadata.gray
        False
    """

    icc: bytes | None = None
    """ICC profile of the stored values."""
    exif: bytes | None = None
    """EXIF block, starting at the byte-order mark; the orientation is 1, since the picture is upright."""
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    """Pixels per inch, across and down."""
    bits: int = 8
    """Bit depth: 8, 16, or 32 for floats."""
    gray: bool = False
    """Whether the file has one channel; the three channels of the pixels are then equal."""
    format: Format = "png"
    """Format of the source file."""
    notes: tuple[str, ...] = ()
    """Parts of the source file that were not read; writing the picture warns about them."""


@dataclass(frozen=True)
class Picture:
    """An upright RGB image with values as stored: neither linearised nor colour-converted.

    Examples:
        >>> import blindsr, torch
        >>> picture = blindsr.Picture(torch.zeros(3, 48, 64), metadata=blindsr.Metadata(dpi=(300, 300)))
        >>> picture.width, picture.height
        (64, 48)
    """

    pixels: Tensor
    """``(3, h, w)``, float32 in [0, 1]."""
    alpha: Tensor | None = None
    """``(1, h, w)``, float32, 1 is opaque; not premultiplied."""
    metadata: Metadata = field(default_factory=Metadata)

    def __post_init__(self) -> None:
        shape = tuple(self.pixels.shape)
        if len(shape) != 3 or shape[0] != 3 or 0 in shape:
            raise BlindSRError(f"expected pixels (3, height, width), got a tensor {shape}")
        if self.alpha is not None and tuple(self.alpha.shape) != (1, *shape[1:]):
            raise BlindSRError(f"expected alpha {(1, *shape[1:])} for pixels {shape}, got {tuple(self.alpha.shape)}")
        check_bits(self.metadata.bits)

    @property
    def height(self) -> int:
        return self.pixels.shape[1]

    @property
    def width(self) -> int:
        return self.pixels.shape[2]

    @classmethod
    def from_array(cls, source: NDArray[Any] | Image.Image) -> "Picture":
        """Create a picture from a numpy array or a PIL image.

        Args:
            source: ``(h, w)`` gray, or ``(h, w, c)`` with 1 (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGB, alpha)
                channels of uint8, uint16, or floats in [0, 1]; or a PIL image, whose orientation is applied and
                whose EXIF, ICC profile, XMP and DPI are kept.

        Raises:
            BlindSRError: unsupported shape, type or range.
        """
        if isinstance(source, Image.Image):
            return _from_pil(source)
        return from_samples(source, Metadata())

    def to_array(self, bits: int | None = None) -> Samples:
        """Convert to an array of samples, clamped and rounded to nearest.

        Args:
            bits: 8, 16 or 32; by default the picture's bit depth.

        Returns:
            uint8, uint16 or float32, ``(h, w)`` for gray, else ``(h, w, c)`` with alpha as the last channel.

        Raises:
            BlindSRError: unsupported bit depth.
        """
        bits = bits or self.metadata.bits
        check_bits(bits)
        colour = self.pixels[:1] if self.metadata.gray else self.pixels
        planes = colour if self.alpha is None else torch.cat([colour, self.alpha])
        channels, height, width = planes.shape
        array = np.empty((height, width, channels), DEPTHS[bits])
        samples = torch.from_numpy(array)
        for top in range(0, height, _BAND):
            rows = planes[:, top : top + _BAND].detach().float()
            levels = rows.clamp(0, 1) if bits == 32 else to_levels(rows, bits)
            samples[top : top + _BAND] = levels.permute(1, 2, 0)
        return array[..., 0] if channels == 1 else array


def upright_metadata(
    icc: bytes | None, block: bytes | None, xmp: bytes | None, dpi: tuple[float, float] | None, kind: Format
) -> Metadata:
    """Create metadata of upright pixels; bit depth and gray are set with the pixels.

    Args:
        icc: profile of the pixels.
        block: EXIF block of the file.
        xmp: XMP packet of the file.
        dpi: resolution stated by the file; by default that of EXIF.
        kind: format of the file.
    """
    packet, lost = xmp_packet.remove_references(xmp) if xmp else (None, False)
    return Metadata(
        icc=icc,
        exif=exif.set_upright(block) if block else None,
        xmp=re.sub(rb'(tiff:Orientation(?:=["\']|>))[2-8]', rb"\g<1>1", packet) if packet else None,
        notes=(xmp_packet.NOTE,) if lost else (),
        dpi=_sensible(dpi) or _sensible(exif.dpi(block.removeprefix(exif.PREFIX)) if block else None),
        format=kind,
    )


def _sensible(dpi: tuple[float, float] | None) -> tuple[float, float] | None:
    return dpi if dpi and all(0 < value < math.inf for value in dpi) else None


def apply_orientation(samples: Samples, orientation: int) -> Samples:
    """Rotate samples ``(h, w)`` or ``(h, w, c)`` upright by an EXIF orientation, 1 to 8."""
    if orientation in (5, 6, 7, 8):
        samples = samples.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    return samples


def check_bits(bits: int) -> None:
    """Check that a bit depth is supported."""
    if bits not in DEPTHS:
        raise BlindSRError(f"expected 8, 16 or 32 bits per sample, got {bits}")


def from_samples(array: NDArray[Any], metadata: Metadata) -> Picture:
    """Create a picture from an array (see `Picture.from_array`); bit depth and gray are set from the array.

    Float arrays get a bit depth of 8, since they usually result from computations.
    """
    if array.ndim not in (2, 3) or 0 in array.shape or (array.ndim == 3 and array.shape[2] > 4):
        raise BlindSRError(f"expected an array (height, width) or (height, width, 1 to 4 channels), got {array.shape}")
    samples = array[..., None] if array.ndim == 2 else array
    channels = np.ascontiguousarray(samples.transpose(2, 0, 1))  # moved while they are small
    planes = torch.from_numpy(_to_unit(channels))
    gray = planes.shape[0] < 3
    colour = planes[:1].repeat(3, 1, 1) if gray else planes[:3]
    alpha = planes[-1:] if planes.shape[0] in (2, 4) else None
    kept = {key: getattr(metadata, key) for key in ("icc", "exif", "xmp", "dpi", "format", "notes")}
    return Picture(colour, alpha, Metadata(**kept, bits=16 if array.dtype == np.uint16 else 8, gray=gray))


def _to_unit(samples: NDArray[Any]) -> NDArray[np.float32]:
    if samples.dtype in (np.uint8, np.uint16):
        return samples.astype(np.float32) / np.float32(np.iinfo(samples.dtype).max)
    if samples.dtype.kind != "f":
        raise BlindSRError(f"expected uint8, uint16 or float samples, got {samples.dtype}")
    if not (samples.min() >= 0 and samples.max() <= 1):  # written so that NaN is refused too
        raise BlindSRError(f"expected floats in [0, 1], got {samples.min():.9g} to {samples.max():.9g}; rescale them")
    return samples.astype(np.float32)


def _from_pil(image: Image.Image) -> Picture:
    name = (image.format or "png").lower()
    metadata = upright_metadata(
        image.info.get("icc_profile") if image.mode != "CMYK" else None,
        image.getexif().tobytes() if image.getexif() else None,
        image.info.get("xmp"),
        image.info.get("dpi"),
        name if name in get_args(Format) else "png",  # type: ignore[arg-type]
    )
    return from_samples(_values(ImageOps.exif_transpose(image)), metadata)


def _values(image: Image.Image) -> NDArray[Any]:
    if not image.mode.startswith("I"):
        return np.asarray(_plain(image))
    values = np.asarray(image)
    low, high = values.min(initial=0), values.max(initial=0)
    if low < 0 or high > _DEEPEST:
        raise BlindSRError(f"expected integers of 16 bits in a PIL image, got {low} to {high}; rescale them")
    return values.astype(np.uint16)


def _plain(image: Image.Image) -> Image.Image:
    """Convert PIL modes other than gray, RGB and alpha."""
    if image.mode in ("L", "LA", "RGB", "RGBA", "F"):
        return image
    if image.mode == "1":
        return image.convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")
