import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from PIL import Image

from blindsr.errors import BlindSRError, Code
from blindsr.images import Metadata, Picture

_SHAPES = st.one_of(
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(2, 4)),
)
_ARRAYS = st.sampled_from([np.uint8, np.uint16]).flatmap(lambda kind: hnp.arrays(kind, _SHAPES))


@given(_ARRAYS)
def test_integers_come_back_exactly(array: NDArray[np.uint8 | np.uint16]) -> None:
    back = Picture.from_array(array).to_array()
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)


def test_gray_is_repeated_in_three_channels() -> None:
    picture = Picture.from_array(np.array([[0, 51], [102, 255]], np.uint8))
    assert picture.metadata.gray
    assert picture.pixels.shape == (3, 2, 2)
    torch.testing.assert_close(picture.pixels[2], torch.tensor([[0, 0.2], [0.4, 1.0]]))


def test_samples_are_clamped_and_rounded_never_truncated() -> None:
    values = torch.tensor([-0.1, 0.999, 1.2]).view(1, 1, 3).expand(3, 1, 3)
    assert Picture(values).to_array()[0, :, 0].tolist() == [0, 255, 255]


def test_floats_stay_as_they_are() -> None:
    array = np.array([[[0.0, 0.123456, 1.0]]])
    torch.testing.assert_close(Picture.from_array(array).pixels.flatten(), torch.tensor([0.0, 0.123456, 1.0]))


@pytest.mark.parametrize(
    ("array", "code"),
    [
        (np.zeros((2, 2, 5), np.uint8), Code.INVALID_VALUE),
        (np.zeros((0, 2, 3), np.uint8), Code.INVALID_VALUE),
        (np.zeros((2, 2, 3), np.int64), Code.INVALID_VALUE),
        (np.full((2, 2, 3), 255.0), Code.INVALID_VALUE),
        (np.full((2, 2, 3), np.nan), Code.INVALID_VALUE),
    ],
)
def test_other_arrays_are_refused(array: NDArray[np.uint8], code: Code) -> None:
    with pytest.raises(BlindSRError, check=code.matches):
        Picture.from_array(array)


def test_shapes_and_depth_are_checked() -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        Picture(torch.zeros(1, 3, 4, 4))
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        Picture(torch.zeros(3, 4, 4), alpha=torch.zeros(1, 4, 5))
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        Picture(torch.zeros(3, 4, 4), metadata=Metadata(bits=12))


def test_a_pil_image_is_turned_upright() -> None:
    samples = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    image = Image.fromarray(samples)
    image.getexif()[0x0112] = 6
    picture = Picture.from_array(image)
    np.testing.assert_array_equal(picture.to_array(), np.rot90(samples, -1))
    assert picture.metadata.exif is not None
    kept = Image.Exif()
    kept.load(picture.metadata.exif)
    assert kept[0x0112] == 1


@pytest.mark.parametrize(("mode", "channels"), [("1", 0), ("P", 3), ("CMYK", 3), ("LA", 2), ("I;16", 0)])
def test_pil_modes(mode: str, channels: int) -> None:
    array = Picture.from_array(Image.new(mode, (3, 2))).to_array()
    assert array.shape == ((2, 3, channels) if channels else (2, 3))
    assert array.dtype == (np.uint16 if mode == "I;16" else np.uint8)


@pytest.mark.parametrize(("mode", "kind"), [("I", "<i4"), ("I;16", "<u2"), ("I;16B", ">u2")])
def test_integers_of_a_pil_image_keep_16_bits(mode: str, kind: str) -> None:
    samples = np.array([[0, 1, 255], [256, 40000, 65535]])
    image = Image.frombytes(mode, (3, 2), samples.astype(kind).tobytes())
    array = Picture.from_array(image).to_array()
    assert array.dtype == np.uint16
    np.testing.assert_array_equal(array, samples)


@pytest.mark.parametrize("value", [-1, 65536])
def test_integers_of_more_bits_are_refused(value: int) -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        Picture.from_array(Image.new("I", (3, 2), value))
