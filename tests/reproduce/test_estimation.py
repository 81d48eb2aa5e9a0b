import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from blindsr.contract import Estimate, Hints
from blindsr.degrade import kernels
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate import data_sets, protocol
from blindsr.inference import Bicubic, Upscaler
from blindsr.reproduce.estimation import measure_estimates


class Guess(Bicubic):
    """Always says the same."""

    def __init__(self, kernel: Tensor, noise: tuple[float, float, float]) -> None:
        super().__init__(2)
        self.said = Estimate(kernel, torch.tensor(noise), 1.0, "bicubic")
        self.oracle_hints: list[Any] = []

    def condition(self, lr: Tensor, *, generator: torch.Generator, hints: Hints = Hints()) -> None:
        self.oracle_hints.append(hints.given())

    def estimate(self, condition: None) -> Estimate:
        return self.said


def test_the_truth_has_no_error(hr_folder: Path) -> None:
    guess = Guess(kernels.gaussian(15, 1.3), (15.0, 15.0, 15.0))
    for errors in measure_estimates(Upscaler(guess, device="cpu"), protocol("dmsr-1.3-15-x2"), data_sets(hr_folder)):
        assert errors.width == pytest.approx(errors.width_found)
        assert errors.width == pytest.approx(1.3, abs=0.02)
        assert (errors.width_error, errors.noise_error, errors.kernel_error) == pytest.approx((0, 0, 0), abs=1e-6)
    assert not any(guess.oracle_hints)


def test_errors_are_absolute_and_over_channels(hr_folder: Path) -> None:
    guess = Guess(kernels.gaussian(21, 2.0, 1.0), (5.0, 15.0, 30.0))
    (errors, *_) = measure_estimates(Upscaler(guess, device="cpu"), protocol("dmsr-1.3-15-x2"), data_sets(hr_folder))
    assert errors.width_found == pytest.approx(math.sqrt(2.5), abs=0.02)
    assert errors.width_error == pytest.approx(errors.width_found - errors.width)
    assert errors.noise_found == pytest.approx(50 / 3)
    assert errors.noise_error == pytest.approx(25 / 3)
    centred = torch.zeros(21, 21)
    centred[3:18, 3:18] = kernels.gaussian(15, 1.3)
    assert errors.kernel_error == pytest.approx(float((centred - guess.said.kernel).abs().sum()), abs=1e-5)


def test_a_method_without_names_is_refused(hr_folder: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
        measure_estimates(Upscaler(Bicubic(2), device="cpu"), protocol("dmsr-1.3-15-x2"), data_sets(hr_folder))
