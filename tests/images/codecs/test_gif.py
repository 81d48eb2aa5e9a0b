"""GIF files, read back by another library."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from blindsr.errors import BlindSRError, Code
from blindsr.images import read_file
from blindsr.images.codecs import gif


def test_frames_times_and_plays(tmp_path: Path) -> None:
    frames = [np.full((6, 7, 3), value, np.uint8) for value in (0, 100, 250)]
    (tmp_path / "a.gif").write_bytes(gif.encode(frames, [50, 100, 200], plays=3))
    with Image.open(tmp_path / "a.gif") as image:
        assert image.info["loop"] == 2  # two times more
        found = [
            (frame.info["duration"], int(np.asarray(frame.convert("L"))[3, 3]))
            for frame in ImageSequence.Iterator(image)
        ]
    assert found == [(50, 0), (100, 100), (200, 250)]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("writer", ["libvips", "pillow"])
def test_a_file_that_is_cut_inside_a_block_is_noticed(tmp_path: Path, count: int, writer: str) -> None:
    path = tmp_path / "a.gif"
    frames = list(np.random.default_rng(0).integers(0, 256, (count, 30, 40, 3), np.uint8))
    if writer == "libvips":
        path.write_bytes(gif.encode(frames, [50] * count))
    else:
        first, *others = map(Image.fromarray, frames)
        first.save(path, save_all=True, append_images=others, comment=b"hello")
    data = path.read_bytes()
    assert not gif.is_truncated(io.BytesIO(data))
    assert not gif.is_truncated(io.BytesIO(data[:-1]))  # without the trailer
    for share in (0.3, 0.5, 0.9, 0.99):
        path.write_bytes(data[: int(share * len(data))])
        assert gif.is_truncated(io.BytesIO(path.read_bytes()))
        with pytest.raises(BlindSRError, check=Code.CANNOT_DECODE.matches):
            read_file(path)


@given(st.binary(max_size=400))
def test_whatever_follows_ends(data: bytes) -> None:
    gif.is_truncated(io.BytesIO(b"GIF89a" + data))


def test_one_frame_is_no_animation(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(gif.encode([np.zeros((4, 4), np.uint8)]))
    with Image.open(tmp_path / "a.gif") as image:
        assert getattr(image, "n_frames", None) == 1
        assert image.size == (4, 4)
