"""The modulation maps of the weights for classic degradations are used."""

from pathlib import Path
from typing import cast

import pytest
import torch

from blindsr.degrade import kernels
from blindsr.degrade.process import Degradation
from blindsr.evaluate import metrics
from blindsr.images import read
from blindsr.methods.mrda.model import MRDA
from blindsr.weights import load_weights

ORIGINAL = Path(__file__).parents[3] / "examples" / "original.jpg"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "noise"), [("mrda_x4.iso", 0.0), ("mrda_x4.aniso", 10.0)])
@torch.no_grad()
def test_maps_differ_within_an_image_and_a_constant_costs(name: str, noise: float) -> None:
    method = cast("MRDA", load_weights(name).method.eval())
    hr = read(ORIGINAL).pixels[None, :, 60:380, 60:380]
    none = torch.tensor([0])
    lr = Degradation(4, kernels.gaussian(21, torch.tensor([2.4])), torch.tensor([noise]), none, none).apply(hr)
    condition = method.condition(lr, generator=torch.Generator().manual_seed(0))
    maps = method.modulation_maps(lr, condition)
    assert maps is not None
    assert float(maps.std((1, 2)).mean()) > 0.02
    before = float(metrics.psnr(method.restore(lr, condition), hr, metrics.luma_convention(4)))
    for layer in method.rdan.regions():
        assert layer.bias is not None
        layer.weight.zero_()
        layer.bias.zero_()  # a map of 0.5
    assert float(metrics.psnr(method.restore(lr, condition), hr, metrics.luma_convention(4))) < before - 0.03
