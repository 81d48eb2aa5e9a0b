"""HEIC files, beside what pillow-heif itself makes of them."""

import sys
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageOps

from blindsr.errors import BlindSRError, Code
from blindsr.images import Metadata, Picture, check_output, read, write


def _smooth() -> Image.Image:
    across = np.linspace(0, 255, 64, dtype=np.uint8)[None, :, None].repeat(48, 0).repeat(3, 2)
    return Image.fromarray(across)


def test_pixels_and_what_the_file_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "maker"
    pillow_heif.from_pillow(_smooth()).save(tmp_path / "a.heic", quality=95, chroma=444, exif=exif.tobytes())
    picture = read(tmp_path / "a.heic")
    assert (picture.width, picture.height, picture.metadata.format) == (64, 48, "heic")
    assert picture.metadata.exif is not None
    assert b"maker" in picture.metadata.exif
    assert np.abs(picture.to_array().astype(int) - np.asarray(_smooth())).mean() < 2


def test_deep_samples_stay_deep(tmp_path: Path) -> None:
    deep = np.linspace(0, 65535, 64, dtype=np.uint16)[None, :, None].repeat(48, 0).repeat(3, 2)
    pillow_heif.from_bytes("RGB;16", (64, 48), deep.tobytes()).save(tmp_path / "a.heic", quality=-1)
    picture = read(tmp_path / "a.heic")
    assert picture.metadata.bits == 16
    assert np.abs(picture.to_array().astype(int) - deep).max() < 300  # 10 or 12 bits are stored


def test_an_orientation_is_applied_once(tmp_path: Path) -> None:
    pillow_heif.register_heif_opener()
    image = _smooth()
    image.getexif()[0x0112] = 6
    image.save(tmp_path / "a.heic", exif=image.getexif().tobytes(), quality=95)
    expected = np.asarray(ImageOps.exif_transpose(image)).astype(int)
    picture = read(tmp_path / "a.heic")
    write(picture, tmp_path / "b.png")
    assert (picture.width, picture.height) == (48, 64)
    assert np.abs(picture.to_array()[::63, ::47].astype(int) - expected[::63, ::47]).max() < 8
    with Image.open(tmp_path / "b.png") as image:
        assert image.getexif().get(0x0112, 1) == 1


def test_damaged_files_give_a_sentence(tmp_path: Path) -> None:
    write(Picture.from_array(np.asarray(_smooth())), tmp_path / "a.heic")
    data = (tmp_path / "a.heic").read_bytes()
    for keep in (40, 200, len(data) - 40):
        (tmp_path / "b.heic").write_bytes(data[:keep])
        with pytest.raises(BlindSRError, check=Code.CANNOT_DECODE.matches):
            read(tmp_path / "b.heic")
    with pytest.raises(BlindSRError, check=Code.TOO_LARGE.matches):
        read(tmp_path / "a.heic", max_pixels=100)


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(Picture.from_array(np.asarray(_smooth())), tmp_path / "a.heic")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(BlindSRError, check=Code.MISSING_DEPENDENCY.matches):
        read(tmp_path / "a.heic")
    with pytest.raises(BlindSRError, check=Code.MISSING_DEPENDENCY.matches):
        write(
            Picture.from_array(
                np.asarray(_smooth()),
            ),
            tmp_path / "b.heic",
        )
    assert not (tmp_path / "b.heic").exists()


@pytest.mark.parametrize("name", ["a.heic", "a.HEIF"])
def test_without_the_extra_a_place_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    check_output(tmp_path / name)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(BlindSRError, check=Code.MISSING_DEPENDENCY.matches):
        check_output(tmp_path / name)


def test_colours_that_alpha_is_multiplied_into_are_divided_by_it(tmp_path: Path) -> None:
    colour = np.full((64, 64, 3), (200, 120, 0), np.uint8)
    alpha = np.linspace(40, 255, 64).astype(np.uint8)[:, None, None].repeat(64, 1)
    multiplied = np.rint(colour * (alpha / 255)).astype(np.uint8)
    data = np.concatenate([multiplied, alpha], axis=2).tobytes()
    pillow_heif.from_bytes("RGBa", (64, 64), data).save(tmp_path / "a.heic", quality=100, chroma=444)
    back = read(tmp_path / "a.heic").to_array().astype(int)
    assert np.abs(back[..., :3] - colour).mean() < 4
    assert np.abs(back[..., 3:] - alpha).max() < 4


def test_metadata_is_written(tmp_path: Path) -> None:
    picture = Picture.from_array(np.asarray(_smooth()))
    made = Picture(picture.pixels, metadata=Metadata(xmp=b"<x:xmpmeta/>"))
    write(made, tmp_path / "a.heic", quality=90)
    assert read(tmp_path / "a.heic").metadata.xmp == b"<x:xmpmeta/>"


def test_resolution_and_xmp_are_those_of_other_kinds(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x011A], exif[0x011B], exif[0x0128] = 300.0, 150.0, 2
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r tiff:Orientation="6"/></x:xmpmeta>'
    pillow_heif.from_pillow(_smooth()).save(tmp_path / "a.heic", exif=exif.tobytes(), xmp=xmp)
    metadata = read(tmp_path / "a.heic").metadata
    assert metadata.dpi == pytest.approx((300, 150))
    assert metadata.xmp == xmp.replace(b'"6"', b'"1"')


def test_white_of_10_bits_is_white(tmp_path: Path) -> None:
    white = np.full((64, 64, 3), 65535, np.uint16)
    pillow_heif.from_bytes("RGB;16", (64, 64), white.tobytes()).save(tmp_path / "a.heic", quality=-1)
    assert read(tmp_path / "a.heic").to_array().max() == 65535
