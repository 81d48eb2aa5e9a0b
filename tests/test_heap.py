"""Freed memory goes back to the system."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
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
