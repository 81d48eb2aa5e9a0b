"""Tasks and support sets, which every stage draws alike."""

from typing import Any

import pytest
import torch
from pydantic import ValidationError

from blindsr.degrade import kernels
from blindsr.errors import BlindSRError, Code
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.methods.cmdsr.regression import Regression, RegressionRecipe
from blindsr.methods.cmdsr.tasks import TaskStage, paper_family


def stage(**changes: Any) -> TaskStage:
    net = CMDSR(CMDSRConfig(blocks=1, channels=8, support=5, patch=8, features=8))
    values = {"tasks": 3, "images": 2, "crop": 40, **changes}
    return Regression(net, RegressionRecipe.model_validate(values))


@pytest.mark.parametrize("images", [1, 2, 3, 5, 8])
def test_support_sets_are_patches_of_the_photographs_of_their_own_task(images: int) -> None:
    """Photographs whose pixels all have the number of their task."""
    one = stage(images=images)
    lr = torch.arange(3.0).repeat_interleave(images).view(-1, 1, 1, 1).expand(-1, 3, 10, 12)
    support, corners = one.patches(lr, torch.Generator().manual_seed(0))
    assert support.shape == (3, 5, 3, 8, 8)
    assert corners.shape == (3 * images, -(-5 // images), 2)
    torch.testing.assert_close(support, torch.arange(3.0).view(-1, 1, 1, 1, 1).expand_as(support))
    assert int(corners.min()) >= 0
    assert bool((corners.amax((0, 1)) <= torch.tensor([2, 4])).all())


def test_every_photograph_is_in_a_support_set_that_they_do_not_divide() -> None:
    one = stage(images=3)
    lr = torch.arange(9.0).view(-1, 1, 1, 1).expand(-1, 3, 10, 12)
    support, _ = one.patches(lr, torch.Generator().manual_seed(0))
    assert support[0, :, 0, 0, 0].tolist() == [0, 1, 2, 0, 1]
    assert support[2, :, 0, 0, 0].tolist() == [6, 7, 8, 6, 7]


def test_validation_does_not_draw_from_the_pool() -> None:
    one = stage(pool=2)
    assert len(set(one.family.sample(20, 0).noise.tolist())) == 2
    assert len(set(one.validation_family.sample(20, 0).noise.tolist())) == 20


def test_a_step_takes_all_photographs_of_all_tasks() -> None:
    assert stage().crops == (6, 40)


def test_a_fixed_pool_is_drawn_once() -> None:
    one = stage(pool=8)
    levels = {float(v) for seed in range(30) for v in one.family.sample(3, seed).noise}
    assert len(levels) == 8


def test_crops_that_hold_no_patch_get_one_sentence() -> None:
    with pytest.raises(BlindSRError, check=Code.TOO_SMALL.matches):
        stage(steps=1, crop=16)
    assert stage(steps=0, crop=16).crops[1] == 16  # left out


def test_pairs_of_tasks_share_their_blur_or_everything_else() -> None:
    one = stage(tasks=8, alike=True, family="photo")
    tasks = one.draw(torch.Generator().manual_seed(0))
    even, odd = slice(0, None, 2), slice(1, None, 2)
    same_blur = (tasks.kernels[even] == tasks.kernels[odd]).flatten(1).all(1)
    same_noise = tasks.noise[even] == tasks.noise[odd]
    assert same_blur.tolist() == [True, True, False, False]
    assert same_noise[2:].all()
    assert not same_noise[:2].all()
    assert len(set(tasks.seeds.tolist())) == 8
    apart = stage(tasks=8, family="photo").draw(torch.Generator().manual_seed(0))
    assert torch.equal(apart.kernels[even], tasks.kernels[even])


def test_a_recipe_may_narrow_noise_and_blur() -> None:
    """Table II is without noise."""
    one = stage(noise_range=(0, 0), width_range=(0.2, 0.5), tasks=20)
    drawn = one.family.sample(20, 0)
    assert float(drawn.noise.abs().max()) == 0
    widest = kernels.gaussian(15, 0.5)
    assert float(drawn.kernels[:, 7, 7].min()) >= float(widest[7, 7]) - 1e-6
    clean = torch.rand(40, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    losses = one(clean, torch.Generator().manual_seed(0), 1)
    assert bool(losses["loss"].isfinite())
    assert float(stage(noise_range=(10, 20), pool=4).family.sample(9, 0).noise.min()) >= 10
    with pytest.raises(ValidationError, match="family 'cmdsr'"):
        stage(family="photo", noise_range=(0, 10))


def test_degradations_are_those_of_the_paper() -> None:
    family = paper_family(4)
    assert (family.std, family.step, family.noise) == ((0.2, 4.0), 0.1, (0, 75))
    assert paper_family(2).std == (0.2, 2.0)
    assert family.sample(2, 0).kernels.shape == (2, 15, 15)
