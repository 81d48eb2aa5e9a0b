"""The condition of the weights for photographs is worth something."""

from pathlib import Path

import pytest
import torch

from blindsr.degrade import kernels
from blindsr.degrade.process import Degradation
from blindsr.evaluate import metrics
from blindsr.images import read
from blindsr.weights import load_weights

ORIGINAL = Path(__file__).parents[3] / "examples" / "original.jpg"
SEEN = {"clean": (0.2, 0.0), "noise": (0.2, 20.0), "blur": (2.8, 0.0)}
"""Width and noise. JPEG is left out: there the condition of these weights gains nothing (see the README)."""


@pytest.mark.slow
def test_the_condition_of_another_degradation_costs_in_every_direction() -> None:
    method = load_weights("cmdsr_x4.photo").method.eval()
    hr = read(ORIGINAL).pixels[None, :, 60:380, 60:380]
    seeds, quality = torch.tensor([7]), torch.tensor([0])
    lrs = {
        name: Degradation(4, kernels.gaussian(21, torch.tensor([width])), torch.tensor([noise]), quality, seeds).apply(
            hr
        )
        for name, (width, noise) in SEEN.items()
    }
    with torch.no_grad():
        known = {name: method.condition(lr, generator=torch.Generator().manual_seed(0)) for name, lr in lrs.items()}
        scores = {
            (name, by): float(metrics.psnr(method.restore(lr, condition), hr, metrics.luma_convention(4)))
            for name, lr in lrs.items()
            for by, condition in known.items()
        }
    costs = {(name, by): scores[name, name] - scores[name, by] for name, by in scores if name != by}
    assert min(costs.values()) > 0.05
    for name in SEEN:
        assert max(cost for (of, _), cost in costs.items() if of == name) > 0.3
