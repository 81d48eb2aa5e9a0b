"""Freed memory goes back to the system."""

import numpy as np
import pytest

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
