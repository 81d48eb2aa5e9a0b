"""Clips are read with their colours, or refused in one sentence."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from blindsr.errors import BlindSRError, Code
from blindsr.pipeline.options import Options
from blindsr.video import is_video
from blindsr.video.clip import Clip
from blindsr.video.restore import restore_video

av = pytest.importorskip("av", reason="needs the extra video")


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


def _made(path: Path, pixels: Any, codec: str, pixel_format: str, degrees: int = 0) -> Path:
    with av.open(str(path), "w") as output:
        video = output.add_stream(codec, rate=25)
        video.height, video.width = pixels.shape[:2]
        video.pix_fmt = pixel_format
        video.codec_context.options = {"qp": "0"}
        if degrees:
            video.set_display_rotation(degrees)
        for index in range(3):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format=pixel_format)
            frame.pts = index
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
    return path


@pytest.mark.parametrize("height", [48, 720])
@pytest.mark.parametrize(("codec", "pixel_format"), [("libx264rgb", "rgb24"), ("ffv1", "bgr0"), ("ffv1", "gbrp10le")])
def test_rgb_is_read_exactly_and_written_with_a_matrix(
    codec: str, pixel_format: str, height: int, tmp_path: Path
) -> None:
    pixels = np.full((height, 64, 3), (30, 200, 60), np.uint8)
    pixels[:, :32] = (200, 60, 30)
    path = _made(tmp_path / "rgb.mkv", pixels, codec, pixel_format)
    read = Clip(path).picture(next(Clip(path).frames())).to_array(8)
    assert abs(read.astype(int) - pixels).max() <= ("10" in pixel_format)

    restore_video(path, tmp_path / "out.mkv", Options(model="bicubic", scale=1, strength=0))
    result = Clip(tmp_path / "out.mkv")
    made = result.picture(next(result.frames())).to_array(8)[:, 8:24]
    assert not result.rgb
    assert abs(made.astype(int) - pixels[:, 8:24]).max() <= 3


@pytest.mark.parametrize(("degrees", "turns"), [(90, 1), (-90, 3), (180, 2)])
def test_frames_of_phones_are_turned_upright(degrees: int, turns: int, tmp_path: Path) -> None:
    pixels = np.full((32, 48, 3), 60, np.uint8)
    pixels[:16, :16] = 220
    path = _made(tmp_path / "phone.mp4", pixels, "libx264", "yuv420p", degrees)
    restore_video(path, tmp_path / "out.mp4", Options(model="bicubic", scale=2))
    result = Clip(tmp_path / "out.mp4")
    made = result.picture(next(result.frames())).to_array(8)
    upright = np.rot90(pixels, turns)  # counterclockwise, as FFmpeg counts
    assert made.shape == (2 * upright.shape[0], 2 * upright.shape[1], 3)
    assert abs(made[::2, ::2].astype(int) - upright).mean() < 5
