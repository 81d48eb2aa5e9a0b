import math

import pytest
import torch
from torch import nn

from blindsr.contract import ParameterGroup, StageRecipe
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.train.optimizer import MovingAverage, learning_rate_factor, optimizer_for, set_rate


def net() -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return nn.Sequential(nn.Conv2d(3, 32, 3), nn.Conv2d(32, 40, 3), nn.Conv2d(40, 40, 1), nn.Conv2d(40, 3, 3))


def group(model: nn.Module, muon: float | None) -> ParameterGroup:
    return ParameterGroup("net", list(model.parameters()), 1e-3, muon=muon)


def test_the_papers_optimiser_is_the_default() -> None:
    model = net()
    optimizer = optimizer_for(group(model, None), (0.8, 0.9))
    assert type(optimizer) is torch.optim.Adam
    assert [part["betas"] for part in optimizer.param_groups] == [(0.8, 0.9)]
    assert len(optimizer.param_groups[0]["params"]) == 8


def test_only_large_matrices_get_muon() -> None:
    model = net()
    matrices, others = optimizer_for(group(model, 0.02), (0.9, 0.999)).param_groups
    assert [id(p) for p in matrices["params"]] == [id(model[1].weight), id(model[2].weight)]
    assert {id(p) for p in others["params"]} == {id(p) for p in model.parameters()} - {
        id(p) for p in matrices["params"]
    }
    assert (matrices["lr"], others["lr"]) == (0.02, 1e-3)


def test_linear_layers_get_muon_and_single_rows_do_not() -> None:
    layers = nn.ModuleList([nn.Linear(64, 40), nn.Linear(40, 8), nn.Conv2d(40, 1, 1), nn.Linear(40, 360, bias=False)])
    matrices, others = optimizer_for(group(layers, 0.02), (0.9, 0.999)).param_groups
    assert [tuple(p.shape) for p in matrices["params"]] == [(40, 64), (360, 40)]
    assert [tuple(p.shape) for p in others["params"]] == [(40,), (8, 40), (8,), (1, 40, 1, 1), (1,)]


@pytest.mark.parametrize("muon", [None, 0.02])
@pytest.mark.parametrize(("eps", "part"), [(1e-8, 0.5), (1e-12, 1.0)])
def test_gradients_as_small_as_eps_take_half_of_a_step(muon: float | None, eps: float, part: float) -> None:
    bias = nn.Parameter(torch.zeros(5))
    optimizer = optimizer_for(ParameterGroup("bias", [bias], 0.1, muon=muon), (0.9, 0.999), eps)
    bias.grad = torch.full((5,), 1e-8)
    optimizer.step()
    torch.testing.assert_close(bias.detach(), torch.full((5,), -0.1 * part), rtol=0.01, atol=0)


def test_without_a_matrix_all_is_adam() -> None:
    bias = nn.Parameter(torch.zeros(5))
    optimizer = optimizer_for(ParameterGroup("bias", [bias], 0.1, muon=0.02), (0.9, 0.999))
    bias.grad = torch.full((5,), 3.0)
    optimizer.step()
    torch.testing.assert_close(bias.detach(), torch.full((5,), -0.1))


@pytest.mark.parametrize("native", [True, False])
def test_float32_takes_the_place_of_bf16_where_that_is_not_native(
    native: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oracle is the polar factor that the iteration approaches; bf16 is as near, but shows its rounding."""
    monkeypatch.setattr("blindsr.train.optimizer.computes_bf16", lambda _device: native)
    weights = [nn.Parameter(torch.zeros(shape)) for shape in ((32, 48, 1, 1), (48, 32, 1, 1), (32, 32, 3, 3))]
    optimizer = optimizer_for(ParameterGroup("net", weights, 1e-3, muon=1.0), (0.9, 0.999))
    for p in weights:
        p.grad = torch.randn(p.shape, generator=torch.Generator().manual_seed(p.shape[0]))
    optimizer.step()
    for p in weights:
        assert p.grad is not None
        left, _, right = torch.linalg.svd(p.grad.flatten(1), full_matrices=False)
        change = -p.detach().flatten(1)
        cosine = (change * (left @ right)).sum() / change.norm() / (left @ right).norm()
        assert float(cosine) > 0.97
        iterated = change / (0.2 * max(change.shape) ** 0.5)
        assert torch.allclose(iterated.bfloat16().float(), iterated, rtol=1e-5, atol=0) == native


@pytest.mark.parametrize("index", [1, 2])
def test_an_update_has_nearly_equal_singular_values_as_large_as_adams(index: int) -> None:
    model = net()
    layer = model[index]
    assert isinstance(layer, nn.Conv2d)
    optimizer, before = optimizer_for(group(model, 0.01), (0.9, 0.999)), layer.weight.detach().clone()
    for p in model.parameters():
        p.grad = torch.randn(p.shape, generator=torch.Generator().manual_seed(1))
    optimizer.step()
    change = (before - layer.weight.detach()).flatten(1)
    values = torch.linalg.svdvals(change) / (0.01 * 0.2 * max(change.shape) ** 0.5)
    assert 0.4 < float(values.min()) <= float(values.max()) < 1.4
    assert float(change.square().mean().sqrt()) == pytest.approx(0.01 * 0.2, rel=0.25)


@pytest.mark.parametrize("muon", [None, 0.02])
def test_all_rates_follow_the_schedule(muon: float | None) -> None:
    optimizer = optimizer_for(group(net(), muon), (0.9, 0.999))
    for factor in (0.1, 1.0, 0.5):
        set_rate(optimizer, factor)
        assert [part["lr"] for part in optimizer.param_groups] == pytest.approx(
            [factor * rate for rate in ((1e-3,) if muon is None else (muon, 1e-3))]
        )


def test_warm_up_rises_in_even_steps_to_one() -> None:
    recipe = StageRecipe(steps=100, schedule="constant", warmup=4)
    assert [learning_rate_factor(step, recipe) for step in (1, 2, 3, 4, 5, 99)] == pytest.approx(
        [0.2, 0.4, 0.6, 0.8, 1, 1]
    )


def test_cosine_falls_from_one_to_final() -> None:
    recipe = StageRecipe(steps=1000, final=0.1)
    assert learning_rate_factor(1, recipe) == pytest.approx(1)
    assert learning_rate_factor(501, recipe) == pytest.approx(0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi / 2)))
    assert learning_rate_factor(1000, recipe) == pytest.approx(0.1, abs=1e-4)


def test_steps_decay_after_each_milestone() -> None:
    recipe = StageRecipe(steps=100, schedule="step", milestones=(10, 20), gamma=0.1)
    assert [learning_rate_factor(step, recipe) for step in (10, 11, 20, 21)] == pytest.approx([1, 0.1, 0.1, 0.01])


def test_it_follows_with_a_decay_that_warms_up() -> None:
    net = CMDSR(CMDSRConfig(blocks=1, channels=4, support=1, patch=4, features=2))
    average = MovingAverage(net, 0.9)
    name, weight = next(iter(net.named_parameters()))
    expected = weight.detach().clone()
    for step in range(1, 200):
        weight.data += 0.1
        average.update(net, step)
        decay = min(0.9, step / (step + 9))
        expected = decay * expected + (1 - decay) * weight.detach()
    torch.testing.assert_close(dict(average.method.named_parameters())[name], expected)
    assert not any(p.requires_grad for p in average.method.parameters())
    assert all(p.requires_grad for p in net.parameters())
