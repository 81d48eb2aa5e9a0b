"""GIF files, read back by another library."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageSequence

from blindsr.images import gif


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


def test_one_frame_is_no_animation(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(gif.encode([np.zeros((4, 4), np.uint8)]))
    with Image.open(tmp_path / "a.gif") as image:
        assert getattr(image, "n_frames", None) == 1
        assert image.size == (4, 4)
