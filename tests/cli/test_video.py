"""``blindsr upscale`` of a video."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

av = pytest.importorskip("av", reason="needs the extra video")


def test_a_video(blindsr: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for level in range(4):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 50 * level, np.uint8), format="rgb24")
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    ended = blindsr("upscale", path, "-o", tmp_path / "b.mkv", "-m", "bicubic_x2", "--json", "--crf", 5)
    assert ended.code == 0, ended.err
    line = json.loads(ended.out)
    assert (line["frames"], line["output"]) == (4, str(tmp_path / "b.mkv"))
    again = blindsr("upscale", path, "-o", tmp_path / "b.mkv", "-m", "bicubic_x2")
    assert again.code == 2
    assert again.err.count("\n") == 1
    assert blindsr("upscale", path, "-o", tmp_path / "b.mkv", "--skip-existing").code == 0
    assert blindsr("upscale", path, path, "-o", tmp_path / "c.mkv").code == 2
