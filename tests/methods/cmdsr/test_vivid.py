"""The stage for looks: which loss moves which parameters."""

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.errors import BlindSRError, Code
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.methods.cmdsr.vivid import Vivid, VividRecipe, artefact_map
from blindsr.nn.perceptual import DISTS, LPIPS


def stage(lpips: Path | None = None, channels: int = 4, **changes: Any) -> Vivid:
    torch.default_generator.manual_seed(1)
    sizes = {"blocks": 1, "channels": 8, "support": 4, "patch": 12, "features": 16, "discriminator": channels}
    net = CMDSR(CMDSRConfig.model_validate({"denoise": 30, "end": "leaky", **sizes}))
    values = {"steps": 10, "tasks": 2, "images": 1, "crop": 56, "restored": 1, "lpips": lpips, **changes}
    return Vivid(net, VividRecipe.model_validate(values))


def run(one: Vivid) -> dict[str, Tensor]:
    count, size = one.crops
    coarse = torch.rand(count, 3, 7, 7, generator=torch.Generator().manual_seed(0))
    clean = F.interpolate(coarse, (size, size), mode="bilinear")
    losses: dict[str, Tensor] = one(clean, torch.Generator().manual_seed(1), 1)
    return losses


def test_the_discriminator_learns_from_its_own_loss_alone(lpips: Path) -> None:
    one = stage(lpips, adversarial=0.5, matching=0.3, artefacts=0.2)
    losses = run(one)
    assert set(losses) == {
        "loss", "pixels", "perceptual", "artefacts", "adversarial", "matching", "discriminator"
    }  # fmt: skip
    torch.testing.assert_close(losses["loss"], sum(loss for name, loss in losses.items() if name != "loss"))
    losses["loss"].backward()
    base, adversary = one.groups()
    assert all(p.grad is not None and bool(p.grad.any()) for p in adversary.parameters if p.ndim == 4)
    assert any(p.grad is not None and bool(p.grad.any()) for p in base.parameters)
    assert one.method.condition_net is not None
    assert all(p.grad is None for p in one.method.condition_net.parameters())
    with_only = [p.grad.clone() for p in adversary.parameters if p.grad is not None]
    again = stage(lpips, adversarial=5.0, matching=3.0, artefacts=0.2)
    run(again)["loss"].backward()
    for a, b in zip(with_only, (p.grad for p in again.groups()[1].parameters if p.grad is not None), strict=True):
        torch.testing.assert_close(a, b)


def test_without_weights_there_is_no_adversary(lpips: Path) -> None:
    one = stage(lpips, channels=0)
    assert set(run(one)) == {"loss", "pixels", "perceptual"}
    assert len(one.groups()) == 1


def test_dists_can_be_added_to_lpips_or_replace_it(lpips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = DISTS()
    for weights in (net.alpha, net.beta):
        weights.fill_(0.1)
    monkeypatch.setattr(DISTS, "from_file", lambda _path: net)
    both = run(stage(lpips, vgg=lpips, dists=0.5))
    alone = run(stage(vgg=lpips, dists=1.0, perceptual=0.0))
    assert set(both) == {"loss", "pixels", "perceptual", "dists"}
    assert "perceptual" not in alone
    assert float(both["dists"]) > 0
    torch.testing.assert_close(2 * both["dists"], alone["dists"])


def test_what_is_missing_is_said_before_anything_trains(tmp_path: Path) -> None:
    for missing in (None, tmp_path / "none.safetensors"):
        with pytest.raises(BlindSRError, check=Code.MISSING_OPTION.matches):
            stage(missing)
        with pytest.raises(BlindSRError, check=Code.MISSING_OPTION.matches):
            stage(perceptual=0.0, dists=1.0, vgg=missing)
    with pytest.raises(BlindSRError, check=Code.MISSING_OPTION.matches):
        stage(channels=0, perceptual=0.0, adversarial=1.0)
    stage(steps=0)


def test_artefacts_are_structure_that_the_photograph_lacks() -> None:
    source = torch.Generator().manual_seed(0)
    texture = torch.rand(1, 3, 40, 40, generator=source)
    flat = torch.full((1, 3, 40, 40), 0.5)
    wrong = 0.2 * torch.rand(1, 3, 40, 40, generator=source)
    assert float(artefact_map(flat, flat).max()) < 1e-3
    assert float(artefact_map(flat + wrong, flat).mean()) > 0.9
    assert float(artefact_map(texture + 0.05, texture).mean()) < 0.01  # another brightness is no structure
    assert float(artefact_map(texture + wrong, texture).mean()) < 0.5


def test_lpips_sees_patches_at_every_phase(lpips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, corners = stage(lpips), set()
    forward = LPIPS.forward

    def recorded(self: LPIPS, a: Tensor, b: Tensor) -> Tensor:
        corners.add(float(a[0, 0, 0, 0]))
        return forward(self, a, b)

    monkeypatch.setattr(LPIPS, "forward", recorded)
    image = torch.rand(1, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    for step in range(200):
        one._perceptual(image, image, torch.Generator().manual_seed(step))
    assert corners == set(image[0, 0, :4, :4].flatten().tolist())
