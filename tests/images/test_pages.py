"""How many pictures files of each kind hold."""

import struct
from pathlib import Path

import numpy as np
import pytest
import pyvips
import tifffile
from PIL import Image

from blindsr.errors import BlindSRError, Code
from blindsr.images import Frames, Picture, read, read_file
from blindsr.images.pages import decode_error, pages
from blindsr.images.picture import Format
from blindsr.images.strips import Strips


@pytest.mark.parametrize(("kind", "name"), [("gif", "a.gif"), ("png", "a.png"), ("webp", "a.webp")])
@pytest.mark.parametrize("count", [1, 3])
def test_frames_are_counted(tmp_path: Path, kind: Format, name: str, count: int) -> None:
    frames = [Image.new("RGB", (8, 8), (40 * n, 0, 0)) for n in range(count)]
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], duration=100)
    assert pages(tmp_path / name, kind) == list(range(count))


def test_smaller_versions_of_a_page_are_no_pages(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for side, reduced in ((16, 0), (8, 1), (16, 0), (8, 1)):
            file.write(np.zeros((side, side, 3), np.uint8), photometric="rgb", subfiletype=reduced)
    assert pages(tmp_path / "a.tif", "tiff") == [0, 2]


def test_a_small_version_may_come_first(tmp_path: Path) -> None:
    large = np.full((16, 16, 3), 200, np.uint8)
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(large[:4, :4], photometric="rgb", subfiletype=1)
        file.write(large, photometric="rgb")
    assert pages(tmp_path / "a.tif", "tiff") == [1]
    for picture in (read(tmp_path / "a.tif"), read_file(tmp_path / "a.tif"), Strips(tmp_path / "a.tif").rows(0, 16)):
        assert isinstance(picture, Picture)
        np.testing.assert_array_equal(picture.to_array(), large)


@pytest.mark.parametrize("count", [1, 3])
def test_pages_that_lead_back_to_the_first_are_read_once(tmp_path: Path, count: int) -> None:
    path, samples = tmp_path / "a.tif", np.full((8, 8, 3), 50, np.uint8)
    with tifffile.TiffWriter(path) as file:
        for _ in range(count):
            file.write(samples, photometric="rgb", metadata=None)
    with tifffile.TiffFile(path) as file:
        offsets = [page.offset for page in file.pages]
    data = bytearray(path.read_bytes())
    (tags,) = struct.unpack_from("<H", data, offsets[-1])
    struct.pack_into("<I", data, offsets[-1] + 2 + 12 * tags, offsets[0])
    path.write_bytes(data)
    assert pages(path, "tiff") == list(range(count))
    found = read_file(path)
    shown = found.samples if isinstance(found, Frames) else [found.to_array()]
    assert len(shown) == count
    for one in shown:
        np.testing.assert_array_equal(one, samples)


def test_raw_data_behind_a_small_version_are_refused(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.dng") as file:
        file.write(np.zeros((8, 8, 3), np.uint8), photometric="rgb", subfiletype=1, subifds=1)
        file.write(np.zeros((16, 16), np.uint16), photometric="minisblack")
    for reader in (read, read_file):
        with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_CONTENT.matches):
            reader(tmp_path / "a.dng")


@pytest.mark.parametrize("kind", ["gif", "tiff", "png", "webp", "jpeg"])
def test_what_cannot_be_read_seems_to_be_one(tmp_path: Path, kind: Format) -> None:
    (tmp_path / "a").write_bytes(b"II*\0" + bytes(20))
    assert pages(tmp_path / "a", kind) == [0]


def test_an_avif_without_its_list_of_items_seems_to_be_one(tmp_path: Path) -> None:
    Image.new("RGB", (16, 16)).save(tmp_path / "a.avif")
    (tmp_path / "a.avif").write_bytes((tmp_path / "a.avif").read_bytes().replace(b"iloc", b"free"))
    assert pages(tmp_path / "a.avif", "avif") == [0]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("first\nsecond"), "(first)"),
        (OSError("\n"), "(OSError)"),
        (pyvips.Error("a", "detail\nmore"), "(detail)"),
    ],
)
def test_a_library_s_complaint_becomes_one_line(error: Exception, reason: str) -> None:
    sentence = str(decode_error(Path("a.png"), error))
    assert "\n" not in sentence
    assert sentence.startswith("a.png")
    assert reason in sentence
