"""The stage before Algorithm 1: what a part of the feature learns to stand for."""

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from blindsr.degrade.families import Isotropic
from blindsr.degrade.process import Degradation
from blindsr.errors import BlindSRError, Code
from blindsr.methods.cmdsr import regression
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.methods.cmdsr.regression import Regression, RegressionRecipe, interpolation_weights, labels
from blindsr.train import recipe as recipes


def stage(modulation: str = "scale", **changes: Any) -> Regression:
    torch.default_generator.manual_seed(0)
    sizes = {"blocks": 1, "channels": 8, "support": 4, "patch": 16, "features": 32}
    net = CMDSR(CMDSRConfig.model_validate({"modulation": modulation, **sizes}))
    values = {"steps": 10, "tasks": 4, "images": 1, "crop": 96, **changes}
    return Regression(net, RegressionRecipe.model_validate(values))


def textured(one: Regression, seed: int = 0) -> Tensor:
    count, size = one.crops
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(seed))


@given(st.lists(st.floats(-5, 80), min_size=1, max_size=20))
def test_hats_interpolate_linearly(values: list[float]) -> None:
    points = (0.0, 10.0, 30.0, 75.0)
    weights = interpolation_weights(torch.tensor(values, dtype=torch.float64), points)
    assert bool((weights >= 0).all())
    torch.testing.assert_close(weights.sum(1), torch.ones(len(values), dtype=torch.float64))
    for corner in ((1.0, -2.0, 5.0, 0.5), points):
        expected = np.interp(values, points, corner)
        np.testing.assert_allclose(weights.numpy() @ np.array(corner), expected, atol=1e-9)


def test_labels_tell_noise_and_width() -> None:
    one = stage(noise=(0, 50), width=(1.0, 2.0))
    tasks = Isotropic(4, 21, noise=(25, 25), std=(1.5, 1.5)).sample(3, 0)
    noise = tasks.draw_noise((3, 3, 64, 64), torch.zeros(1))
    noise *= 25 / 255 / noise.flatten(1).std(1).view(-1, 1, 1, 1)
    torch.testing.assert_close(labels(tasks, noise, one.recipe), torch.full((3, 4), 0.5), atol=1e-3, rtol=0)


def test_labels_tell_the_quality_of_jpeg() -> None:
    one = stage(noise=(0, 50), width=(1.0, 2.0), jpeg=(40, 80, 100))
    tasks = dataclasses.replace(Isotropic(4, 21).sample(3, 0), jpeg=torch.tensor([0, 60, 90]))
    found = labels(tasks, torch.zeros(3, 3, 8, 8), one.recipe)[:, 4:]
    torch.testing.assert_close(found, torch.tensor([[0, 0, 1], [0.5, 0.5, 0], [0, 0.5, 0.5]]))


def test_the_loss_compares_the_mean_of_each_part_with_the_nearness() -> None:
    one = stage()
    clean, source = textured(one), torch.Generator().manual_seed(3)
    loss = float(one(clean, torch.Generator().manual_seed(3), 1)["loss"].detach())
    tasks = one.family.sample(4, source)
    lr, noise = tasks.apply_with_noise(clean, source)
    support, _ = one.patches(lr, source)
    assert one.method.condition_net is not None
    feature = one.method.condition_net(support).detach().view(4, 8, 4)  # 8 points, 4 numbers each
    assert loss == pytest.approx(float((feature.mean(2) - labels(tasks, noise, one.recipe)).square().mean()), rel=1e-5)


def test_noise_may_be_drawn_low(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Tensor] = []

    def spy(tasks: Degradation, noise: Tensor, recipe: RegressionRecipe) -> Tensor:
        seen.append(tasks.noise)
        return torch.zeros(4, 8)

    monkeypatch.setattr(regression, "labels", spy)
    for one in (stage(), stage(quiet=3.0)):
        one(textured(one), torch.Generator().manual_seed(0), 1)
    torch.testing.assert_close(seen[1], 75 * (seen[0] / 75) ** 3)


def test_it_learns_to_see_blur() -> None:
    """With little noise, on textures: the part for strong blur answers blurred images more than sharp ones."""
    one = stage(width=(0.2, 3.4), quiet=20.0, lr=3e-3)
    net = one.method.condition_net
    assert net is not None
    optimiser = torch.optim.Adam(net.parameters(), 3e-3)
    for step in range(1, 81):
        loss = one(textured(one, step), torch.Generator().manual_seed(step), step)["loss"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    answers = []
    for width in (0.3, 3.0):
        tasks = Isotropic(4, 15, std=(width, width)).sample(4, 0)
        support, _ = one.patches(tasks.apply(textured(one, 1000)), torch.Generator().manual_seed(0))
        parts = net(support).detach().tensor_split(6, 1)  # four of noise, two of width
        answers.append(parts[5].mean(1))
    assert bool((answers[1] > answers[0] + 0.2).all())


def test_only_the_condition_net_learns() -> None:
    one = stage()
    (group,) = one.groups()
    assert one.method.condition_net is not None
    assert [id(p) for p in group.parameters] == [id(p) for p in one.method.condition_net.parameters()]


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        stage("none")
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        stage(noise=tuple(range(36)))
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        recipes.load_recipe("cmdsr_x4.classic", ["regression.noise=[0, 30, 10]"])
