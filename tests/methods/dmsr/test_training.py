import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError
from torch import Tensor

from blindsr.degrade import degrade, resize
from blindsr.errors import BlindSRError, Code
from blindsr.methods.dmsr.model import DMSR, DMSRConfig
from blindsr.methods.dmsr.training import (
    Extraction,
    ExtractionRecipe,
    Restoration,
    RestorationRecipe,
    _Noisy,
    log_error,
    stages,
)
from blindsr.train.recipe import load_recipe


def stage(model: dict[str, Any] | None = None, **recipe: Any) -> Restoration:
    config = {"scale": 2, "groups": 1, "blocks": 1, "channels": 8, "reduction": 4, "extractor": 6, **(model or {})}
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        method = DMSR(DMSRConfig(**config))
    values = RestorationRecipe(**{"steps": 1, "batch": 2, "patch": 16, **recipe})
    _, built = stages(method, {"extraction": ExtractionRecipe(), "stage": values})
    assert isinstance(built, Restoration)
    return built


def clean(one: Restoration) -> Tensor:
    count, size = one.crops
    small = torch.rand(count, 3, size // 4, size // 4, generator=torch.Generator().manual_seed(1))
    return resize(small, 4).clamp(0, 1)


def run(one: Restoration) -> dict[str, Tensor]:
    losses: dict[str, Tensor] = one(clean(one), torch.Generator().manual_seed(1), 1)
    return losses


def moved(one: Restoration) -> set[str]:
    """Which parts get a gradient."""
    parameters = dict(one.method.named_parameters())
    gradients: list[Tensor | None] = list(
        torch.autograd.grad(run(one)["loss"], list(parameters.values()), allow_unused=True)
    )
    return {
        name.split(".")[0] + "." + name.split(".")[1]
        for name, gradient in zip(parameters, gradients, strict=True)
        if gradient is not None and bool(gradient.any())
    }


SHARED = {"extractor.head", "extractor.blocks"}
ESTIMATES = SHARED | {"extractor.noise", "extractor.blur"}
NETWORK = {f"net.{name}" for name in ("denoise", "head", "groups", "trunk", "upsampler", "rgb", "deblur", "last")}


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        ({"degradation": 0, "consistency": 0}, ESTIMATES | NETWORK),
        ({"reconstruction": 0, "consistency": 0}, ESTIMATES),
        ({"reconstruction": 0, "degradation": 0}, ESTIMATES),
        ({"reconstruction": 0, "degradation": 0, "consistency_on": ("lr",)}, ESTIMATES),
        ({"reconstruction": 0, "degradation": 0, "consistency_on": ("kn",)}, ESTIMATES),
    ],
)
def test_each_loss_moves_its_parameters_and_no_others(recipe: dict[str, Any], expected: set[str]) -> None:
    assert moved(stage(**recipe)) == expected


def test_the_degradation_loss_is_equation_7() -> None:
    one = stage(reconstruction=0, consistency=0, degradation=1)
    hr, source = clean(one), torch.Generator().manual_seed(1)
    truth = one.family.sample(2, source)
    noise = torch.randn(2, 3, 16, 16, generator=source) * (truth.noise / 255).view(-1, 1, 1, 1)
    expected = 0.0
    blurred = torch.stack(
        [
            F.conv2d(F.pad(image[None], (7,) * 4, mode="reflect"), kernel.expand(3, 1, 15, 15), groups=3)[0]
            for image, kernel in zip(hr, truth.kernels, strict=True)
        ]
    )
    lr = ((resize(blurred, 0.5) + noise).clamp(0, 1) * 255).round() / 255
    with torch.no_grad():
        found_noise, found_kernel = one.method.extractor(lr)
    for i in range(2):
        kernel_error = float((found_kernel[i] - truth.kernels[i]).square().sum())
        expected += (float((found_noise[i] - noise[i]).square().mean()) + kernel_error) / 2
    assert float(run(one)["loss"].detach()) == pytest.approx(expected, rel=1e-3)


def test_the_logarithm_of_errors_is_psnr_and_moves_the_same() -> None:
    hr = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    sr = hr + torch.tensor([0.1, 0.01]).view(2, 1, 1, 1)
    assert float(log_error(sr, hr)) * 10 / math.log(10) == pytest.approx(-(20 + 40) / 2, abs=0.03)
    assert float(log_error(hr, hr)) > -math.inf
    one = stage(measure="log", degradation=0, consistency=0)
    assert moved(one) == ESTIMATES | NETWORK
    assert run(one)["reconstruction"] < 0 < run(stage())["reconstruction"]


@pytest.mark.parametrize(("measure", "power"), [("l1", 1), ("l2", 2)])
def test_distances_to_the_photograph(measure: str, power: int, monkeypatch: pytest.MonkeyPatch) -> None:
    one = stage(measure=measure, degradation=0, consistency=0)
    assert moved(one) == ESTIMATES | NETWORK
    monkeypatch.setattr(one.method.net, "forward", lambda *_: clean(one) + 0.1)
    assert float(run(one)["reconstruction"]) == pytest.approx(0.1**power, rel=1e-4)


def test_perfect_estimates_are_consistent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eq. 8 is zero, but for 8-bit rounding, where the extractor knows the truth."""
    one = stage(reconstruction=0, degradation=0)
    hr = 0.4 + 0.2 * clean(one)  # far from black and white, where noise is cut off
    truth = one.family.sample(2, torch.Generator().manual_seed(1))
    source = torch.Generator().manual_seed(1)
    one.family.sample(2, source)
    noise = truth.draw_noise((2, 3, 16, 16), hr, source).clamp(-0.3, 0.3)
    lr = degrade(hr, truth, noise)
    monkeypatch.setattr(one.method.extractor, "forward", lambda _: (noise, truth.kernels))
    batch = _Noisy(hr, lr, truth, noise)
    assert float(one._consistency(batch, (noise, truth.kernels), source)) == pytest.approx(0, abs=1e-9)
    assert float(one._consistency(batch, (noise, truth.kernels.flip(0)), source)) > 1e-6


def test_ranges_are_the_recipes() -> None:
    family = stage(noise_range=(5, 6), width_range=(1, 2)).family
    drawn = family.sample(9, 0).noise
    assert 5 <= float(drawn.min()) <= float(drawn.max()) <= 6
    with pytest.raises(ValidationError, match="noise_range needs noise"):
        stage(noise=False, noise_range=(5, 6))


def test_the_fine_tuned_model_sees_no_noise() -> None:
    assert float(stage(noise=False).family.sample(20).noise.max()) == 0
    assert float(stage().family.sample(20).noise.max()) > 40


@pytest.mark.parametrize("model", [{"noise": "sigma"}, {"noise": "none"}, {"deblur": 0}, {"deblur": 3}, {"scale": 3}])
def test_every_ablation_trains(model: dict[str, Any]) -> None:
    one = stage(model)
    assert "net.head" in moved(one)
    assert ("net.deblur" in moved(one)) == (model.get("deblur") != 0)


def test_the_loss_falls_on_a_repeated_batch() -> None:
    one = stage(lr=3e-3)
    optimiser = torch.optim.Adam(one.method.parameters(), 3e-3)
    first = float(run(one)["loss"].detach())
    for _ in range(25):
        run(one)["loss"].backward()
        optimiser.step()
        optimiser.zero_grad()
    assert float(run(one)["loss"].detach()) < 0.8 * first


@pytest.mark.parametrize(
    "name", ["dmsr_x4.light", "dmsr_x2.light", "dmsr_x4.paper", "dmsr_x2.paper", "dmsr_x4.nf", "dmsr_x4.nf_light"]
)
def test_recipes(name: str) -> None:
    recipe = load_recipe(name)
    assert isinstance(recipe.model, DMSRConfig)
    assert f"x{recipe.model.scale}" in name
    assert recipe.header.name == name


@pytest.mark.parametrize("terms", ["[nk]", "[]"])
def test_terms_that_equation_8_lacks_are_refused(terms: str) -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        load_recipe("dmsr_x4.light", [f"stage.consistency_on={terms}"])


def test_the_extractor_alone_learns_noise_and_kernel() -> None:
    method = stage().method
    built, _ = stages(
        method,
        {"extraction": ExtractionRecipe(steps=1, batch=2, patch=16), "stage": RestorationRecipe(steps=1)},
    )
    assert isinstance(built, Extraction)
    assert {id(p) for group in built.groups() for p in group.parameters} == {
        id(p) for p in method.extractor.parameters()
    }
    count, size = built.crops
    images = torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(1))
    losses = built(images, torch.Generator().manual_seed(1), 1)
    torch.testing.assert_close(losses["loss"].detach(), losses["noise"] + losses["kernel"])
    losses["loss"].backward()
    for name, parameter in method.named_parameters():
        assert (parameter.grad is not None) == name.startswith("extractor."), name


def test_a_divergence_of_nothing_is_nothing() -> None:
    method = stage().method
    built, _ = stages(method, {"extraction": ExtractionRecipe(batch=2, patch=16), "stage": RestorationRecipe(steps=1)})
    count, size = built.crops
    images = torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(1))
    truth = built.family.sample(count, torch.Generator().manual_seed(1))
    method.extractor.scores = lambda features: (truth.kernels.flatten(1) + 1e-12).log()  # type: ignore[method-assign]
    losses = built(images, torch.Generator().manual_seed(1), 1)
    assert float(losses["kernel"]) == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("kind", ["map", "sigma", "none"])
def test_the_network_gets_the_noise_as_in_table_3(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = stage({"noise": kind})
    maps: list[Tensor] = []
    guides: list[Tensor | None] = []
    extract, forward = one.method.extractor.forward, one.method.net.forward

    def note_map(lr: Tensor) -> tuple[Tensor, Tensor]:
        found = extract(lr)
        maps.append(found[0].detach())
        return found

    def note_guide(lr: Tensor, noise: Tensor | None, kernel: Tensor) -> Tensor:
        guides.append(noise)
        return forward(lr, noise, kernel)

    monkeypatch.setattr(one.method.extractor, "forward", note_map)
    monkeypatch.setattr(one.method.net, "forward", note_guide)
    run(one)
    (guide,) = guides
    number = maps[0].mean((2, 3), keepdim=True).expand_as(maps[0])
    expected = {"map": maps[0], "sigma": number, "none": None}[kind]
    assert (guide is None) == (expected is None)
    if guide is not None and expected is not None:
        torch.testing.assert_close(guide.detach(), expected)


def test_an_extractor_of_levels_learns_the_level() -> None:
    one = stage({"noise": "sigma"}, reconstruction=0.0, consistency=0.0)
    count, size = one.crops
    images = torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(0))
    batch = one.prepare(images, torch.Generator().manual_seed(0), 1)
    wanted = (batch.truth.noise / 255)[:, None, None, None].expand(-1, 3, *batch.lr.shape[2:])
    one.method.extractor.forward = lambda lr: (wanted, batch.truth.kernels)  # type: ignore[method-assign]
    assert float(one.losses(batch, torch.Generator(), 1)["degradation"]) == pytest.approx(0, abs=1e-9)
    one.method.extractor.forward = lambda lr: (wanted + 0.1, batch.truth.kernels)  # type: ignore[method-assign]
    assert float(one.losses(batch, torch.Generator(), 1)["degradation"]) == pytest.approx(0.01, rel=1e-3)


def test_the_network_can_get_the_true_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Tensor] = []
    for share in (0.0, 1.0):
        one = stage(true_kernels=share)
        forward = one.method.net.forward

        def note(lr: Tensor, noise: Tensor | None, kernel: Tensor, forward: Any = forward) -> Tensor:
            seen.append(kernel.detach())
            result: Tensor = forward(lr, noise, kernel)
            return result

        monkeypatch.setattr(one.method.net, "forward", note)
        run(one)
        truth = one.family.sample(2, torch.Generator().manual_seed(1)).kernels
        assert torch.equal(seen[-1], truth) == bool(share)
