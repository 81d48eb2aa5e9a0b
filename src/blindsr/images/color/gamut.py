"""Conversion of colours of other profiles to sRGB, which the networks use, and back."""

import tempfile
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pyvips
import torch
from torch import Tensor

from blindsr.images.codecs import vips
from blindsr.images.picture import Metadata, Picture
from blindsr.pixels import to_levels

_ALIKE = 3 / 255
"""Largest difference of colour values at which a profile is treated as sRGB."""
_WHITE = 65535
_GRAY = b"GRAY"
"""Colour space in the header of a gray profile."""


class Gamut:
    """Converts between the colours of a profile and sRGB, with 16 bits.

    Colours outside sRGB are clipped by the conversion to sRGB; `Upscaler` adds the difference again.
    """

    def __init__(self, icc: bytes) -> None:
        """Prepare the conversion of a profile.

        Raises:
            pyvips.Error: the profile is invalid, or not an RGB profile.
        """
        self._icc = icc
        self.from_srgb(self.to_srgb(torch.zeros(1, 3, 1, 1, device="cpu")))

    def to_srgb(self, pixels: Tensor) -> Tensor:
        """Convert colours ``(1, 3, h, w)`` in [0, 1] from the profile to sRGB."""
        return _tensor(_icc_applied(_image(pixels), self._icc)).to(pixels.device)

    def from_srgb(self, pixels: Tensor) -> Tensor:
        """Convert colours ``(1, 3, h, w)`` in [0, 1] from sRGB to the profile."""
        with tempfile.NamedTemporaryFile(suffix=".icc") as file:  # libvips takes this profile from a file alone
            file.write(self._icc)
            file.flush()
            converted = _image(pixels).icc_transform(file.name, input_profile="srgb", depth=16)
            return _tensor(converted).to(pixels.device)


def find_gamut(metadata: Metadata) -> Gamut | None:
    """Return the conversion for a picture; None if it has no profile, an sRGB profile, or is gray."""
    return None if metadata.icc is None or metadata.gray else _gamut(metadata.icc)


@lru_cache(maxsize=8)
def _gamut(icc: bytes) -> Gamut | None:
    try:
        gamut = Gamut(icc)
    except pyvips.Error:  # an unusable profile is kept
        return None
    samples = torch.cartesian_prod(*[torch.linspace(0, 1, 5, dtype=torch.float32, device="cpu")] * 3).T.reshape(
        1, 3, 1, -1
    )
    alike = (gamut.to_srgb(samples) - samples).abs().max() <= _ALIKE
    return None if alike else gamut


def has_gray_profile(metadata: Metadata) -> bool:
    """Whether there is a gray profile."""
    return metadata.icc is not None and metadata.icc[16:20] == _GRAY


def without_gray_profile(picture: Picture) -> Picture:
    """Convert a picture with a gray profile to sRGB, for files that support only RGB."""
    icc = picture.metadata.icc
    if icc is None or not has_gray_profile(picture.metadata):
        return picture
    pixels = picture.pixels
    with suppress(pyvips.Error):  # with an unusable profile, values are kept
        converted = _tensor(_icc_applied(_image(pixels[None, :1]), icc)).to(pixels.device)
        pixels = converted[0].mean(0, keepdim=True).repeat(3, 1, 1)
    return replace(picture, pixels=pixels, metadata=replace(picture.metadata, icc=None))


def in_srgb(picture: Picture) -> Picture:
    """Convert a picture to sRGB, for files that cannot store a profile."""
    picture = without_gray_profile(picture)
    gamut = find_gamut(picture.metadata)
    if gamut is not None:
        picture = replace(picture, pixels=gamut.to_srgb(picture.pixels[None])[0])
    return replace(picture, metadata=replace(picture.metadata, icc=None))


def _icc_applied(image: pyvips.Image, icc: bytes) -> pyvips.Image:
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc)
    return image.icc_transform("srgb", embedded=True, depth=16)


def _image(pixels: Tensor) -> pyvips.Image:
    samples = to_levels(pixels[0].float(), 16).permute(1, 2, 0).cpu().numpy().astype(np.uint16)
    interpretation = "rgb16" if samples.shape[2] == 3 else "grey16"
    return vips.from_array(np.ascontiguousarray(samples)).copy(interpretation=interpretation)


def _tensor(image: pyvips.Image) -> Tensor:
    return torch.from_numpy(image.numpy().astype(np.float32) / _WHITE).permute(2, 0, 1)[None]
