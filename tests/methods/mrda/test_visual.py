"""Eq. 3's terms: each moves what it is to move and nothing else."""

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError
from torch import Tensor

from blindsr.errors import BlindSRError, Code
from blindsr.methods.mrda.visual import Discriminator, Visual, VisualRecipe
from blindsr.nn.perceptual import LPIPS, VGG


def rand(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def losses_of(visual: Visual, sr: Tensor, hr: Tensor, judge: Discriminator | None = None) -> dict[str, Tensor]:
    losses: dict[str, Tensor] = visual(sr, hr, judge, torch.Generator().manual_seed(0))
    return losses


@pytest.fixture(scope="module")
def vgg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights in a file as torchvision's."""
    path = tmp_path_factory.mktemp("vgg") / "vgg19.pth"
    torch.save({f"features.{name}": value for name, value in VGG(19).layers.state_dict().items()}, path)
    return path


def test_the_discriminator_is_real_esrgans() -> None:
    assert sum(p.numel() for p in Discriminator(64).parameters()) == 4_376_897
    judge = Discriminator(4)
    assert judge(rand(2, 3, 16, 24)).shape == (2, 1, 16, 24)
    for conv in (*judge.down, *judge.up, *judge.after):
        for _ in range(30):  # of the power iteration
            judge(rand(1, 3, 8, 8))
        assert torch.linalg.matrix_norm(conv.weight.detach().flatten(1), 2) == pytest.approx(1, abs=0.05)


def _moved(*tensors: Tensor) -> bool:
    return any(one.grad is not None and bool(one.grad.abs().sum() > 0) for one in tensors)


def test_each_term_moves_its_own_network(vgg: Path) -> None:
    judge = Discriminator(4)
    visual = Visual(VisualRecipe(steps=1, perceptual=1.0, adversarial=0.1, vgg=vgg), judge)
    hr = rand(2, 3, 32, 32, seed=1)
    for name, expected in (
        ("perceptual", (True, False)),
        ("adversarial", (True, False)),
        ("discriminator", (False, True)),
    ):
        sr = rand(2, 3, 32, 32).requires_grad_()
        judge.zero_grad()
        losses_of(visual, sr, hr, judge)[name].backward()
        assert (_moved(sr), _moved(*judge.parameters())) == expected
    assert all(p.requires_grad for p in judge.parameters())
    assert not any(p.requires_grad for p in visual.parameters() if p.shape[0] != 4)


def test_the_terms_are_their_formulas(vgg: Path) -> None:
    judge = Discriminator(4).eval()
    visual = Visual(VisualRecipe(steps=1, perceptual=2.0, adversarial=0.5, vgg=vgg), judge)
    sr, hr = rand(2, 3, 32, 32), rand(2, 3, 32, 32, seed=1)
    losses = losses_of(visual, sr, hr, judge)
    net = VGG.from_file(vgg, 19)
    distances = [(a - b).abs().mean() for a, b in zip(net(sr), net(hr), strict=True)]
    expected = 2 * sum(w * d for w, d in zip((0.1, 0.1, 1, 1, 1), distances, strict=True))
    torch.testing.assert_close(losses["perceptual"], torch.as_tensor(expected))
    torch.testing.assert_close(losses["adversarial"], 0.5 * F.softplus(-judge(sr)).mean())
    both = F.softplus(-judge(hr)).mean() + F.softplus(judge(sr)).mean()
    torch.testing.assert_close(losses["discriminator"], both)
    assert losses_of(visual, hr, hr, judge)["perceptual"] == 0


def test_without_weights_there_is_nothing() -> None:
    assert losses_of(Visual(VisualRecipe(steps=1), None), rand(1, 3, 8, 8), rand(1, 3, 8, 8)) == {}


def test_a_stage_without_steps_needs_nothing() -> None:
    Visual(VisualRecipe(steps=0, perceptual=1.0, adversarial=0.1), None)


def test_vgg_is_read_when_it_is_needed(vgg: Path) -> None:
    with torch.device("meta"):
        visual = Visual(VisualRecipe(steps=1, perceptual=1.0, vgg=vgg), None)
    assert visual.loaded is None
    assert losses_of(visual, rand(1, 3, 32, 32), rand(1, 3, 32, 32, seed=1))["perceptual"] > 0
    assert isinstance(visual.loaded, VGG)


def test_lpips_takes_the_place_of_vgg(lpips: Path) -> None:
    visual = Visual(VisualRecipe(steps=1, perceptual=2.0, lpips=lpips), None)
    sr, hr = rand(2, 3, 44, 44).requires_grad_(), rand(2, 3, 44, 44, seed=1)
    loss = losses_of(visual, sr, hr)["perceptual"]
    loss.backward()
    distances = LPIPS.from_file(lpips)
    windows = [(..., slice(top, top + 41), slice(left, left + 41)) for top in range(4) for left in range(4)]

    def distance(window: tuple[Any, ...]) -> float:
        pair = [image.detach()[window] for image in (sr, hr)]
        larger = [F.interpolate(image, scale_factor=2, mode="bilinear") for image in pair]
        both = distances(*pair).mean() + distances(*larger).mean()  # with weight 2, half of each
        return float(both)

    allowed = [distance(window) for window in windows]
    assert min(abs(loss.item() - one) for one in allowed) < 1e-5
    assert _moved(sr)


def test_two_networks_for_one_loss_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        VisualRecipe(steps=1, perceptual=1.0, vgg=tmp_path / "vgg.pth", lpips=tmp_path / "lpips.pth")


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.MISSING_OPTION.matches):
        Visual(VisualRecipe(steps=1, perceptual=1.0), None)
    with pytest.raises(BlindSRError, check=Code.MISSING_OPTION.matches):
        Visual(VisualRecipe(steps=1, adversarial=0.1), None)
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        Visual(VisualRecipe(steps=1, perceptual=1.0, vgg=tmp_path / "none.pth"), None)
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        Visual(VisualRecipe(steps=1, perceptual=1.0, lpips=tmp_path / "none.pth"), None)
