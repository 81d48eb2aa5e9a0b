"""Photographs in memory: what is skipped is named, what is cropped was there."""

import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from blindsr import photos as photos_module
from blindsr.errors import BlindSRError, Code
from blindsr.photos import Photos


def unique(height: int, width: int, seed: int = 0) -> torch.Tensor:
    """An image whose pixels are all different."""
    order = torch.randperm(height * width, generator=torch.Generator().manual_seed(seed)).view(height, width)
    return torch.stack([order % 256, order // 256, torch.full_like(order, seed)]).byte()


def test_files_that_cannot_be_used_are_named_and_skipped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "deep").mkdir()
    Image.fromarray(np.zeros((40, 50, 3), np.uint8)).save(tmp_path / "deep" / "good.png")
    Image.fromarray(np.zeros((40, 50), np.uint8)).save(tmp_path / "gray.png")
    Image.fromarray(np.zeros((40, 8, 3), np.uint8)).save(tmp_path / "narrow.png")
    (tmp_path / "text.jpg").write_text("no image")
    whole = (tmp_path / "gray.png").read_bytes()
    (tmp_path / "torn.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "notes.txt").write_text("left alone")
    with caplog.at_level(logging.WARNING):
        photos = Photos.read([tmp_path], smallest=32)
    assert photos.names == ("good.png", "gray.png")
    assert photos.pixels[1].shape == (3, 40, 50)
    assert all(name in caplog.text for name in ("narrow.png", "text.jpg", "torn.png"))
    assert "notes.txt" not in caplog.text
    assert Photos.read([tmp_path], smallest=32, exclude=["g*y.png"]).names == ("good.png",)


def test_many_small_photographs_are_one_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(20):
        Image.new("RGB", (8, 8)).save(tmp_path / f"small{number:02d}.png")
    Image.new("RGB", (40, 40)).save(tmp_path / "large.png")
    with caplog.at_level(logging.WARNING):
        assert Photos.read([tmp_path], smallest=32).names == ("large.png",)
    assert len(caplog.records) == 1
    assert "small00.png" in caplog.text
    assert "17 more" in caplog.text


@pytest.mark.parametrize(
    ("suffix", "kind"), [("jfif", "JPEG"), ("jpe", "JPEG"), ("pgm", "PPM"), ("dib", "BMP"), ("PNG", "PNG")]
)
def test_every_extension_of_a_format_is_found(tmp_path: Path, suffix: str, kind: str) -> None:
    Image.fromarray(np.zeros((40, 50), np.uint8)).save(tmp_path / f"a.{suffix}", format=kind)
    assert Photos.read([tmp_path]).names == (f"a.{suffix}",)


def test_nothing_to_train_on_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.NO_IMAGES.matches):
        Photos.read([tmp_path])
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        Photos.read([tmp_path / "missing"])


def test_orientation_is_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(tmp_path / "a.jpg", exif=exif)
    assert Photos.read([tmp_path]).pixels[0].shape == (3, 30, 20)


def test_sixteen_bits_are_scaled_to_eight(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    Image.fromarray(ramp).save(tmp_path / "deep.png")
    expected = torch.from_numpy((ramp / 257.0).round().astype(np.uint8))
    assert torch.equal(Photos.read([tmp_path]).pixels[0], expected.expand(3, 64, 64))


@settings(deadline=None, max_examples=30)
@given(st.integers(8, 20), st.integers(8, 20), st.integers(1, 8), st.integers(0, 999))
def test_crops_are_pieces_of_a_photograph_in_one_of_eight_positions(h: int, w: int, size: int, seed: int) -> None:
    photos = Photos(("a", "b"), (unique(h, w, 0), unique(h, w, 1)))
    (crop,) = photos.crops(1, size, torch.Generator().manual_seed(seed))
    levels = (crop * 255).round().byte()
    photo = photos.pixels[int(levels[2, 0, 0])]
    found = False
    for turned in (levels, levels.transpose(1, 2)):
        for axes in ((), (1,), (2,), (1, 2)):
            view = turned.flip(axes) if axes else turned
            places = photo.unfold(1, size, 1).unfold(2, size, 1).movedim(0, 2)
            found |= bool((places == view).flatten(2).all(2).any())
    assert found


def test_every_position_photograph_and_orientation_occurs() -> None:
    photos = Photos(("a", "b"), (unique(3, 3, 0), unique(3, 3, 1)))
    crops = photos.crops(2000, 2, torch.Generator().manual_seed(0))
    assert len(torch.unique(crops.flatten(1), dim=0)) == 2 * 4 * 8


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.integers(7, 20), st.integers(7, 20)), min_size=1, max_size=4), st.integers(1, 7))
def test_crops_cut_on_a_device_equal_those_cut_on_the_cpu(shapes: list[tuple[int, int]], size: int) -> None:
    """The CPU takes the part of the device."""
    pixels = tuple(unique(*shape, seed=i) for i, shape in enumerate(shapes))
    photos = Photos(tuple(map(str, range(len(shapes)))), pixels)
    resident = photos_module._Resident.of(pixels, torch.device("cpu"))
    cut = photos._crops_of(resident, 40, size, torch.Generator().manual_seed(size))
    assert torch.equal(cut, photos.crops(40, size, torch.Generator().manual_seed(size)))


def test_photographs_that_do_not_fit_stay_on_the_cpu(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(photos_module._Resident, "of", full)
    photos = Photos(("a",), (unique(30, 40),))
    cut = photos.resident(torch.device("meta"))(4, 8, torch.Generator().manual_seed(1))
    assert cut.device.type == "meta"
    assert "stay" in caplog.text


def test_crops_follow_their_generator() -> None:
    photos = Photos(("a",), (unique(30, 40),))
    first = photos.crops(4, 8, torch.Generator().manual_seed(1))
    assert torch.equal(first, photos.crops(4, 8, torch.Generator().manual_seed(1)))
    assert not torch.equal(first, photos.crops(4, 8, torch.Generator().manual_seed(2)))


@given(st.integers(2, 30), st.integers(1, 29))
def test_a_split_is_a_partition(count: int, held: int) -> None:
    photos = Photos(tuple(map(str, range(count))), (torch.zeros(3, 1, 1).byte(),) * count)
    if held >= count:
        with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
            photos.split(held)
        return
    train, validation = photos.split(held)
    assert len(validation) == held
    assert sorted(train.names + validation.names) == sorted(photos.names)
