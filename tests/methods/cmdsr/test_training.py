"""Algorithm 1: which loss moves which parameters, when."""

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.contract import ParameterGroup
from blindsr.degrade.resample import resize
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.methods.cmdsr.regression import RegressionRecipe
from blindsr.methods.cmdsr.training import (
    Alternating,
    AlternatingRecipe,
    contrastive_loss,
    dead_outputs,
    principal_share,
    stages,
)
from blindsr.methods.cmdsr.vivid import VividRecipe


def stage(modulation: str = "scale", **changes: Any) -> Alternating:
    torch.default_generator.manual_seed(0)
    sizes = {"blocks": 1, "channels": 8, "support": 4, "patch": 8, "features": 16}
    shape = {name: changes.pop(name) for name in ("features", "denoise") if name in changes}
    net = CMDSR(CMDSRConfig.model_validate({"modulation": modulation, **sizes, **shape}))
    for layer in net.modulated().values():
        layer.modulation.weight.data.normal_()
    values = {"steps": 10, "tasks": 3, "images": 2, "crop": 40, "restored": 4, "update": 2, **changes}
    return Alternating(net, AlternatingRecipe.model_validate(values))


def clean(one: Alternating, seed: int = 0) -> Tensor:
    count, size = one.crops
    coarse = torch.rand(count, 3, 5, 5, generator=torch.Generator().manual_seed(seed))
    return F.interpolate(coarse, (size, size), mode="bilinear")


def run(one: Alternating, step: int) -> dict[str, Tensor]:
    losses: dict[str, Tensor] = one(clean(one), torch.Generator().manual_seed(step), step)
    return losses


def gradients(loss: Tensor, group: ParameterGroup) -> list[Tensor]:
    return [g.clone() for g in torch.autograd.grad(loss, group.parameters, retain_graph=True)]


def test_one_backward_pass_gives_each_network_the_gradient_of_its_own_loss() -> None:
    combined, only_res, only_con = stage(), stage(loss="reconstruction", weight=1 / 255), stage(loss="contrastive")
    base, condition = combined.groups()
    ours = run(combined, 2)["loss"]
    res = run(only_res, 2)["loss"]
    con = run(only_con, 2)
    contrast = con["loss"] - con["reconstruction"]
    for mine, expected in zip(gradients(ours, base), gradients(res, only_res.groups()[0]), strict=True):
        torch.testing.assert_close(mine, expected)
    res_grads, con_grads = gradients(res, only_res.groups()[1]), gradients(contrast, only_con.groups()[1])
    for mine, a, b in zip(gradients(ours, condition), res_grads, con_grads, strict=True):
        torch.testing.assert_close(mine, 0.1 * 255 * a + b, atol=1e-6, rtol=1e-4)
    assert max(float(g.abs().max()) for g in res_grads) > 0
    assert max(float(g.abs().max()) for g in con_grads) > 0


@pytest.mark.parametrize("loss", ["combined", "contrastive", "reconstruction"])
def test_gradients_are_those_of_two_separate_losses(loss: str) -> None:
    """Equation 9 and 5 written out, with the same random choices in the same order and no gradient scaled."""
    one = stage(loss=loss)
    ours = run(one, 2)["loss"]
    hr, others = clean(one).chunk(2)
    source = torch.Generator().manual_seed(2)
    tasks = one.family.sample(3, source).repeat_interleave(2)
    lr = tasks.apply(hr, source)
    support, corners = one.patches(lr, source)
    net = one.method.condition_net
    assert net is not None
    feature = net(support)
    residual = one._reconstruction(hr, lr, corners, feature)
    inner = feature - net(one.patches(tasks.apply(others, source), source)[0])
    again = feature - inner
    contrast = torch.zeros(())
    for i in range(3):
        contrast = contrast + torch.log1p(torch.exp(inner[i].square().sum()))
        for j in {0, 1, 2} - {i}:
            contrast = contrast + torch.log1p(torch.exp(-(feature[i] - again[j]).square().sum())) / 2
    objective = {
        "combined": contrast / 3 + 0.1 * 255 * residual,
        "contrastive": contrast / 3,
        "reconstruction": 0.1 * 255 * residual,
    }[loss]
    base, condition = one.groups()
    for mine, expected in zip(gradients(ours, base), gradients(residual, base), strict=True):
        torch.testing.assert_close(mine, expected)
    for mine, expected in zip(gradients(ours, condition), gradients(objective, condition), strict=True):
        torch.testing.assert_close(mine, expected, atol=1e-6, rtol=1e-4)


def test_the_condition_net_learns_at_every_t0th_step_only() -> None:
    one = stage()
    base, condition = one.groups()
    assert (base.every, condition.every) == (1, 2)
    run(one, 1)["loss"].backward()
    assert all(p.grad is None for p in condition.parameters)
    assert all(p.grad is not None for p in base.parameters)
    run(one, 2)["loss"].backward()
    assert all(p.grad is not None for p in condition.parameters)


def test_groups_cover_every_parameter_once() -> None:
    for one in (stage(), stage(update=0), stage("none"), stage("sft")):
        seen = [id(p) for group in one.groups() for p in group.parameters]
        assert sorted(seen) == sorted(id(p) for p in one.method.parameters())


def test_t0_of_zero_trains_jointly() -> None:
    (group,) = stage(update=0).groups()
    assert group.every == 1
    assert "contrast" in run(stage(update=0), 1)


def test_the_contrastive_loss_by_hand() -> None:
    a, b = torch.tensor([[0.0, 0.0], [3.0, 4.0]]), torch.tensor([[1.0, 0.0], [3.0, 3.0]])
    # inner: 1 and 1; cross: |a0 - b1|^2 = 18, |a1 - b0|^2 = 20
    expected = (2 * math.log1p(math.e) + math.log1p(math.exp(-18)) + math.log1p(math.exp(-20))) / 2
    assert float(contrastive_loss(a, b)) == pytest.approx(expected)


def test_its_minimum_is_ln_2_and_large_distances_do_not_overflow() -> None:
    apart = torch.tensor([[0.0], [30.0]])
    assert float(contrastive_loss(apart, apart)) == pytest.approx(math.log(2))
    assert math.isfinite(float(contrastive_loss(apart, apart.flip(0))))


def test_crops_are_counted_for_both_support_sets() -> None:
    assert stage().crops == (12, 40)


@pytest.mark.parametrize("images", [1, 2, 3, 4])
def test_support_sets_have_n_patches_of_one_task(images: int) -> None:
    one = stage(images=images, restored=4)
    assert math.isfinite(float(run(one, 2)["loss"].detach()))


@pytest.mark.parametrize("images", [1, 2, 4])
def test_support_sets_and_features_belong_to_their_task(images: int) -> None:
    """Photographs of one gray each, so that every patch says which task it came from."""
    one = stage(images=images)
    level = torch.arange(3 * images) // images * 0.25 + 0.2
    lr = level.view(-1, 1, 1, 1).expand(-1, 3, 12, 12)
    support, corners = one.patches(lr, torch.Generator().manual_seed(0))
    assert support.shape == (3, 4, 3, 8, 8)
    torch.testing.assert_close(support.mean((1, 2, 3, 4)), torch.tensor([0.2, 0.45, 0.7]))
    torch.testing.assert_close(support.amax((1, 2, 3, 4)), support.amin((1, 2, 3, 4)))
    seen: list[tuple[Tensor, Tensor]] = []

    def spy(inputs: Tensor, features: Tensor) -> Tensor:
        seen.append((inputs, features))
        return F.interpolate(inputs, scale_factor=4.0)

    one.method.restore_tasks = spy  # type: ignore[method-assign,assignment]
    feature = torch.tensor([0.2, 0.45, 0.7])[:, None].expand(-1, 16)
    hr = F.interpolate(lr, scale_factor=4.0)
    assert float(one._reconstruction(hr, lr, corners, feature)) == pytest.approx(0, abs=1e-6)
    ((inputs, features),) = seen
    assert len(inputs) == 3 * 4
    torch.testing.assert_close(inputs.mean((1, 2, 3)), features[:, 0])


def test_restored_patches_may_be_fewer_than_the_support_set() -> None:
    counts = []
    for restored in (1, 2, 4):
        one = stage(images=1, restored=restored)
        one.method.base.register_forward_pre_hook(lambda _, inputs: counts.append(len(inputs[0])))
        run(one, 1)
    assert counts == [3, 6, 12]


def test_as_many_patches_are_restored_as_the_recipe_says_where_images_do_not_divide_them() -> None:
    one, counts = stage(images=3, restored=4), []
    one.method.base.register_forward_pre_hook(lambda _, inputs: counts.append(len(inputs[0])))
    run(one, 1)
    assert counts == [3 * 4]


def test_the_other_support_set_comes_from_other_photographs() -> None:
    one = stage()
    hr = clean(one)
    changed = hr.clone()
    changed[6:] = changed[6:].flip(0) * 0.3
    first, second = (one(x, torch.Generator().manual_seed(2), 2) for x in (hr, changed))
    assert torch.equal(first["reconstruction"], second["reconstruction"])
    assert float(first["contrast"]) != float(second["contrast"])


def test_inputs_and_targets_show_the_same_place() -> None:
    """A BaseNet that answers with the mean of its input is right if, and only if, patches are aligned."""
    one = stage("none", images=1, restored=4)
    hr = torch.arange(one.crops[0] * 1.0).view(-1, 1, 1, 1).expand(-1, 3, 40, 40) / one.crops[0]
    ramp = hr + torch.linspace(0, 0.05, 40).view(1, 1, -1, 1)
    one.method.restore_tasks = lambda lr, features: F.interpolate(lr, scale_factor=4.0)  # type: ignore[method-assign]
    tasks = one.family.sample(1, 0)
    quiet = type(tasks)(**{**tasks.__dict__, "noise": torch.zeros(1)})
    lr = quiet.repeat_interleave(3).apply(ramp[:3])
    _, corners = one.patches(lr, torch.Generator().manual_seed(0))
    assert float(one._reconstruction(ramp[:3], lr, corners, None)) < 0.005
    wrong = corners.roll(1, 0).flip(2)
    assert float(one._reconstruction(ramp[:3].flip(0), lr, wrong, None)) > 0.02


def test_the_loss_falls_on_a_repeated_batch() -> None:
    one = stage(lr=3e-3)
    _, built, _ = stages(one.method, {"regression": RegressionRecipe(), "stage": one.recipe, "vivid": VividRecipe()})
    assert isinstance(built, Alternating)
    optimiser = torch.optim.Adam(one.method.parameters(), 3e-3)
    losses = []
    for _ in range(40):
        loss = one(clean(one), torch.Generator().manual_seed(0), 1)["loss"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.6 * losses[0]


def test_without_modulation_there_is_only_the_reconstruction() -> None:
    assert set(run(stage("none"), 2)) == {"loss", "reconstruction"}


def test_grain_that_is_to_stay_is_in_the_target() -> None:
    one = stage(images=1)
    one.method.config = one.method.config.model_copy(update={"denoise": 30})
    hr, noise = torch.full((3, 3, 40, 40), 0.5), torch.randn(3, 3, 10, 10, generator=torch.Generator().manual_seed(0))
    target = one.with_grain(hr, noise, torch.tensor([1.0, 0.5, 0.0]))
    torch.testing.assert_close(target[0], hr[0])
    torch.testing.assert_close(2 * (target[1] - hr[1]), 1.2 * resize(noise[1:2], 4)[0])
    assert 0.8 < float((target[2] - hr[2]).std() / noise[2].std()) < 1.1


def share_of_noise_changes(factor: float) -> tuple[float, float]:
    """How much the share of noise to remove changes a result: before training, and after one step of Adam."""
    one = stage(denoise=factor, family="photo")
    one.method = CMDSR(one.method.config)  # with the weights that it begins with
    optimizer = torch.optim.Adam(one.method.base.parameters(), lr=1e-4)
    source = torch.Generator().manual_seed(0)
    lr = torch.rand(1, 3, 16, 16, generator=source)
    feature = torch.rand(1, one.method.config.features, generator=source)

    @torch.no_grad()
    def change() -> float:
        kept, removed = (one.method.restore(lr, one.method.with_denoise(feature, share)) for share in (0.0, 1.0))
        return float((kept - removed).abs().max())

    before = change()
    run(one, 1)["loss"].backward()
    optimizer.step()
    return before, change()


def test_the_share_of_noise_to_remove_is_learned_faster_where_it_is_multiplied() -> None:
    (plain_before, plain), (before, multiplied) = share_of_noise_changes(1), share_of_noise_changes(30)
    assert plain_before == before == 0
    assert multiplied > 10 * plain > 0


def test_shares_of_noise_to_remove_are_drawn_for_each_task() -> None:
    one = stage(tasks=200, denoise=30, family="photo")
    share = one.denoise(torch.Generator().manual_seed(0))
    assert 0.4 < float((share == 1).float().mean()) < 0.6
    assert 0 <= float(share.min()) < 0.1
    assert bool((stage().denoise(torch.Generator()) == 1).all())


def test_directions_alone_are_compared_where_distances_are_normalised() -> None:
    feature, again = (torch.rand(4, 16, generator=torch.Generator().manual_seed(i)) for i in range(2))
    once = contrastive_loss(feature, again, normalised=True)
    torch.testing.assert_close(contrastive_loss(9 * feature, 2 * again, normalised=True), once)
    unit = feature / feature.norm(dim=1, keepdim=True), again / again.norm(dim=1, keepdim=True)
    torch.testing.assert_close(contrastive_loss(*unit), once)


def test_signs_of_a_healthy_feature() -> None:
    feature = torch.randn(8, 10, generator=torch.Generator().manual_seed(0))
    feature[:, :3] = 0
    assert float(dead_outputs(feature)) == pytest.approx(0.3)
    line = torch.arange(8.0)[:, None] * torch.rand(10, generator=torch.Generator().manual_seed(0))
    assert float(principal_share(line)) == pytest.approx(1)
    assert float(principal_share(feature)) < 0.8


def test_the_regression_goes_on_beside_algorithm_1() -> None:
    without, beside = run(stage(features=16), 2), run(stage(features=16, regression=3.0), 2)
    torch.testing.assert_close(beside["loss"], without["loss"] + 3 * beside["regression"])
    assert "regression" not in without
