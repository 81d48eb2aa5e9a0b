import math
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError
from torch import Tensor

from blindsr.contract import Hints
from blindsr.degrade import Degradation, kernels, resize
from blindsr.errors import BlindSRError, Code
from blindsr.inference.tiles import restore_tiled
from blindsr.methods.mzsr.model import MZSR, AdaptedWeights, MZSRConfig

KERNEL = kernels.gaussian(15, 1.2)


def tiny(**config: Any) -> MZSR:
    values = {"layers": 3, "channels": 6, **config}
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return MZSR(MZSRConfig(**values))


def picture(height: int, width: int, seed: int = 0) -> Tensor:
    """Smooth, so that there is something to learn."""
    small = torch.rand(1, 3, -(-height // 4), -(-width // 4), generator=torch.Generator().manual_seed(seed))
    return resize(small, 4)[..., :height, :width].clamp(0, 1)


def adapted(net: MZSR, lr: Tensor, **hints: Any) -> AdaptedWeights:
    values = {"kernel": KERNEL, "noise": 0.0, **hints}
    with torch.no_grad():
        return net.condition(lr, generator=torch.Generator().manual_seed(0), hints=Hints(**values))


def test_the_papers_number_of_parameters() -> None:
    assert sum(p.numel() for p in MZSR(MZSRConfig()).net.parameters()) == 225_091


def test_an_untrained_network_is_near_the_bicubic_enlargement() -> None:
    net, lr = tiny(), picture(20, 24)
    net.net.convs[-1].weight.data.zero_()  # type: ignore[operator]
    torch.testing.assert_close(net.restore(lr, adapted(net, lr, steps=0)), resize(lr, 2))


@pytest.mark.parametrize("down", ["direct", "bicubic"])
def test_a_son_is_degraded_as_its_father_was(down: Any) -> None:
    lr = picture(24, 32)
    record = Degradation(
        scale=2,
        kernels=KERNEL[None],
        noise=torch.zeros(1),
        jpeg=torch.zeros(1, dtype=torch.long),
        seeds=torch.zeros(1, dtype=torch.long),
        border="symmetric",
        down=down,
        rounding="none",
    )
    torch.testing.assert_close(tiny(down=down).son(lr, KERNEL), record.apply(lr).clamp(0, 1))


def test_learned_step_sizes_are_used_on_an_image() -> None:
    net, plain, lr = tiny(learned_rates=True), tiny(), picture(24, 32)
    for one, two in zip(adapted(net, lr).params.values(), adapted(plain, lr).params.values(), strict=True):
        torch.testing.assert_close(one, two)
    net.log_factors[0].data.fill_(-30.0)
    found = adapted(net, lr, steps=2).params
    torch.testing.assert_close(found["convs.0.weight"], net.start["convs.0.weight"])
    assert not torch.equal(found["convs.1.weight"], net.start["convs.1.weight"])


def test_factors_that_differ_by_step_are_used_in_their_order() -> None:
    learned = {"learned_rates": True, "rates_by_step": True, "rates": (0.02, 0.02, 0.01)}
    net, lr = tiny(**learned), picture(24, 32)
    assert net.log_step_factors is not None
    with torch.no_grad():
        net.log_step_factors[1].fill_(-30.0)
        net.log_step_factors[2, 0].fill_(2.0)
    one, two = adapted(net, lr, steps=1).params, adapted(net, lr, steps=2).params
    for name, values in one.items():
        torch.testing.assert_close(two[name], values)  # the second step is nearly 0
    sizes = [net.rate(0.01, step) for step in (0, 2, 9)]
    assert all(isinstance(size, dict) for size in sizes)
    first, third, later = (float(size["convs.0.weight"].detach().mean()) for size in sizes if isinstance(size, dict))
    assert first == pytest.approx(0.01)
    assert third == pytest.approx(0.01 * math.e**2)
    assert later == third  # the last step of `rates` is repeated


def test_learned_factors_stay_within_their_bound() -> None:
    net = tiny(learned_rates=True, rates_by_step=True, largest_factor=10.0)
    with torch.no_grad():
        for parameter, value in zip(net.factors, (50.0, -50.0), strict=False):
            parameter.fill_(value)
    sizes = net.rate(0.01)
    assert isinstance(sizes, dict)
    every = torch.cat([size.detach().flatten() for size in sizes.values()])
    assert float(every.max()) == pytest.approx(0.1, rel=1e-3)
    assert float(every.min()) == pytest.approx(0.001, rel=1e-3)
    assert float(every.median()) == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize("setting", [{"rates_by_step": True}, {"largest_factor": 10.0}])
def test_settings_of_learned_factors_need_them(setting: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MZSRConfig(**setting)


def test_forgotten_factors_are_1() -> None:
    net = tiny(learned_rates=True, rates_by_step=True)
    with torch.no_grad():
        for parameter in net.factors:
            parameter.fill_(3.0)
    net.forget_factors()
    sizes = net.rate(0.01, 1)
    assert isinstance(sizes, dict)
    assert all(bool((size == 0.01).all()) for size in sizes.values())


def test_algorithm_2_is_gradient_descent_on_the_son() -> None:
    net, lr = tiny(rates=(0.02, 0.01)), picture(24, 32)
    found = adapted(net, lr, steps=3)
    params = {name: p.detach().clone().requires_grad_() for name, p in net.start.items()}
    son = net.son(lr, KERNEL)
    for rate in (0.02, 0.01, 0.01):
        loss = F.l1_loss(net.call(params, son), lr)
        gradients = torch.autograd.grad(loss, list(params.values()))
        params = {
            name: (p - rate * g).detach().requires_grad_()
            for (name, p), g in zip(params.items(), gradients, strict=True)
        }
    assert found.undone == 0
    assert len(found.losses) == 4
    for name, values in found.params.items():
        torch.testing.assert_close(values, params[name])


def test_steps_that_make_it_worse_are_undone() -> None:
    net, lr = tiny(rates=(30.0,)), picture(24, 32)
    found = adapted(net, lr, steps=8)
    assert found.undone > 0
    assert list(found.losses) == sorted(found.losses, reverse=True)
    sons = net.son(lr, KERNEL)
    with torch.no_grad():
        assert float(F.l1_loss(net.call(found.params, sons), lr)) == pytest.approx(found.losses[-1])


def test_plain_descent_keeps_every_step_as_the_paper_does() -> None:
    net, lr = tiny(rates=(30.0,), descent="plain"), picture(24, 32)
    found = adapted(net, lr, steps=4)
    assert found.undone == 0
    assert len(found.losses) == 5
    assert max(found.losses[1:]) > found.losses[0]


def test_adam_is_torchs() -> None:
    net, lr = tiny(rates=(0.003,), descent="adam"), picture(24, 32)
    found = adapted(net, lr, steps=4)
    params = {name: p.detach().clone().requires_grad_() for name, p in net.start.items()}
    optimiser = torch.optim.Adam(params.values(), 0.003)
    son = net.son(lr, KERNEL)
    for _ in range(4):
        optimiser.zero_grad()
        F.l1_loss(net.call(params, son), lr).backward()
        optimiser.step()
    for name, values in found.params.items():
        torch.testing.assert_close(values, params[name], atol=1e-5, rtol=1e-4)
    again = adapted(net, lr, steps=4)
    assert all(torch.equal(values, again.params[name]) for name, values in found.params.items())


def test_the_network_serves_any_scale() -> None:
    net, lr = tiny(), picture(20, 24)
    params = net.start
    expected = net.net(resize(lr, 2.5, (50, 60)))
    torch.testing.assert_close(net.call(params, lr, 2.5, (50, 60)), expected)
    torch.testing.assert_close(net.call(params, lr, 2, (40, 48)), net.call(params, lr))


def test_the_network_itself_is_not_changed() -> None:
    net, lr = tiny(), picture(24, 32)
    before = {name: p.clone() for name, p in net.state_dict().items()}
    adapted(net, lr, steps=2)
    assert all(torch.equal(values, before[name]) for name, values in net.state_dict().items())
    assert not any(p.requires_grad for p in adapted(net, lr, steps=1).params.values())


def test_time_runs_out_with_the_best_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    net, lr = tiny(), picture(24, 32)
    clock = SimpleNamespace(monotonic=count(step=0.1).__next__)  # each look at it takes 0.1 s
    monkeypatch.setattr("blindsr.methods.mzsr.model.time", clock)
    found = adapted(net, lr, steps=10_000, seconds=0.35)
    assert 2 <= len(found.losses) <= 5


@pytest.mark.parametrize("kind", ["flat", "slope", "dot"])
def test_an_image_without_detail_teaches_nothing(kind: str) -> None:
    net, lr = tiny(), torch.full((1, 3, 24, 32), 0.4)
    if kind == "slope":
        lr = (lr * 255 + torch.linspace(0, 50, 24).view(24, 1)).round() / 255
    elif kind == "dot":
        lr[..., 10, 12] += 0.1
    found = adapted(net, lr, noise=None)
    assert bool(found.losses) == (kind == "dot")
    assert all(torch.equal(found.params[name], p) for name, p in net.start.items()) == (kind != "dot")


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (7, 40), (8, 9), (33, 17)])
def test_any_size_is_restored(size: tuple[int, int]) -> None:
    net, lr = tiny(), picture(*size)
    assert net.restore(lr, adapted(net, lr)).shape == (1, 3, 2 * size[0], 2 * size[1])


def test_large_images_are_adapted_on_their_most_detailed_parts() -> None:
    net = tiny(window=16, windows=2)
    assert net._parts(picture(16, 32)).shape == (1, 3, 16, 32)
    assert net._parts(picture(40, 50)).shape == (2, 3, 16, 16)


def test_noise_goes_into_the_son() -> None:
    net, lr = tiny(), picture(24, 32)
    assert adapted(net, lr, noise=30.0).losses[0] > adapted(net, lr).losses[0]
    noisy = lr + 20 / 255 * torch.randn(lr.shape, generator=torch.Generator().manual_seed(3))
    assert adapted(net, noisy, noise=None).noise == pytest.approx(20, abs=8)


@pytest.mark.parametrize(
    ("hints", "code"),
    [
        ({"kernel": torch.ones(4, 4)}, Code.INVALID_VALUE),
        ({"kernel": torch.ones(3, 5)}, Code.INVALID_VALUE),
        ({"kernel": torch.full((3, 3), float("nan"))}, Code.INVALID_FILE),
        ({"kernel": torch.zeros(3, 3)}, Code.INVALID_VALUE),
        ({"noise": -1.0}, Code.INVALID_VALUE),
        ({"steps": -1}, Code.INVALID_VALUE),
    ],
)
def test_hints_that_make_no_sense_are_refused(hints: dict[str, Any], code: Code) -> None:
    with pytest.raises(BlindSRError, check=code.matches):
        adapted(tiny(), picture(24, 32), **hints)


def test_a_kernel_larger_than_the_image_works() -> None:
    net, lr = tiny(), picture(10, 12)
    assert bool(torch.isfinite(net.restore(lr, adapted(net, lr, kernel=kernels.gaussian(31, 4.0)))).all())


@pytest.mark.parametrize(
    ("scale", "down", "rounds"),
    [(2, "direct", 0), (3, "direct", 0), (4, "direct", 0), (2, "direct", 1), (2, "bicubic", 1), (4, "direct", 2)],
)
def test_tiles_equal_the_whole(scale: int, down: Any, rounds: int) -> None:
    net = tiny(scale=scale, down=down, layers=8, back_projection=rounds)
    lr = picture(50, 70)
    condition = adapted(net, lr, steps=1)
    with torch.no_grad():
        whole = net.restore(lr, condition)
        tiled = restore_tiled(net, lr, condition, tile=20, out=torch.empty_like(whole))
    torch.testing.assert_close(tiled, whole, atol=1e-5, rtol=0)
    assert net.traits.margin < 30


@pytest.mark.parametrize("down", ["direct", "bicubic"])
def test_back_projection_makes_the_result_explain_the_image(down: Any) -> None:
    lr = picture(24, 32)
    errors = []
    for rounds in (0, 3):
        net = tiny(back_projection=rounds, down=down)
        with torch.no_grad():
            sr = net.restore(lr, adapted(net, lr, steps=0))
        errors.append(float((net.son(sr, KERNEL) - lr).abs().mean()))
    assert errors[1] < 0.7 * errors[0]


def test_what_was_found_out_can_be_read() -> None:
    net, lr = tiny(), picture(80, 96)
    kernel = kernels.gaussian(15, 1.8, 0.9, torch.tensor(0.5))[0]
    told = net.describe(adapted(net, lr, steps=2, kernel=kernel))
    assert told["kernel"] == "given"
    assert told["kernel confidence"] is None
    assert told["kernel widths"] == pytest.approx([1.8, 0.9], abs=0.02)
    assert told["kernel angle"] == pytest.approx(28.6, abs=0.5)
    assert told["steps"] == 2
    assert len(told["losses"]) == 3
    blind = net.describe(adapted(net, lr, steps=1, kernel=None))
    assert blind["kernel"] == "estimated"
    assert 0 < blind["kernel confidence"] <= 1
