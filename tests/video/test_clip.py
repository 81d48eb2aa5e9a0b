"""Clips are read with their colours, or refused in one sentence."""

import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from blindsr.errors import BlindSRError, Code
from blindsr.video import is_video
from blindsr.video.clip import Clip


def test_names() -> None:
    assert is_video("a/b.MP4")
    assert is_video("b.mkv")
    assert not is_video("b.png")


@pytest.mark.parametrize(
    ("how", "conversion"),
    [
        ({"matrix": 1}, (1, False)),
        ({"matrix": 6}, (6, False)),
        ({"matrix": 2}, (6, False)),
        ({"matrix": 1, "full": True}, (1, True)),
        ({"pixel_format": "yuv444p10le"}, (1, False)),
    ],
)
def test_colours(how: dict[str, Any], conversion: tuple[int, bool], clip: Any) -> None:
    path, times = clip(**how)
    opened = Clip(path)
    assert (opened.tags.matrix, opened.tags.full) == conversion
    assert opened.deep == ("10" in how.get("pixel_format", ""))
    assert opened.pixel_format == how.get("pixel_format", "yuv420p")
    frames = list(opened.frames())
    assert [frame.pts for frame in frames] == times
    corner = opened.picture(frames[0]).pixels[:, -4:, -4:].mean((1, 2))
    assert (255 * corner - torch.tensor([60.0, 90.0, 160.0])).abs().max() < 3  # of 8 bits, and FFmpeg rounds down
    assert next(opened.frames(times[8])).pts == times[8]


@pytest.mark.parametrize("name", ["clip.mkv", "clip.mp4", "clip.ts"])
def test_frames_are_found_again(name: str, clip: Any) -> None:
    path, times = clip(name, frames=60, cut=30)
    opened = Clip(path)
    whole = [(frame.pts, opened.small(frame).tobytes()) for frame in opened.frames()]
    assert len(whole) == len(times)
    for start in (0, 1, 29, 48, 59):
        found = [(frame.pts, opened.small(frame).tobytes()) for frame in opened.frames(whole[start][0])]
        assert found[0] == whole[start]
        assert [one for _, one in found] == [one for _, one in whole[start:]]
    with pytest.raises(BlindSRError, check=Code.CANNOT_DECODE.matches):
        next(opened.frames(whole[9][0] + 1))


def test_refusals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clip: Any) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    for name in ("text.mp4", "none.mp4"):
        with pytest.raises(BlindSRError, check=Code.CANNOT_DECODE.matches) as caught:
            Clip(tmp_path / name)
        assert "\n" not in str(caught.value)
    path, _ = clip()
    monkeypatch.setattr("blindsr.video.clip._HDR", {1: "PQ"})
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_CONTENT.matches):
        Clip(path)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(BlindSRError, check=Code.MISSING_DEPENDENCY.matches):
        Clip(path)
