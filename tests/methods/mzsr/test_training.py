from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.func import functional_call

from blindsr.contract import Stage, StageRecipe
from blindsr.degrade import Degradation, Downsampling, kernels, resize
from blindsr.degrade.blur import blur_and_downsample
from blindsr.degrade.families import with_ranges
from blindsr.errors import BlindSRError, Code
from blindsr.methods.mzsr.model import MZSR, MZSRConfig
from blindsr.methods.mzsr.training import (
    Estimate,
    EstimateRecipe,
    KernelFamily,
    Meta,
    MetaRecipe,
    Pretrain,
    PretrainRecipe,
    loss_weights,
    paper_family,
    sample_kernels,
    shrink,
    stages,
)
from blindsr.methods.registry import recipe_files
from blindsr.nn.adapt import Params
from blindsr.train.recipe import load_recipe


def tiny(**config: Any) -> MZSR:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return MZSR(MZSRConfig(**{"layers": 3, "channels": 4, **config}))


def meta(learned_rates: bool = False, **recipe: Any) -> Meta:
    values = {"steps": 10, "tasks": 2, "support": 2, "query": 2, "crop": 16, "unrolled": 2, "rate": 0.5, **recipe}
    return Meta(tiny(learned_rates=learned_rates), MetaRecipe(**values))


def clean(stage: Stage) -> Tensor:
    count, size = stage.crops
    small = torch.rand(count, 3, size // 4, size // 4, generator=torch.Generator().manual_seed(1))
    return resize(small, 4).clamp(0, 1)


def run(stage: Stage, step: int = 1) -> dict[str, Tensor]:
    losses: dict[str, Tensor] = stage(clean(stage), torch.Generator().manual_seed(step), step)
    return losses


def gradients(loss: Tensor, stage: Stage) -> list[Tensor | None]:
    return list(torch.autograd.grad(loss, list(stage.method.parameters()), allow_unused=True))


@pytest.mark.parametrize("first_order", [False, True])
def test_the_meta_step_is_algorithm_1_written_out(first_order: bool) -> None:
    one = meta(first_order=first_order)
    net: nn.Module = one.method.net
    hr = clean(one)
    source = torch.Generator().manual_seed(1)
    tasks = one.family.sample(2, source)
    lr = resize(tasks.repeat_interleave(4).apply(hr, source), 2)
    total = torch.zeros(())
    for task in range(2):
        x, y = lr[4 * task : 4 * task + 4], hr[4 * task : 4 * task + 4]
        params: Params = dict(net.named_parameters())
        for _ in range(2):
            inner = F.l1_loss(functional_call(net, params, (x[:2],)), y[:2])
            slopes = torch.autograd.grad(inner, list(params.values()), create_graph=not first_order)
            params = {name: p - 0.5 * g for (name, p), g in zip(params.items(), slopes, strict=True)}
            total = total + F.l1_loss(functional_call(net, params, (x[2:],)), y[2:]) / 4
    ours = run(one)["loss"]
    torch.testing.assert_close(ours, total)
    expected = torch.autograd.grad(total, list(net.parameters()))
    actual = torch.autograd.grad(ours, list(net.parameters()))
    for mine, theirs in zip(actual, expected, strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-6, rtol=1e-4)


def test_learned_step_sizes_begin_as_the_given_one_and_are_trained() -> None:
    fixed, learned = meta(), meta(learned_rates=True)
    torch.testing.assert_close(run(learned)["loss"], run(fixed)["loss"])
    trained = {group.name: group for group in learned.groups()}
    assert trained["factors"].lr == learned.recipe.factor_lr
    slopes = torch.autograd.grad(run(learned)["loss"], trained["factors"].parameters)
    assert all(bool(slope.abs().sum() > 0) for slope in slopes)
    assert [group.name for group in fixed.groups()] == ["network"]


def test_factors_by_step_are_trained_each_by_its_step() -> None:
    one = Meta(tiny(learned_rates=True, rates_by_step=True, rates=(0.5, 0.5, 0.5)), meta().recipe)
    factors = one.method.log_step_factors
    assert factors is not None
    (slopes,) = torch.autograd.grad(run(one)["loss"], [factors])
    assert bool((slopes[:2].abs().sum(1) > 0).all())  # two inner steps
    assert not slopes[2].any()
    assert any(factors is parameter for group in one.groups() for parameter in group.parameters)


def test_pretraining_makes_another_start_whose_step_sizes_are_not_learned_yet() -> None:
    for steps, kept in ((0, True), (1, False)):
        method = tiny(learned_rates=True)
        method.log_factors[0].data.fill_(2.0)
        Pretrain(method, PretrainRecipe(steps=steps, batch=2, crop=16))
        assert bool((method.log_factors[0] == 2).all()) == kept


def test_muon_is_for_networks_and_not_for_step_sizes() -> None:
    stage = meta(learned_rates=True, muon=0.002)
    assert {group.name: group.muon for group in stage.groups()} == {"network": 0.002, "factors": None}
    pretrain = Pretrain(tiny(), PretrainRecipe(steps=1, muon=0.003))
    assert [group.muon for group in pretrain.groups()] == [0.003]
    estimate = Estimate(tiny(), EstimateRecipe(steps=1, muon=0.004))
    assert [group.muon for group in estimate.groups()] == [0.004]


def test_the_query_is_not_what_was_learned_from() -> None:
    """Support and query photographs differ, and both share the task's kernel."""
    one = meta(tasks=1)
    hr = clean(one)
    base = float(one(hr, torch.Generator().manual_seed(1), 1)["first"])
    changed = hr.clone()
    changed[:2] = changed[:2].flip(3)
    other = float(one(changed, torch.Generator().manual_seed(1), 1)["first"])
    assert other == pytest.approx(base, rel=0.2)
    assert other != base


def test_the_log_tells_the_losses_after_the_first_and_the_last_inner_step() -> None:
    one, two = (run(meta(unrolled=count)) for count in (1, 2))
    torch.testing.assert_close(one["first"], one["loss"].detach())
    assert torch.equal(one["first"], one["last"])
    torch.testing.assert_close(two["first"], one["first"])
    torch.testing.assert_close((two["first"] + two["last"]) / 2, two["loss"].detach())


def test_sons_can_be_the_support() -> None:
    pairs, sons = (float(run(meta(pairs=kind))["last"].detach()) for kind in ("hr", "son"))
    assert pairs != sons


@pytest.mark.parametrize("down", ["direct", "bicubic"])
def test_shrinking_by_a_whole_scale_is_eq_1(down: Downsampling) -> None:
    hr = resize(torch.rand(2, 3, 8, 9, generator=torch.Generator().manual_seed(0)), 4).clamp(0, 1)
    kernel = sample_kernels(1, 2.0, 15, torch.Generator().manual_seed(1))[0]
    lr, shown = shrink(hr, kernel, 2.0, down)
    expected = blur_and_downsample(hr, kernel.expand(2, -1, -1), "symmetric", 2, down).clamp(0, 1)
    torch.testing.assert_close(lr, expected)
    assert torch.equal(shown, hr)


def test_shrinking_by_any_scale_keeps_the_nearest_pixels() -> None:
    ramp = torch.arange(64.0).expand(1, 3, 64, 64) / 64
    lr, shown = shrink(ramp, torch.ones(1, 1), 2.6, "direct")
    assert lr.shape == (1, 3, 24, 24)
    assert shown.shape == (1, 3, 62, 62)
    assert (lr[0, 0, 0] * 64).tolist() == [round(2.6 * i) for i in range(24)]


def test_multi_scale_tasks_have_scales_and_kernels_of_their_own() -> None:
    one = meta(tasks=12, support=1, query=1, scales=(2.0, 4.0), crop=32)
    tasks = one._tasks(clean(one), torch.Generator().manual_seed(0))
    scales = [task.scale for task in tasks]
    assert min(scales) >= 2
    assert max(scales) <= 4
    assert max(scales) - min(scales) > 1
    assert len({task.lr.shape for task in tasks}) > 3
    assert not torch.equal(tasks[0].kernel, tasks[1].kernel)


@pytest.mark.parametrize("pairs", ["hr", "son"])
def test_multi_scale_training_differentiates(pairs: str) -> None:
    one = meta(scales=(2.0, 4.0), crop=64, pairs=pairs)
    slopes = torch.autograd.grad(run(one)["loss"], list(one.method.net.parameters()))
    assert all(bool(slope.abs().sum() > 0) for slope in slopes)


def test_weights_of_the_steps() -> None:
    assert loss_weights(5, 1000, 0) == pytest.approx([0.2] * 5)
    assert loss_weights(5, 50, 100) == pytest.approx([0.1, 0.1, 0.1, 0.1, 0.6])
    assert loss_weights(5, 200, 100) == pytest.approx([0, 0, 0, 0, 1])


def test_pretraining_is_on_bicubic_pairs_or_on_all_kernels() -> None:
    bicubic = Pretrain(tiny(), PretrainRecipe(steps=1, batch=3, crop=16))
    hr = clean(bicubic)
    torch.testing.assert_close(bicubic.family.sample(3).apply(hr) * 255, (resize(hr, 0.5).clamp(0, 1) * 255).round())
    every = Pretrain(tiny(), PretrainRecipe(steps=1, batch=3, crop=16, kernels="all"))
    kernels = every.family.sample(3).kernels
    assert not torch.equal(kernels[0], kernels[1])
    lr = bicubic.family.sample(3).apply(hr)
    expected = F.l1_loss(bicubic.method.net(resize(lr, 2)), hr)
    torch.testing.assert_close(run(bicubic)["loss"], expected)


def test_each_stage_teaches_its_own_part_and_no_other() -> None:
    method = tiny()
    recipes: dict[str, StageRecipe] = {
        "pretrain": PretrainRecipe(steps=1, batch=2, crop=16),
        "meta": MetaRecipe(steps=1, tasks=1, support=1, query=1, crop=16, unrolled=1),
        "estimate": EstimateRecipe(steps=1, batch=2, window=16),
    }
    for stage, part in zip(stages(method, recipes), (method.net, method.net, method.estimator), strict=True):
        inside = {id(p) for p in part.parameters()}
        assert inside == {id(p) for group in stage.groups() for p in group.parameters}
        for parameter, gradient in zip(method.parameters(), gradients(run(stage)["loss"], stage), strict=True):
            assert (gradient is not None and bool(gradient.abs().sum() > 0)) == (id(parameter) in inside)


def test_every_stage_learns_a_repeated_batch() -> None:
    for stage in (
        Pretrain(tiny(), PretrainRecipe(steps=1, batch=4, crop=32)),
        meta(rate=0.05, crop=32),
        Estimate(tiny(), EstimateRecipe(steps=1, batch=4, window=32)),
    ):
        parameters = [p for group in stage.groups() for p in group.parameters]
        optimiser = torch.optim.Adam(parameters, 3e-3)
        first = float(run(stage)["loss"].detach())
        for _ in range(20):
            run(stage)["loss"].backward()
            optimiser.step()
            optimiser.zero_grad()
        assert float(run(stage)["loss"].detach()) < 0.95 * first


def test_the_estimator_learns_narrow_kernels_too() -> None:
    family = Estimate(tiny(), EstimateRecipe(steps=1)).family
    widths = torch.stack([k.max() for k in family.sample(200).kernels])
    assert float(widths.max()) > 0.6  # nearly a single pixel
    assert float(widths.min()) < 0.1


def test_every_step_whose_size_is_learned_is_unrolled() -> None:
    """Factors of a step that no training takes would stay 1."""
    for name in recipe_files():
        recipe = load_recipe(name)
        if isinstance(recipe.model, MZSRConfig) and recipe.model.rates_by_step:
            meta_recipe = recipe.stages["meta"]
            assert isinstance(meta_recipe, MetaRecipe)
            assert len(recipe.model.rates) <= meta_recipe.unrolled


@pytest.mark.parametrize("name", ["mzsr_x2.direct", "mzsr_x2.bicubic", "mzsr_x4.direct", "mzsr_x2.direct_paper"])
def test_recipes(name: str) -> None:
    recipe = load_recipe(name)
    assert isinstance(recipe.model, MZSRConfig)
    assert f"x{recipe.model.scale}" in name
    assert recipe.model.down in name


def test_a_kernel_without_a_middle_is_refused() -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        load_recipe("mzsr_x2.direct", ["model.kernel=14"])


def test_recipes_of_comparisons() -> None:
    multi, pretrained = load_recipe("mzsr_x2.multi"), load_recipe("mzsr_x2.pretrained")
    assert isinstance(multi.stages["meta"], MetaRecipe)
    assert multi.stages["meta"].scales == (2.0, 4.0)
    assert pretrained.stages["meta"].steps == 0
    assert isinstance(pretrained.model, MZSRConfig)
    assert pretrained.model.descent == "adam"


def eigenvalues(kernel: Tensor) -> list[float]:
    values = torch.linalg.eigvalsh(kernels.kernel_covariance(kernel[None].double())[0])
    return [float(value) for value in values]


@given(st.integers(0, 2**31))
@settings(max_examples=10)
def test_variances_lie_between_1_and_2_5_s(seed: int) -> None:
    for kernel in KernelFamily(2, 61).sample(8, seed).kernels:
        small, large = eigenvalues(kernel)
        assert 1 - 1e-3 <= small <= large <= 5 + 1e-3


def test_the_second_variance_is_drawn_below_the_first() -> None:
    """l1 ~ U(1, 5) has mean 3 and l2 ~ U(1, l1) mean 2; two independent ones would have 3.67 and 2.33."""
    drawn = torch.tensor([eigenvalues(kernel) for kernel in KernelFamily(2, 61).sample(400, 0).kernels])
    assert abs(float(drawn[:, 1].mean()) - 3) < 0.25
    assert abs(float(drawn[:, 0].mean()) - 2) < 0.2


def test_a_share_of_the_degradations_has_no_blur() -> None:
    drawn = KernelFamily(2, 15, sharp=0.25).sample(400, 0)
    pixel = drawn.kernels[:, 7, 7] == 1
    assert 0.2 < float(pixel.float().mean()) < 0.3
    assert float(drawn.kernels[~pixel].amax((1, 2)).max()) < 0.2  # variances of 1 and more
    assert not (KernelFamily(2, 15).sample(400, 0).kernels[:, 7, 7] == 1).any()


@pytest.mark.parametrize("scales", [None, (2.0, 4.0)])
def test_tasks_have_the_kernels_of_the_recipe(scales: tuple[float, float] | None) -> None:
    one = meta(tasks=40, support=1, query=1, crop=32, sharp=0.5, least=0.04, scales=scales)
    peaks = torch.stack([task.kernel.max() for task in one._tasks(clean(one), torch.Generator().manual_seed(0))])
    assert 8 < int((peaks == 1).sum()) < 32
    assert float(peaks[peaks < 1].max()) > 0.2


@pytest.mark.parametrize("rounded", [False, True])
def test_lr_images_are_rounded_only_where_the_recipe_says_so(rounded: bool) -> None:
    one = meta(rounded=rounded)
    levels = one.prepare(clean(one), torch.Generator().manual_seed(0), 1).tasks[0].lr * 255
    assert bool((levels - levels.round()).abs().max() < 1e-3) == rounded


def test_kernels_have_every_direction() -> None:
    at = torch.arange(61) - 30.0
    tilt = (KernelFamily(4, 61).sample(64, 0).kernels * at[:, None] * at[None, :]).sum((1, 2))
    assert float(tilt.min()) < -1
    assert float(tilt.max()) > 1


def test_degradations_are_those_of_the_paper() -> None:
    family = paper_family(2)
    assert (family.border, family.down, family.noise) == ("symmetric", "direct", (0.0, 0.0))
    assert family.sample(2, 0).kernels.shape == (2, 15, 15)
    assert Degradation.from_json(family.sample(1, 0).to_json()).to_json() == family.sample(1, 0).to_json()
    assert family.sample(1, 0).rounding == "none"  # as the released code trains
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
        with_ranges(family, None, (0.2, 2.0))
