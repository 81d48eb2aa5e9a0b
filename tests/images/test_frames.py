"""Animations and pages, beside what other libraries make of the same files."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps, ImageSequence

from blindsr.errors import BlindSRError, Code
from blindsr.images import Frames, Metadata, Picture, is_animated, read, read_file, write, write_frames

_TIMES = (50, 100, 200)


def _animation(alpha: bool = False) -> Frames:
    frames = [np.full((8, 10, 4 if alpha else 3), 80 * n, np.uint8) for n in range(3)]
    if alpha:
        for one in frames:
            one[..., 3] = 255
            one[:4, :, 3] = 0
    return Frames(frames, Metadata(), _TIMES, plays=2)


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp"])
def test_an_animation_comes_back(tmp_path: Path, name: str, alpha: bool) -> None:
    write_frames(_animation(alpha), tmp_path / name, quality=100)
    assert is_animated(tmp_path / name)
    back = read_file(tmp_path / name)
    assert isinstance(back, Frames)
    assert back.durations == _TIMES
    assert back.plays == 2
    for frame, made in zip(back.samples, _animation(alpha).samples, strict=True):
        assert frame.shape == made.shape
        assert np.abs(frame[5:].astype(int) - made[5:]).max() <= 3  # WebP loses a little
        assert not alpha or (frame[:4, :, 3] == 0).all()


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp"])
def test_another_library_reads_it_alike(tmp_path: Path, name: str) -> None:
    write_frames(_animation(), tmp_path / name, quality=100)
    with Image.open(tmp_path / name) as image:
        shown = [round(frame.convert("L").info["duration"]) for frame in ImageSequence.Iterator(image)]
    assert tuple(shown) == _TIMES


def test_an_animated_avif_is_read(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (16, 16), (80 * n, 0, 0)) for n in range(3)]
    frames[0].save(tmp_path / "a.avif", save_all=True, append_images=frames[1:], duration=[*_TIMES])
    back = read_file(tmp_path / "a.avif")
    assert isinstance(back, Frames)
    assert back.durations == _TIMES
    assert [abs(int(one[8, 8, 0]) - 80 * n) <= 3 for n, one in enumerate(back.samples)] == [True] * 3
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_CONTENT.matches):
        read(tmp_path / "a.avif")
    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        write_frames(back, tmp_path / "b.avif")


def test_pages_keep_size_depth_and_gray(tmp_path: Path) -> None:
    pages = [np.full((4, 5), 1000, np.uint16), np.full((6, 3), 65535, np.uint16)]
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for page in pages:
            file.write(page, photometric="minisblack", resolution=(300, 300), resolutionunit="INCH")
    found = read_file(tmp_path / "a.tif")
    assert isinstance(found, Frames)
    assert not found.durations
    assert found.metadata.dpi == pytest.approx((300, 300))
    write_frames(found, tmp_path / "b.tif")
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert len(file.pages) == 2
        for number, page in enumerate(pages):
            np.testing.assert_array_equal(file.pages[number].asarray(), page)
        assert file.pages.first.get_resolution("INCH") == pytest.approx((300, 300))
    write_frames(found, tmp_path / "c.tif", bits=8)
    with tifffile.TiffFile(tmp_path / "c.tif") as file:
        assert file.pages[1].asarray().dtype == np.uint8


def test_a_single_picture_is_a_picture(tmp_path: Path) -> None:
    write(Picture.from_array(np.zeros((4, 4, 3), np.uint8)), tmp_path / "a.png")
    assert isinstance(read_file(tmp_path / "a.png"), Picture)
    assert not is_animated(tmp_path / "a.png")
    assert not is_animated(tmp_path / "missing.gif")


def test_where_one_picture_is_wanted_several_are_refused(tmp_path: Path) -> None:
    write_frames(_animation(), tmp_path / "a.png")
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_CONTENT.matches):
        read(tmp_path / "a.png")


def test_what_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        write_frames(_animation(), tmp_path / "a.jpg")
    write_frames(_animation(), tmp_path / "a.gif")
    with pytest.raises(BlindSRError, check=Code.TOO_LARGE.matches):
        read_file(tmp_path / "a.gif", max_pixels=200)
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for _ in range(3):
            file.write(np.zeros((8, 10), np.uint8), photometric="minisblack")
    with pytest.raises(BlindSRError, check=Code.TOO_LARGE.matches):
        read_file(tmp_path / "a.tif", max_pixels=200)


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp"])
def test_damaged_animations_give_a_sentence_or_frames(tmp_path: Path, name: str) -> None:
    write_frames(_animation(), tmp_path / name)
    data = bytearray((tmp_path / name).read_bytes())
    generator = np.random.default_rng(0)
    for _ in range(60):
        mutated = bytearray(data)
        for place in generator.integers(8, len(data), 4):
            mutated[place] = int(generator.integers(256))
        (tmp_path / name).write_bytes(bytes(mutated[: int(generator.integers(20, len(data)))]))
        with suppress(BlindSRError):
            assert isinstance(read_file(tmp_path / name), Frames | Picture)


def test_an_endless_animation_stays_endless_and_one_that_plays_once_does(tmp_path: Path) -> None:
    for plays in (0, 1):
        for name in ("a.gif", "a.png", "a.webp"):
            made = _animation()
            write_frames(Frames(made.samples, made.metadata, made.durations, plays), tmp_path / name)
            back = read_file(tmp_path / name)
            assert isinstance(back, Frames)
            assert back.plays == plays


@pytest.mark.parametrize(("stored", "shown"), [(0, 100), (10, 100), (20, 20), (30, 30)])
def test_delays_are_those_that_viewers_show(tmp_path: Path, stored: int, shown: int) -> None:
    frames = [Image.new("RGB", (4, 4), (80 * n, 0, 0)) for n in range(2)]
    for name in ("a.gif", "a.png"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], duration=stored)
        found = read_file(tmp_path / name)
        assert isinstance(found, Frames)
        assert found.durations == (shown, shown)


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp"])
def test_pages_as_an_animation_have_one_size_and_the_same_channels(tmp_path: Path, name: str) -> None:
    sides = Frames([np.zeros((8, 8), np.uint8), np.zeros((8, 9), np.uint8)])
    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        write_frames(sides, tmp_path / name)
    channels = Frames([np.zeros((8, 8), np.uint8), np.full((8, 8, 4), (200, 0, 0, 0), np.uint8)])
    write_frames(channels, tmp_path / name)
    back = read_file(tmp_path / name)
    assert isinstance(back, Frames)
    assert [one[4, 4, 3] for one in back.samples] == [255, 0]


def test_the_quality_of_frames_is_checked(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        write_frames(_animation(), tmp_path / "a.webp", quality=0)


@pytest.mark.parametrize("name", ["a.png", "a.webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_orientation_turns_every_frame_once(tmp_path: Path, name: str, orientation: int) -> None:
    stored = [np.zeros((16, 32, 3), np.uint8) for _ in range(2)]
    for one, level in zip(stored, (100, 250), strict=True):
        one[:8, :8] = level  # the corner and the shape tell all eight apart together
        one[8:, :8, 0] = level
    images = [Image.fromarray(one) for one in stored]
    said = Image.Exif()
    said[0x0112], said[0x010F] = orientation, "Maker"
    images[0].save(tmp_path / name, save_all=True, append_images=images[1:], exif=said.tobytes(), lossless=True)
    found = read_file(tmp_path / name)
    assert isinstance(found, Frames)
    for frame, image in zip(found.samples, images, strict=True):
        image.getexif()[0x0112] = orientation
        np.testing.assert_array_equal(frame, np.asarray(ImageOps.exif_transpose(image)))
    kept = Image.Exif()
    kept.load(found.metadata.exif or b"")
    assert (kept.get(0x0112, 1), kept[0x010F]) == (1, "Maker")
    write_frames(found, tmp_path / "b.webp")


def test_an_animated_webp_keeps_its_xmp(tmp_path: Path) -> None:
    made = _animation()
    write_frames(Frames(made.samples, Metadata(xmp=b"<x:xmpmeta/>"), made.durations), tmp_path / "a.webp")
    back = read_file(tmp_path / "a.webp")
    assert back.metadata.xmp == b"<x:xmpmeta/>"


@pytest.mark.parametrize("count", [1, 2])
def test_a_still_that_an_animation_hides_is_no_frame(tmp_path: Path, count: int) -> None:
    frames = [Image.new("RGB", (8, 4), colour) for colour in ("red", "blue")][:count]
    still = Image.new("RGB", (8, 4), "white")
    still.save(tmp_path / "a.png", save_all=True, append_images=frames, default_image=True, duration=50)
    back = read_file(tmp_path / "a.png")
    assert isinstance(back, Frames) == (count == 2)
    if isinstance(back, Frames):
        assert [one[0, 0].tolist() for one in back.samples] == [[255, 0, 0], [0, 0, 255]]
        assert back.durations == (50, 50)
