from pathlib import Path
from typing import Literal

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from blindsr.contract import Traits
from blindsr.errors import BlindSRError, Code
from blindsr.inference import Bicubic
from blindsr.inference.upscaler import TILES, Upscaler
from blindsr.pipeline import memory


@pytest.mark.parametrize(
    ("text", "expected"), [("2GB", 2 * 10**9), ("1.5g", 15 * 10**8), ("900 MB", 9 * 10**8), ("3GiB", 3 * 2**30)]
)
def test_memory_as_people_write_it(text: str, expected: int) -> None:
    assert memory.parse_memory(text) == expected


@pytest.mark.parametrize("text", ["", "much", "2XB", "-1GB", "100MB", "0"])
def test_what_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        memory.parse_memory(text)


def test_auto_is_most_of_what_is_free() -> None:
    assert memory.parse_memory("auto") <= max(memory.available(), 900_000_000)


def _tell(root: Path, files: dict[str, str]) -> None:
    for name, text in {"proc/meminfo": "MemTotal: 9000 kB\nMemFree: 7 kB\nMemAvailable:    8000 kB\n", **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


_V1 = {"limit_in_bytes": "3000000\n", "usage_in_bytes": "1000000\n", "stat": "total_inactive_file 500000\n"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 8000 * 1024),  # and not what nothing uses, for copies of files make room
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, 8000 * 1024),
        (
            {
                "proc/self/cgroup": "0::/a/b\n",
                "sys/fs/cgroup/a/memory.max": "5000000\n",
                "sys/fs/cgroup/a/memory.current": "4000000\n",
                "sys/fs/cgroup/a/memory.stat": "anon 1\ninactive_file 300000\n",
            },
            1_300_000,
        ),
        (
            {
                "proc/self/cgroup": "3:cpu:/x\n4:memory:/docker/x\n0::/x\n",
                **{f"sys/fs/cgroup/memory/memory.{name}": text for name, text in _V1.items()},
            },
            2_500_000,
        ),
    ],
)
def test_what_is_free_is_what_can_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], expected: int
) -> None:
    _tell(tmp_path, files)
    monkeypatch.setattr(memory, "_SYSTEM", tmp_path)
    assert memory.available() == expected


def test_other_systems_tell_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_SYSTEM", tmp_path)
    assert memory.available() > 0


def upscaler_of(*, floats_per_pixel: int = 1000, margin: int = 40, tile: int | Literal["auto"] = "auto") -> Upscaler:
    upscaler = Upscaler(Bicubic(4), device="cpu", tile=tile)
    upscaler.method.__class__ = type("Heavy", (Bicubic,), {"traits": Traits(4, margin, floats_per_pixel)})
    return upscaler


def test_more_pixels_need_more() -> None:
    upscaler = upscaler_of()
    small, large = memory.bytes_needed(upscaler, 1000, 1000, 4), memory.bytes_needed(upscaler, 6000, 4000, 4)
    assert small < 2 * 10**9 < large
    assert memory.bytes_needed(upscaler_of(floats_per_pixel=2000), 1000, 1000, 4) > small
    assert memory.bytes_needed(upscaler_of(floats_per_pixel=0), 1000, 1000, 4) == memory.bytes_for_whole(10**6, 4)


@pytest.mark.parametrize("limit", [10**9, 2 * 10**9, 8 * 10**9])
def test_tiles_of_strips_grow_with_memory_and_shrink_with_width(limit: int) -> None:
    upscaler = upscaler_of(tile=1024)
    at = memory.strip_tile(upscaler, 6000, limit)
    assert at in TILES
    assert at <= memory.strip_tile(upscaler, 6000, 2 * limit)
    assert at >= memory.strip_tile(upscaler, 60000, limit)
    assert at >= memory.strip_tile(upscaler_of(tile=1024, floats_per_pixel=4000), 6000, limit)


@given(
    width=st.integers(1, 3000),
    height=st.integers(1, 3000),
    room=st.integers(0, 10**10),
    tile=st.integers(1, 2000),
    floats_per_pixel=st.integers(0, 5000),
)
def test_features_of_the_largest_tile_that_fits_fit(
    width: int, height: int, room: int, tile: int, floats_per_pixel: int
) -> None:
    upscaler = upscaler_of(tile=tile, floats_per_pixel=floats_per_pixel)
    side = memory.fitting_tile(upscaler, width, height, room)
    assert side <= tile
    seen = min(width, side + 80) * min(height, side + 80)
    assert seen * floats_per_pixel * 4 <= room or side <= TILES[-1]
    upscaler.device = torch.device("cuda")  # whose memory is another one
    assert memory.fitting_tile(upscaler, width, height, room) == min(tile, TILES[0])


def test_sides() -> None:
    assert memory.side_of(100) == 10
