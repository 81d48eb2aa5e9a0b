"""Perceptual and adversarial losses of Eq. 3 for the real-world setting, as in Real-ESRGAN.

Perceptual: Johnson et al., ECCV 2016, or LPIPS (Zhang et al., CVPR 2018); adversarial, with a U-Net
discriminator per pixel: Wang et al., ICCVW 2021.
"""

from itertools import pairwise
from pathlib import Path
from typing import Self

import torch
import torch.nn.functional as F
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from blindsr.contract import StageRecipe
from blindsr.errors import BlindSRError, Code
from blindsr.nn.blocks import frozen
from blindsr.nn.perceptual import LPIPS, VGG
from blindsr.nn.perceptual.windows import positions_of, window_of_any_phase

_WEIGHTS = (0.1, 0.1, 1.0, 1.0, 1.0)
"""Weights of the last convolution before each pooling of VGG-19."""
_SLOPE = 0.2


class VisualRecipe(StageRecipe):
    """Eq. 3; both weights are 0 for the classic settings."""

    perceptual: float = Field(0.0, ge=0, description="weight of L_per of Eq. 3; Real-ESRGAN has 1")
    adversarial: float = Field(0.0, ge=0, description="weight of L_adv of Eq. 3; Real-ESRGAN has 0.1")
    vgg: Path | None = Field(None, description="file of VGG-19's weights as torchvision names them, for L_per")
    lpips: Path | None = Field(None, description="file of the weights of LPIPS on AlexNet, for L_per without VGG-19")
    adversary: float = Field(1e-4, gt=0, description="learning rate of the discriminator")

    @model_validator(mode="after")
    def _one_perceptual_loss(self) -> Self:
        if self.vgg and self.lpips:
            raise ValueError("vgg and lpips are two networks for the perceptual loss; set one of them")
        return self


class Discriminator(nn.Module):
    """U-Net of Real-ESRGAN with spectral normalisation: from an image to a logit per pixel."""

    def __init__(self, channels: int = 64) -> None:
        super().__init__()
        c = channels
        self.first = nn.Conv2d(3, c, 3, padding=1)
        self.down = nn.ModuleList(
            spectral_norm(nn.Conv2d(i, o, 4, stride=2, padding=1, bias=False))
            for i, o in pairwise((c, 2 * c, 4 * c, 8 * c))
        )
        self.up = nn.ModuleList(
            spectral_norm(nn.Conv2d(i, o, 3, padding=1, bias=False)) for i, o in pairwise((8 * c, 4 * c, 2 * c, c))
        )
        self.after = nn.ModuleList(spectral_norm(nn.Conv2d(c, c, 3, padding=1, bias=False)) for _ in range(2))
        self.last = nn.Conv2d(c, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(n, 3, h, w)`` to logits ``(n, 1, h, w)``, positive for photographs; sides are multiples of 8."""
        skips = [F.leaky_relu(self.first(x), _SLOPE)]
        for conv in self.down:
            skips.append(F.leaky_relu(conv(skips[-1]), _SLOPE))
        y = skips.pop()
        for conv in self.up:
            enlarged = F.interpolate(y, scale_factor=2, mode="bilinear", align_corners=False)
            y = F.leaky_relu(conv(enlarged), _SLOPE) + skips.pop()
        for conv in self.after:
            y = F.leaky_relu(conv(y), _SLOPE)
        judged: Tensor = self.last(y)
        return judged


class Visual(nn.Module):
    """L_per and L_adv, and the loss of the discriminator."""

    def __init__(self, recipe: VisualRecipe, discriminator: Discriminator | None) -> None:
        """Check that the networks of the losses are available, unless the recipe has no steps; files are read later.

        Raises:
            BlindSRError: there is no file for the perceptual loss, or no discriminator in the model.
        """
        super().__init__()
        if recipe.steps and recipe.perceptual:
            _check_file(recipe.lpips or recipe.vgg)
        if recipe.steps and recipe.adversarial and discriminator is None:
            raise BlindSRError(
                "the adversarial loss needs a discriminator: --set model.discriminator=64", Code.MISSING_OPTION
            )
        self.recipe = recipe
        self.loaded: LPIPS | VGG | None = None

    def forward(
        self, sr: Tensor, hr: Tensor, discriminator: Discriminator | None, generator: torch.Generator
    ) -> dict[str, Tensor]:
        """Compute weighted losses of ``(n, 3, h, w)``; each network receives only the gradient of its own losses."""
        losses = {}
        if self.recipe.perceptual:
            losses["perceptual"] = self.recipe.perceptual * self._perceptual(sr, hr, generator)
        if self.recipe.adversarial and discriminator is not None:
            with frozen(discriminator):
                losses["adversarial"] = self.recipe.adversarial * _taken_for(1.0, discriminator(sr))
            losses["discriminator"] = _taken_for(1.0, discriminator(hr)) + _taken_for(0.0, discriminator(sr.detach()))
        return losses

    def _perceptual(self, sr: Tensor, hr: Tensor, generator: torch.Generator) -> Tensor:
        """L_per: LPIPS, or distances of VGG-19's features."""
        net = self._network(sr.device)
        if isinstance(net, LPIPS):
            window = window_of_any_phase(sr.shape[-1], positions_of(generator))
            return _at_two_sizes(net, sr[window], hr[window])
        with torch.no_grad():
            wanted = net(hr)
        distances = [F.l1_loss(a.float(), b.float()) for a, b in zip(net(sr), wanted, strict=True)]
        return torch.stack([weight * one for weight, one in zip(_WEIGHTS, distances, strict=True)]).sum()

    def _network(self, device: torch.device) -> LPIPS | VGG:
        """Return the network of the perceptual loss, read at first use."""
        if self.loaded is None:
            self.loaded = self._load().to(device)
        return self.loaded

    def _load(self) -> LPIPS | VGG:
        if self.recipe.lpips is not None:
            return LPIPS.from_file(self.recipe.lpips)
        assert self.recipe.vgg is not None
        return VGG.from_file(self.recipe.vgg, 19)


def _at_two_sizes(lpips: LPIPS, sr: Tensor, hr: Tensor) -> Tensor:
    """LPIPS of images as they are and enlarged twice, half of each.

    AlexNet's first convolution has stride 4 and hardly sees patterns of that period, which sub-pixel convolutions make.
    """
    larger = [F.interpolate(image, scale_factor=2, mode="bilinear", align_corners=False) for image in (sr, hr)]
    distance: Tensor = (lpips(sr, hr).mean() + lpips(*larger).mean()) / 2
    return distance


def _check_file(path: Path | None) -> None:
    """Check that a file exists before training, instead of when its stage starts."""
    if path is None:
        raise BlindSRError(
            "the perceptual loss needs VGG-19 or LPIPS: set the file of its weights with --set STAGE.vgg=FILE or "
            "--set STAGE.lpips=FILE",
            Code.MISSING_OPTION,
        )
    if not path.is_file():
        raise BlindSRError(f"the weights of the perceptual loss, {path}, do not exist", Code.FILE_NOT_FOUND)


def _taken_for(truth: float, logits: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits.float(), torch.full_like(logits, truth, dtype=torch.float32))
