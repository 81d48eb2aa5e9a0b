"""Torch's defaults, which other code of a program may change, do not change results."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import Tensor

from blindsr.analysis.report import analyze
from blindsr.contract import Hints
from blindsr.degrade import dct, resample
from blindsr.degrade.blur import border_index
from blindsr.inference import Upscaler, upsampling

NAMES = ("cmdsr_x4.photo", "mrda_x4.real", "dmsr_x4.light", "mzsr_x2.bicubic", "bicubic_x4")


@contextmanager
def _dtype(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def _device(name: str) -> Iterator[None]:
    torch.set_default_device(name)
    try:
        yield
    finally:
        torch.set_default_device(None)


@pytest.fixture
def image() -> Tensor:
    return torch.rand(1, 3, 40, 52, generator=torch.Generator().manual_seed(0))


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    for function in (border_index, dct.forward_matrix, dct.inverse_matrix, upsampling._matrix):
        function.cache_clear()
    resample._kept_matrix.cache_clear()


def _restored(name: str, image: Tensor) -> Tensor:
    upscaler = Upscaler(name, device="cpu", guard=False)
    steps = 2 if "steps" in upscaler.method.supported_hints else None
    condition = upscaler.estimate_condition(image[0], Hints(steps=steps))
    upscaler.method.estimate(condition)
    return upscaler.enlarge(image[0], condition).pixels


@pytest.mark.parametrize("name", NAMES)
def test_the_default_device_does_not_matter(name: str, image: Tensor) -> None:
    with _device("meta"):  # which has no values, so nothing may be created there
        made = _restored(name, image)

    assert torch.equal(made, _restored(name, image))


@pytest.mark.parametrize("name", NAMES)
def test_the_default_floating_point_format_does_not_matter(name: str, image: Tensor) -> None:
    with _dtype(torch.float64):
        made = _restored(name, image)

    torch.testing.assert_close(made, _restored(name, image), rtol=0, atol=1e-5)


def test_an_analysis_does_not_depend_on_the_default_device(image: Tensor) -> None:
    with _device("meta"):
        found = analyze(image[0]).to_dict()

    assert found == analyze(image[0]).to_dict()
