"""Telling the C library to keep memory changes speed alone."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from blindsr.train.memory import keep_freed_memory, without_denormals


def test_large_tensors_come_and_go_as_before() -> None:
    keep_freed_memory()
    for _ in range(3):
        assert float(torch.ones(4_000_000).sum()) == 4_000_000


def test_denormals_are_zero_inside_and_in_threads_begun_inside() -> None:
    small = torch.tensor([1e-30])
    if not torch.set_flush_denormal(False):
        pytest.skip("this CPU cannot flush denormals")
    with without_denormals(), ThreadPoolExecutor(1) as executor:
        assert float(small * 1e-10) == 0
        assert float(executor.submit(lambda: small * 1e-10).result()) == 0
    assert float(small * 1e-10) > 0
