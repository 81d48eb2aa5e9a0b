"""Clips that FFmpeg makes through PyAV."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

av = pytest.importorskip("av", reason="needs the extra video")


def _frame(index: int, cut: int, size: tuple[int, int]) -> Any:
    """A colour with a brighter square that moves; another colour after the cut."""
    width, height = size
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:] = (60, 90, 160) if index < cut else (190, 140, 70)
    left = 2 * (index % 8)
    pixels[8:24, left : left + 16] += 40
    return pixels


@pytest.fixture
def clip(tmp_path: Path) -> Any:
    """Makes a clip with a cut, sound, a subtitle, and frames that do not follow each other in equal times."""

    def make(
        name: str = "clip.mkv",
        *,
        frames: int = 12,
        cut: int = 7,
        pixel_format: str = "yuv420p",
        size: tuple[int, int] = (48, 32),
        matrix: int = 1,
        full: bool = False,
    ) -> tuple[Path, list[int]]:
        path, times = tmp_path / name, []
        with av.open(str(path), "w") as output:
            video = output.add_stream("libx264", rate=25)
            video.width, video.height, video.pix_fmt = *size, pixel_format
            video.codec_context.time_base = Fraction(1, 1000)
            video.codec_context.options = {"crf": "1"}
            context = video.codec_context
            context.colorspace, context.color_range, context.color_primaries, context.color_trc = matrix, 1 + full, 1, 1
            sound = output.add_stream("aac", rate=8000)
            sound.layout = "mono"
            output.metadata["title"] = "A clip"
            for index in range(frames):
                made = av.VideoFrame.from_ndarray(_frame(index, cut, size), format="rgb24").reformat(
                    format=pixel_format,
                    dst_colorspace={1: "ITU709", 6: "ITU601", 2: "ITU601"}[matrix],
                    src_color_range="JPEG",
                    dst_color_range="JPEG" if full else "MPEG",
                )
                made.pts, made.time_base = 40 * index + (20 if index % 3 == 1 else 0), Fraction(1, 1000)
                times.append(made.pts)
                output.mux(video.encode(made))
            output.mux(video.encode(None))
            tone = (8000 * np.sin(np.arange(1024 * 4) / 5)).astype(np.int16)[None]
            noise = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
            noise.sample_rate, noise.pts = 8000, 0
            output.mux(sound.encode(noise))
            output.mux(sound.encode(None))
        return path, times

    return make
