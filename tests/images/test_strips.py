import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from blindsr import images
from blindsr.errors import BlindSRError, Code
from blindsr.images import Metadata, Picture
from blindsr.images.picture import Samples
from blindsr.images.strips import Strips, Window, resample_strips, write_strips

EXIF = b"II*\0\x08\0\0\0\x01\0\x0f\x01\x02\0\x04\0\0\0abc\0\0\0\0\0"


def samples(bits: int, channels: int, height: int = 70, width: int = 301) -> np.ndarray:
    """Noise above a ramp: samples that do not compress, and differences that do."""
    dtype = np.uint8 if bits == 8 else np.uint16
    array = np.random.default_rng(bits + channels).integers(0, 2**bits, (height, width, channels)).astype(dtype)
    array[height // 2 :] = (np.arange(width) * 7)[None, :, None].astype(dtype)
    return array[..., 0] if channels == 1 else array


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_strips_are_written_as_the_whole_is(suffix: str, bits: int, channels: int, tmp_path: Path) -> None:
    array, path = samples(bits, channels), tmp_path / f"a{suffix}"
    metadata = Metadata(icc=b"profile" * 20, exif=EXIF, xmp=b"<x/>", dpi=(300.0, 200.0), bits=bits, gray=channels < 3)
    write_strips(iter([array[:33], array[33:34], array[34:]]), array.shape, metadata, path)
    whole = tmp_path / f"b{suffix}"
    images.write(Picture(Picture.from_array(array).pixels, Picture.from_array(array).alpha, metadata), whole)
    ours, expected = images.read(path), images.read(whole)
    assert np.array_equal(ours.to_array(), array)
    assert ours.metadata == expected.metadata
    if suffix == ".tif":  # another decoder than that of libvips
        assert all(np.array_equal(tifffile.imread(one), array) for one in (path, whole))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("bits", [8, 16])
def test_smooth_images_are_compressed_by_differences(suffix: str, bits: int, tmp_path: Path) -> None:
    rows, columns = np.arange(400)[:, None], np.arange(600)
    ramp = np.stack([rows + columns, 2 * rows + columns, rows + 2 * columns], 2) * 37  # no two neighbours are equal
    array: Samples = ramp.astype(np.uint8) if bits == 8 else ramp.astype(np.uint16)
    path = tmp_path / f"a{suffix}"
    write_strips(iter([array[:150], array[150:]]), array.shape, Metadata(bits=bits), path)
    images.write(Picture.from_array(array), tmp_path / f"b{suffix}", bits=bits)
    for one in (path, tmp_path / f"b{suffix}"):
        assert one.stat().st_size < 0.1 * array.nbytes


@given(data=st.data())
@settings(max_examples=25)
def test_a_window_shows_the_rows_that_it_is_asked_for(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("strips") / "a.png"
    array = samples(8, 4, height=40, width=9)
    images.write(Picture.from_array(array), path)
    window, top, bottom = Window(Strips(path)), 0, 0
    while bottom < 40:
        bottom = data.draw(st.integers(bottom + 1, 40))
        top = data.draw(st.integers(top, bottom - 1))
        assert np.array_equal(window.rows(top, bottom).to_array(), array[top:bottom])


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_strips_are_what_the_whole_says(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    images.write(Picture.from_array(samples(8, 3)), path)
    strips, whole = Strips(path), images.read(path)
    assert (strips.width, strips.height, strips.channels) == (301, 70, 3)
    assert strips.metadata == whole.metadata
    torch.testing.assert_close(strips.rows(0, 70).pixels, whole.pixels)


def test_a_part_of_some_rows(tmp_path: Path) -> None:
    array, path = samples(16, 3), tmp_path / "a.png"
    images.write(Picture.from_array(array), path)
    assert np.array_equal(Strips(path).rows(5, 9, 20, 31).to_array(), array[5:9, 20:31])


def test_turned_images_are_upright(tmp_path: Path) -> None:
    turned = tmp_path / "turned.jpg"
    image = Image.fromarray(samples(8, 3))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(turned, exif=exif, quality=100)
    strips, whole = Strips(turned), images.read(turned)
    assert (strips.width, strips.height) == (70, 301)
    torch.testing.assert_close(strips.rows(0, 301).pixels, whole.pixels)


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", Code.UNSUPPORTED_FORMAT), (b"no image at all", Code.UNSUPPORTED_FORMAT), (b"BM1", Code.UNSUPPORTED_FORMAT)],
)
def test_other_files_are_refused(content: bytes, code: Code, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(BlindSRError, check=code.matches):
        Strips(path)


def test_a_name_need_not_be_utf8(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    Image.new("RGB", (4, 4), "red").save(path)
    assert Strips(path).rows(0, 4).pixels[0].min() == 1


def test_missing_and_damaged_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        Strips(tmp_path / "none.png")
    path = tmp_path / "a.png"
    images.write(Picture.from_array(samples(8, 3)), path)
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(BlindSRError, check=Code.CANNOT_DECODE.matches):
        Strips(path).rows(0, 70)


def test_floats_are_resampled_between_black_and_white(tmp_path: Path) -> None:
    edge = np.zeros((20, 20, 3), np.float32)
    edge[:, 10:] = 1
    tifffile.imwrite(tmp_path / "a.tif", edge, photometric="rgb")
    made = np.concatenate(list(resample_strips(tmp_path / "a.tif", 37, 37, 32)))
    assert made.shape == (37, 37, 3)
    assert (made.min(), made.max()) == (0, 1)
