"""Conversion to sRGB and back, beside what Pillow's colour management makes of it."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import pyvips
import torch
from PIL import Image, ImageCms

from blindsr.images import Frames, Metadata, Picture, read, read_file, write, write_frames
from blindsr.images.color.gamut import Gamut, find_gamut, without_gray_profile


def p3() -> bytes:
    """The profile of Display P3, whose colours are wider than sRGB's."""
    return bytes(pyvips.Image.profile_load("p3"))


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_it_agrees_with_another_library() -> None:
    samples = np.random.default_rng(0).integers(80, 200, (8, 8, 3), np.uint8)  # inside sRGB
    profile = ImageCms.ImageCmsProfile(io.BytesIO(p3()))
    expected = ImageCms.profileToProfile(
        Image.fromarray(samples), profile, ImageCms.createProfile("sRGB"), ImageCms.Intent.RELATIVE_COLORIMETRIC
    )
    pixels = torch.from_numpy(samples / np.float32(255)).permute(2, 0, 1)[None]
    found = Gamut(p3()).to_srgb(pixels)[0].permute(1, 2, 0).numpy() * 255
    assert np.abs(found - np.asarray(expected)).mean() < 0.5  # of which 0.25 are rounding
    assert np.abs(samples - np.asarray(expected, int)).mean() > 2  # there was something to convert


def test_what_srgb_can_show_comes_back() -> None:
    pixels = 0.1 + 0.8 * torch.rand(1, 3, 9, 7, generator=torch.Generator().manual_seed(0))  # inside, not on the rim
    gamut = Gamut(p3())
    torch.testing.assert_close(gamut.to_srgb(gamut.from_srgb(pixels)), pixels, atol=0.006, rtol=0)


@pytest.mark.parametrize("metadata", [Metadata(), Metadata(icc=b"nonsense"), Metadata(icc=p3(), gray=True)])
def test_no_profile_that_can_be_used_is_none(metadata: Metadata) -> None:
    assert find_gamut(metadata) is None


def test_srgb_needs_no_conversion_and_p3_does() -> None:
    assert find_gamut(Metadata(icc=srgb())) is None
    assert find_gamut(Metadata(icc=p3())) is not None
    assert find_gamut(Metadata(icc=p3())) is find_gamut(Metadata(icc=p3()))  # made once


def _gray_profile(gamma: float) -> bytes:
    """A profile of gray of the smallest kind: a white point and one exponent."""
    white = b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in (0.9642, 1, 0.8249)))
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    text = b"desc" + bytes(4) + struct.pack(">I", 2) + b"g\0" + bytes(78)
    parts = {b"desc": text, b"cprt": b"text" + bytes(8), b"wtpt": white, b"kTRC": curve}
    offset, table, body = 132 + 12 * len(parts), b"", b""
    for name, part in parts.items():
        padded = part.ljust(-(-len(part) // 4) * 4, b"\0")
        table += name + struct.pack(">II", offset + len(body), len(part))
        body += padded
    head = struct.pack(">I4sI4s4s4s", offset + len(body), b"none", 0x02400000, b"mntr", b"GRAY", b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + white[8:]
    return head.ljust(128, b"\0") + struct.pack(">I", len(parts)) + table + body


@pytest.mark.parametrize("gamma", [1.0, 1.8])
def test_gray_by_a_profile_becomes_that_of_srgb(gamma: float) -> None:
    picture = Picture(torch.full((3, 4, 4), 0.4), metadata=Metadata(icc=_gray_profile(gamma), gray=True))
    converted = without_gray_profile(picture)
    linear = 0.4**gamma
    expected = 1.055 * linear ** (1 / 2.4) - 0.055
    assert converted.metadata.icc is None
    assert converted.pixels.mean() == pytest.approx(expected, abs=0.01)


def test_other_profiles_stay() -> None:
    for icc in (None, b"no profile", ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()):
        picture = Picture(torch.full((3, 4, 4), 0.4), metadata=Metadata(icc=icc))
        assert without_gray_profile(picture) is picture


@pytest.mark.parametrize("name", ["a.webp", "a.avif"])
def test_files_of_rgb_hold_no_profile_of_gray(tmp_path: Path, name: str) -> None:
    picture = Picture(torch.full((3, 16, 16), 0.4), metadata=Metadata(icc=_gray_profile(1.0), gray=True))
    write(picture, tmp_path / name)
    back = read(tmp_path / name)
    assert back.metadata.icc is None
    assert back.pixels.mean() == pytest.approx(0.665, abs=0.02)


@pytest.mark.parametrize("name", ["a.png", "a.webp"])
def test_animations_hold_no_profile_of_gray(tmp_path: Path, name: str) -> None:
    samples = [np.full((16, 16), value, np.uint8) for value in (102, 0)]
    write_frames(Frames(samples, Metadata(icc=_gray_profile(1.0)), (100, 100)), tmp_path / name)
    back = read_file(tmp_path / name)
    assert isinstance(back, Frames)
    assert back.metadata.icc is None
    assert abs(back.samples[0].mean() - 170) < 3
