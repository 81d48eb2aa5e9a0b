"""Validation on held-out photographs."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from blindsr.contract import Hints, Method
from blindsr.degrade.families import Family
from blindsr.degrade.resample import resize
from blindsr.evaluate import metrics
from blindsr.images import modcrop
from blindsr.photos import Photos

_LARGEST = 256


@dataclass(frozen=True)
class Validation:
    """Centres of the held-out photographs, degraded once by the family used for training."""

    pairs: list[tuple[Tensor, Tensor]]
    """LR and HR images, ``(1, 3, h, w)``."""
    hints: list[Hints]
    """Hints for each image."""
    scale: int
    bicubic: float
    """PSNR of bicubic enlargement, dB."""

    @classmethod
    def prepare(
        cls, photos: Photos, family: Family, device: torch.device, oracle_hints: frozenset[str] = frozenset()
    ) -> "Validation":
        """Degrade the centre of each photograph, with a fixed seed.

        Args:
            photos: clean photographs.
            family: distribution of their degradations.
            device: device that restores them.
            oracle_hints: ground truth that is passed as hints: ``kernel``, ``noise``.
        """
        pairs, hints = [], []
        for i, photo in enumerate(photos.pixels):
            hr = modcrop(_middle(photo)[None].float() / 255, family.scale)
            degradation = family.sample(1, i)
            pairs.append((degradation.apply(hr).to(device), hr.to(device)))
            known = {"kernel": degradation.kernels[0].to(device), "noise": float(degradation.noise[0])}
            hints.append(Hints(**{name: value for name, value in known.items() if name in oracle_hints}))  # type: ignore[arg-type]
        convention = metrics.luma_convention(family.scale)
        scores = [metrics.psnr(resize(lr, family.scale), hr, convention) for lr, hr in pairs]
        return cls(pairs, hints, family.scale, float(torch.cat(scores).mean()))

    @torch.no_grad()
    def run(self, method: Method[Any], autocast: AbstractContextManager[Any]) -> dict[str, float]:
        """Return the mean PSNR on luma of a method and of bicubic interpolation, dB."""
        scores = []
        with autocast:
            for i, (lr, hr) in enumerate(self.pairs):
                generator = torch.Generator().manual_seed(i)
                condition = method.condition(lr, generator=generator, hints=self.hints[i])
                scores.append(metrics.psnr(method.restore(lr, condition), hr, metrics.luma_convention(self.scale)))
        return {"psnr": float(torch.cat(scores).mean()), "bicubic": self.bicubic}


def _middle(photo: Tensor) -> Tensor:
    height, width = (min(side, _LARGEST) for side in photo.shape[1:])
    top, left = (photo.shape[1] - height) // 2, (photo.shape[2] - width) // 2
    return photo[:, top : top + height, left : left + width]
