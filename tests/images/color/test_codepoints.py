"""Colours told by code points, from files to files."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
import tifffile
from PIL import Image, ImageCms

from blindsr.errors import BlindSRError, Code
from blindsr.images import Picture, read, read_file, write
from blindsr.images.color import profile
from blindsr.images.color.gamut import Gamut
from blindsr.images.strips import Strips

_HDR = [(9, 16), (9, 18), (12, 16)]


def _image() -> Image.Image:
    y, x = np.indices((48, 64)) / 64
    return Image.fromarray((255 * np.stack([x, y, 0.5 * x + 0.2], 2)).astype(np.uint8))


def _chunked(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(path: Path, points: tuple[int, int], *, icc: bytes | None = None, frames: int = 1, mode: str = "RGB") -> Path:
    buffer, image = io.BytesIO(), _image().convert(mode)
    more: dict[str, Any] = {"save_all": True, "append_images": [image.rotate(180)]} if frames > 1 else {}
    image.save(buffer, "PNG", icc_profile=icc, **more)
    data = buffer.getvalue()
    path.write_bytes(data[:33] + _chunked(b"cICP", bytes([*points, 0, 1])) + data[33:])
    return path


def _heic(path: Path, points: tuple[int, int], **more: Any) -> Path:
    names = ("color_primaries", "transfer_characteristics")
    pillow_heif.from_pillow(_image()).save(
        path,
        **dict(zip(names, points, strict=True)),
        matrix_coefficients=6,
        full_range_flag=1,
        save_nclx_profile=True,
        **more,
    )
    return path


def _avif(path: Path, points: tuple[int, int]) -> Path:
    """A file by Pillow, which always says sRGB, with other code points written over that."""
    _image().save(path, quality=95)
    data = path.read_bytes()
    assert data.count(b"nclx") == 1
    at = data.index(b"nclx") + 4
    path.write_bytes(data[:at] + struct.pack(">HH", *points) + data[at + 4 :])
    return path


_WRITERS = {".png": _png, ".heic": _heic, ".avif": _avif}


@pytest.mark.parametrize("suffix", list(_WRITERS))
def test_other_colours_get_their_profile(tmp_path: Path, suffix: str) -> None:
    given = _WRITERS[suffix](tmp_path / f"a{suffix}", (12, 13))
    assert read(given).metadata.icc == profile.make_profile(12, 13)
    usual = _WRITERS[suffix](tmp_path / f"b{suffix}", (1, 13))
    assert read(usual).metadata.icc is None


@pytest.mark.parametrize("suffix", list(_WRITERS))
@pytest.mark.parametrize("points", _HDR)
def test_hdr_is_refused_for_what_it_is(tmp_path: Path, suffix: str, points: tuple[int, int]) -> None:
    given = _WRITERS[suffix](tmp_path / f"a{suffix}", points)
    readers: list[Callable[[Path], object]] = [read, read_file, *([] if suffix == ".heic" else [Strips])]
    for reader in readers:
        with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_CONTENT.matches):
            reader(given)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.tif", "a.avif"])
def test_hdr_that_a_profile_tells_is_refused_too(tmp_path: Path, name: str) -> None:
    icc = profile.make_profile(9, 13)
    at = icc.index(b"cicp", 300) + 8
    hdr = icc[:at] + bytes([9, 16]) + icc[at + 2 :]
    if name == "a.tif":
        tifffile.imwrite(tmp_path / name, np.asarray(_image()), photometric="rgb", iccprofile=hdr)
    else:
        _image().save(tmp_path / name, icc_profile=hdr)
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_CONTENT.matches):
        read(tmp_path / name)


@pytest.mark.parametrize("name", ["b.png", "b.jpg", "b.webp", "b.tif", "b.avif", "b.heic"])
def test_colours_survive_in_files_that_hold_a_profile(tmp_path: Path, name: str) -> None:
    write(read(_png(tmp_path / "a.png", (12, 13))), tmp_path / name, quality=100)
    back = read(tmp_path / name)
    assert back.metadata.icc == profile.make_profile(12, 13)
    assert np.abs(back.to_array().astype(int) - np.asarray(_image())).mean() < 2


def test_png_and_heic_tell_both_the_profile_and_the_code_points(tmp_path: Path) -> None:
    picture = read(_png(tmp_path / "a.png", (12, 13)))
    write(picture, tmp_path / "b.png")
    write(picture, tmp_path / "b.heic")
    data = (tmp_path / "b.png").read_bytes()
    assert _chunked(b"cICP", bytes([12, 13, 0, 1])) in data
    assert data.index(b"cICP") < data.index(b"IDAT")
    said = pillow_heif.open_heif(tmp_path / "b.heic").info
    assert said["icc_profile"] == profile.make_profile(12, 13)


@pytest.mark.parametrize("name", ["b.bmp", "b.ppm", "b.gif"])
def test_files_without_a_profile_get_srgb(tmp_path: Path, name: str) -> None:
    picture = read(_png(tmp_path / "a.png", (12, 13)))
    write(picture, tmp_path / name)
    expected = Gamut(profile.make_profile(12, 13)).to_srgb(picture.pixels[None])[0]
    off = (read(tmp_path / name).pixels - expected).abs()
    assert float(off.mean()) < (0.02 if name == "b.gif" else 0.002)
    assert float((picture.pixels - expected).abs().mean()) > 0.02


def test_cicp_goes_before_a_profile_and_a_profile_before_nclx(tmp_path: Path) -> None:
    adobe = profile.make_profile(9, 4)
    assert read(_png(tmp_path / "a.png", (12, 13), icc=adobe)).metadata.icc == profile.make_profile(12, 13)
    assert read(_png(tmp_path / "a.png", (1, 13), icc=adobe)).metadata.icc is None
    assert read(_png(tmp_path / "a.png", (2, 2), icc=adobe)).metadata.icc == adobe


def test_animations_and_strips_know_them(tmp_path: Path) -> None:
    frames = read_file(_png(tmp_path / "a.png", (12, 13), frames=2))
    assert not isinstance(frames, Picture)
    assert frames.metadata.icc == profile.make_profile(12, 13)
    assert Strips(_png(tmp_path / "b.png", (12, 13))).metadata.icc == profile.make_profile(12, 13)


def test_what_is_not_understood_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for points, mode in (((12, 11), "RGB"), ((250, 13), "RGB"), ((12, 8), "L")):
        picture = read(_png(tmp_path / "a.png", points, mode=mode))
        assert picture.metadata.icc is None
        caplog.clear()
        write(picture, tmp_path / "b.png")
        assert "taken for" in caplog.text
    assert read(_png(tmp_path / "a.png", (12, 13), mode="L")).metadata.notes == ()  # of gray, the curve is all


def test_srgb_is_what_it_was(tmp_path: Path) -> None:
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    _image().save(tmp_path / "a.png", icc_profile=icc)
    assert read(tmp_path / "a.png").metadata.icc == icc
