"""TIFF's samples and tags, read back by another library."""

import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from blindsr.images import read
from blindsr.images.codecs import tiff
from blindsr.images.picture import Metadata


@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 2), (6, 5, 3), (6, 5, 4)])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_samples_and_tags_come_back(tmp_path: Path, shape: tuple[int, ...], kind: type[np.uint8 | np.uint16]) -> None:
    samples = np.random.default_rng(0).integers(0, np.iinfo(kind).max, shape, kind)
    exif = Image.Exif()
    exif[0x010E] = "a heron"
    exif.get_ifd(0x8769)[0x829D] = 2.8
    path = tmp_path / "a.tif"
    metadata = Metadata(b"profile", exif.tobytes(), None, (300.0, 300.0), 8, len(shape) == 2, "tiff")
    tiff.write(path, [samples], metadata)
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        assert isinstance(page, tifffile.TiffPage)
        assert np.array_equal(page.asarray(), samples)
        assert page.tags["ImageDescription"].value == "a heron"
        assert page.iccprofile == b"profile"
        assert page.get_resolution("INCH") == (300.0, 300.0)
        assert page.tags["ExifTag"].value["FNumber"] == pytest.approx(2.8)


@pytest.mark.parametrize("encoding", ["utf-8", "latin1"])
def test_texts_keep_their_bytes(tmp_path: Path, encoding: str) -> None:
    artist, owner = "Zoë".encode(encoding), "Noël".encode(encoding)
    tags = [(0x013B, 2, 0, artist, True)]
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 4), np.uint8), photometric="minisblack", extratags=tags)
    block = read(tmp_path / "a.tif").metadata.exif
    assert block is not None
    assert artist in block
    known = Image.Exif()
    known.get_ifd(0x8769)[0xA430] = "owner is here"
    metadata = Metadata(exif=known.tobytes().replace(b"owner is here", owner.ljust(13, b"\0")))
    tiff.write(tmp_path / "b.tif", [np.zeros((4, 4, 3), np.uint8)], metadata)
    assert owner in (tmp_path / "b.tif").read_bytes()


def test_a_damaged_directory_is_left_out(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8769)[0x8827] = 400
    good, bad = struct.pack(">HHI", 0x8827, 3, 1), struct.pack(">HHI", 0x0100, 2, 4)  # the width as a text
    assert good in exif.tobytes()
    block = exif.tobytes().replace(good, bad)
    path = tmp_path / "a.tif"
    tiff.write(path, [np.zeros((4, 4, 3), np.uint8)], Metadata(exif=block))
    with tifffile.TiffFile(path) as file:
        assert file.pages.first.tags["Make"].value == "Maker"


def test_no_directory_is_made_up_and_no_pointer_left_over(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8769).update({0x8827: 400, 0xA005: 1234})
    tiff.write(tmp_path / "a.tif", [np.zeros((4, 4, 3), np.uint8)], Metadata(exif=exif.tobytes()))
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert set(file.pages.first.tags["ExifTag"].value) == {"ISOSpeedRatings"}
    plain = [(0x010F, 2, 0, "Maker", True)]
    tifffile.imwrite(tmp_path / "b.tif", np.zeros((4, 4), np.uint8), photometric="minisblack", extratags=plain)
    block = read(tmp_path / "b.tif").metadata.exif
    kept = Image.Exif()
    kept.load(block or b"")
    assert kept[0x010F] == "Maker"
    assert not {0x8769, 0x8825} & set(kept)


def test_every_page_has_the_profile_and_the_resolution(tmp_path: Path) -> None:
    pages = [np.zeros((4, 4, 3), np.uint8)] * 2
    tiff.write(tmp_path / "a.tif", pages, Metadata(icc=b"profile", dpi=(300.0, 150.0)))
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert len(file.pages) == 2
        for page in file.pages:
            assert isinstance(page, tifffile.TiffPage)
            assert page.iccprofile == b"profile"
            assert page.get_resolution("INCH") == (300.0, 150.0)
