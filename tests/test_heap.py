"""Freed memory goes back to the system."""

import json
import mmap
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from blindsr import heap

needs_glibc = pytest.mark.skipif(heap._malloc_trim is None, reason="the C library has no malloc_trim")


@needs_glibc
def test_gaps_between_blocks_in_use_are_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, "_floor", 0)
    # Below the size that glibc maps by itself; every other one stays, so that the end of the heap cannot shrink
    blocks = [np.ones(100_000, np.uint8) for _ in range(4000)]
    kept = blocks[::2]
    full = heap._resident()
    del blocks
    heap.trim()
    assert len(kept) == 2000
    assert heap._resident() < full - 150_000_000


@needs_glibc
def test_little_growth_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(heap, "_malloc_trim", calls.append)
    monkeypatch.setattr(heap, "_floor", 0)
    heap.trim()
    heap.trim()
    assert calls == [0]


def test_other_c_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, "_malloc_trim", None)
    monkeypatch.setattr(heap, "_resident", lambda: 1 / 0)
    heap.trim()


_BATCH = """
import json, resource, sys
from blindsr.cli.main import run
try:
    run(["upscale", sys.argv[1], "-o", sys.argv[2], "--max-memory", "900MB", "--json", "-m", "cmdsr_x4.classic"])
except SystemExit as ending:
    print(json.dumps([ending.code, 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
"""


@pytest.mark.slow
@needs_glibc
def test_the_limit_holds_for_a_batch_of_many_sizes(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    (tmp_path / "in").mkdir()
    for number in range(120):
        samples = generator.integers(0, 256, (*generator.integers(16, 91, 2), 3), dtype=np.uint8)
        Image.fromarray(samples).save(tmp_path / "in" / f"{number:03d}.png")
    arguments = [str(tmp_path / "in"), str(tmp_path / "out")]
    ended = subprocess.run([sys.executable, "-c", _BATCH, *arguments], capture_output=True, text=True, check=True)
    code, peak = json.loads(ended.stdout.splitlines()[-1])
    assert code == 0
    assert peak < 600_000_000  # 890 MB before memory was returned, and more with each image


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_large_tensors_are_like_others_and_go_back_when_they_are_freed(dtype: torch.dtype) -> None:
    before = heap._resident()
    for value in range(3):
        x = heap.empty((3, 4000, 4000), dtype).fill_(value)
        assert x.shape == (3, 4000, 4000)
        assert x.is_contiguous()
        assert float(x[:, ::999, ::999].float().mean()) == value
        assert heap._resident() > before + 90_000_000
        view = x[0, :10]
        del x
        assert bool((view == value).all())
        del view
        assert heap._resident() < before + 50_000_000


def test_systems_without_large_pages_give_tensors_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(mmap, "MADV_HUGEPAGE", raising=False)
    assert heap.empty((4, 1024, 1024), torch.float32).shape == (4, 1024, 1024)
    assert heap.empty((2, 0), torch.float32).shape == (2, 0)
