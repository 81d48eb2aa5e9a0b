"""Interpretation of the samples of TIFF pages with colours that libvips ignores or reads as RGB."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
import tifffile
from PIL import Image, ImageCms, ImageOps

from blindsr.errors import BlindSRError, Code
from blindsr.images.codecs import vips
from blindsr.images.codecs.header import any_size
from blindsr.images.pages import MALFORMED, decode_error
from blindsr.images.picture import Samples, apply_orientation

_GRAY_0_IS_WHITE, _GRAY, _RGB, _PALETTE, _INKS, _YCBCR, _CIELAB = 0, 1, 2, 3, 5, 6, 8
_COLOURS = {_GRAY_0_IS_WHITE: 1, _GRAY: 1, _RGB: 3, _PALETTE: 1, _INKS: 4, _YCBCR: 3, _CIELAB: 3}
"""Number of channels of supported colour spaces, without extra channels."""
_OTHERS = {
    4: "a transparency mask",
    9: "ICC L*a*b*",
    10: "ITU L*a*b*",
    32803: "a camera's raw data",
    32844: "LogL",
    32845: "LogLuv",
    34892: "a camera's raw data",
    51177: "a depth map",
}
_JPEG = (6, 7)
"""Compressions that store YCbCr internally; their decoders return RGB."""
_ASSOCIATED, _UNASSOCIATED = 1, 2
_CMYK, _INK_SET = 1, 332


@dataclass(frozen=True)
class PageTags:
    """Tags of a page that determine the meaning of its samples."""

    width: int
    height: int
    photometric: int | None
    compression: int
    bits: int
    channels: int
    extra: tuple[int, ...]
    """Kinds of the extra channels: 1 and 2 are alpha, 0 is unspecified."""
    orientation: int
    xmp: bytes | None
    plain_ycbcr: bool
    """Whether YCbCr is not subsampled, and has the coefficients and ranges of JPEG."""
    masked: bool
    """Whether another page is a transparency mask."""

    @property
    def rare(self) -> bool:
        """Whether `decode_page` is needed to read the colours."""
        return self.photometric == _CIELAB or (self.photometric == _YCBCR and self.compression not in _JPEG)

    @property
    def readable_ycbcr(self) -> bool:
        """Whether YCbCr has 8 bits, and is plain or converted by the decoder of its compression."""
        return self.bits == 8 and (self.compression != 1 or self.plain_ycbcr)

    @property
    def alpha(self) -> int | None:
        """Return the index of the extra channel that is alpha; None if there is none."""
        return next((n for n, kind in enumerate(self.extra) if kind in (_ASSOCIATED, _UNASSOCIATED)), None)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return warnings about ignored channels."""
        lost = len(self.extra) - (self.alpha is not None)
        channels = f"{lost} extra channel{'s' * (lost > 1)} that {'are' if lost > 1 else 'is'} no transparency"
        said = [f"{channels} {'are' if lost > 1 else 'is'} left out"] if lost else []
        return (*said, *(["its transparency mask is left out"] * self.masked))


def read_tags(path: Path, page: int) -> PageTags:
    """Read the tags of a page.

    Raises:
        BlindSRError: the file is corrupt, or its samples are not supported.
    """
    try:
        with tifffile.TiffFile(path) as file:
            tags = {tag.code: tag.value for tag in file.pages[page].aspage().tags}
            masked = len(file.pages) > page + 1 and file.pages[page + 1].aspage().is_mask  # it stands behind its image
        found = _stored(tags, masked=masked)
    except MALFORMED as error:
        raise decode_error(path, error) from None
    if found.photometric is not None and found.photometric not in _COLOURS:
        samples = _OTHERS.get(found.photometric, f"samples of kind {found.photometric}")
        raise BlindSRError(
            f"{path} contains {samples}, which is not supported; export it as RGB", Code.UNSUPPORTED_CONTENT
        )
    if found.photometric == _INKS and tags.get(_INK_SET, _CMYK) != _CMYK:
        raise BlindSRError(f"{path} contains inks other than CMYK; export it as RGB", Code.UNSUPPORTED_CONTENT)
    return found


def _stored(tags: dict[int, Any], *, masked: bool) -> PageTags:
    photometric = int(tags[262]) if 262 in tags else None
    channels, bits = int(tags.get(277, 1)), tags.get(258, 1)
    colours = channels if photometric is None else _COLOURS.get(photometric, channels)
    orientation = tags.get(274, 1)
    return PageTags(
        width=int(tags[256]),
        height=int(tags[257]),
        photometric=photometric,
        compression=int(tags.get(259, 1)),
        bits=int(max(bits)) if isinstance(bits, tuple) else int(bits),
        channels=channels,
        extra=_extra(tags.get(338, ()), channels - colours),
        orientation=int(orientation) if orientation in range(1, 9) else 1,
        xmp=bytes(tags[700]) if isinstance(tags.get(700), bytes | bytearray) else None,
        plain_ycbcr=_is_plain(tags),
        masked=masked,
    )


def _extra(kinds: object, count: int) -> tuple[int, ...]:
    """Return the kinds of extra channels; those without an entry in the file are unspecified."""
    said = [int(kind) for kind in kinds] if isinstance(kinds, Sequence) else [int(str(kinds))]
    return (*said, *[0] * max(0, count))[: max(0, count)]


def _is_plain(tags: dict[int, Any]) -> bool:
    ranges = tags.get(532)
    numbers = tuple(ranges) if isinstance(ranges, Sequence) else ()
    ratios = (
        [a / b for a, b in zip(numbers[::2], numbers[1::2], strict=True) if b] if len(numbers) == 12 else list(numbers)
    )
    usual = ranges is None or ratios == [0, 255, 128, 255, 128, 255]
    return usual and 529 not in tags and tuple(tags.get(530, ())) == (1, 1)


def colours_and_alpha(image: pyvips.Image, found: PageTags, path: Path) -> pyvips.Image:
    """Remove the extra channels of an image that are not alpha.

    Raises:
        BlindSRError: a gray image has several of them, which is probably a multispectral image.
    """
    colours = found.channels - len(found.extra)
    if not found.extra or image.bands != found.channels or (len(found.extra) == 1 and found.alpha is not None):
        return image
    if (colours == 1 and len(found.extra) > 1) or _ASSOCIATED in found.extra:
        raise BlindSRError(
            f"{path} has {image.bands} channels; expected gray, RGB or CMYK, with or without alpha",
            Code.UNSUPPORTED_CONTENT,
        )
    kept = image.extract_band(0, n=colours)
    return kept if found.alpha is None else kept.bandjoin(image.extract_band(colours + found.alpha))


def decode_page(path: Path, found: PageTags, page: int) -> Samples:
    """Decode a page of CIE L*a*b* or YCbCr to samples ``(h, w, 3)`` of sRGB, rotated upright.

    Raises:
        BlindSRError: the page has extra channels, or its variant is not supported.
    """
    if found.extra:
        raise BlindSRError(
            f"{path} has colours other than RGB and {len(found.extra)} extra channels; export it as RGB",
            Code.UNSUPPORTED_CONTENT,
        )
    if found.bits not in (8, 16) or (found.photometric == _YCBCR and not found.readable_ycbcr):
        raise BlindSRError(
            f"{path} contains an unsupported variant of YCbCr or L*a*b*; export it as RGB", Code.UNSUPPORTED_CONTENT
        )
    try:
        return (
            apply_orientation(_deep_lab(path, page), found.orientation)
            if found.bits == 16
            else _by_pillow(path, found, page)
        )
    except MALFORMED as error:
        raise decode_error(path, error) from None


def _by_pillow(path: Path, found: PageTags, page: int) -> Samples:
    with any_size(), Image.open(path, formats=["TIFF"]) as image:
        image.seek(page)
        image.load()  # which may turn it, and then takes the orientation away
        ImageOps.exif_transpose(image, in_place=True)
        if found.photometric == _YCBCR:
            return np.asarray(image.convert("RGB"))
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return np.asarray(ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB"))


def _deep_lab(path: Path, page: int) -> Samples:
    image = vips.load("tiff", path, page=page)
    lab = image.colourspace("lab")  # of D50, as profiles have it
    return np.asarray(lab.icc_export(output_profile="srgb", pcs="lab", depth=16).numpy())
