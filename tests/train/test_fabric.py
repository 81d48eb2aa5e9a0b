"""Fabric as the loop uses it: what a stage is given arrives as it was."""

from typing import Any

import pytest
import torch
from torch import nn

from blindsr.contract import Pairs
from blindsr.degrade.families import Isotropic
from blindsr.errors import BlindSRError, Code
from blindsr.train.fabric import open_fabric


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_batches_arrive_as_they_were_made(precision: Any) -> None:
    seen: list[tuple[Pairs, bool]] = []

    class Noted(nn.Module):
        def forward(self, batch: Pairs) -> dict[str, torch.Tensor]:
            seen.append((batch, torch.is_autocast_enabled("cpu")))
            return {"loss": batch.hr.sum()}

    hr = torch.rand(2, 3, 16, 16, dtype=torch.float64)
    batch = Pairs(hr, hr[..., ::4, ::4], Isotropic(4, 15, noise=(0, 75)).sample(2))
    module = open_fabric("cpu", 1, precision).setup(Noted())
    assert float(module(batch)["loss"]) == pytest.approx(float(hr.sum()))
    ((given, autocast),) = seen
    assert given is batch
    assert autocast == (precision == "bf16")


def test_devices_that_there_are_not_are_refused() -> None:
    with pytest.raises(BlindSRError, check=Code.DEVICE_UNAVAILABLE.matches):
        open_fabric("tpu", 3, "fp32")
