from typing import Any

import pytest
import torch
from pydantic import TypeAdapter, ValidationError

from blindsr.benchmark import steps
from blindsr.benchmark.steps import Step
from blindsr.errors import BlindSRError, Code


def parsed(*values: dict[str, Any]) -> list[Step]:
    return TypeAdapter(list[Step]).validate_python(list(values))


def test_steps_follow_each_other() -> None:
    x = torch.arange(3 * 8 * 8).view(3, 8, 8) % 256
    found = steps.apply_steps(
        parsed({"step": "reduce", "scale": 2, "mode": "direct"}, {"step": "quantise"}), x, {}, "s"
    )
    assert torch.equal(found, x[:, ::2, ::2].to(torch.uint8))


def test_each_noise_has_its_own_draw() -> None:
    x = torch.full((3, 6, 6), 128)
    noise, last = {"step": "noise", "std": 8.0}, {"step": "quantise"}
    once = steps.apply_steps(parsed(noise, last), x, {}, "s").int() - 128
    twice = steps.apply_steps(parsed(noise, noise, last), x, {}, "s").int() - 128
    assert not torch.equal(twice, 2 * once)
    assert torch.equal(steps.apply_steps(parsed(noise, last), x, {}, "s").int() - 128, once)
    assert not torch.equal(steps.apply_steps(parsed(noise, last), x, {}, "t").int() - 128, once)


@pytest.mark.parametrize(
    "value",
    [
        {"step": "noise", "std": 0.001},
        {"step": "shot", "strength": 1 / 3},
        {"step": "jpeg", "quality": 0},
        {"step": "reduce", "scale": 2, "speed": 1},
        {"step": "melt"},
    ],
)
def test_what_cannot_be_exact_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        parsed(value)


def test_results_are_8_bit_and_kernels_exist() -> None:
    x = torch.zeros(3, 8, 8)
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        steps.apply_steps(parsed({"step": "noise", "std": 1}), x, {}, "s")
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        steps.apply_steps(parsed({"step": "blur", "kernel": "k", "border": "wrap"}, {"step": "quantise"}), x, {}, "s")
