"""Validation on photographs held out of training, never on benchmarks."""

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
    """The middle of each held-out photograph, degraded once and for all by the family that is trained on."""

    pairs: list[tuple[Tensor, Tensor]]
    """LR and HR images, ``(1, 3, h, w)``."""
    kernels: list[Tensor]
    """Each one's blur kernel ``(k, k)``, for methods that are given it in their papers."""
    scale: int
    bicubic: float
    """PSNR of bicubic enlargement, dB."""

    @classmethod
    def prepare(cls, photos: Photos, family: Family, device: torch.device) -> "Validation":
        """Degrade the photographs, each by its own draw from the family under a fixed seed."""
        pairs, kernels = [], []
        for i, photo in enumerate(photos.pixels):
            hr = modcrop(_middle(photo)[None].float() / 255, family.scale)
            degradation = family.sample(1, i)
            pairs.append((degradation.apply(hr).to(device), hr.to(device)))
            kernels.append(degradation.kernels[0].to(device))
        convention = metrics.y(family.scale)
        scores = [metrics.psnr(resize(lr, family.scale), hr, convention) for lr, hr in pairs]
        return cls(pairs, kernels, family.scale, float(torch.cat(scores).mean()))

    @torch.no_grad()
    def run(self, method: Method[Any], autocast: AbstractContextManager[Any]) -> dict[str, float]:
        """Mean PSNR of a method on the luma, beside bicubic's, dB."""
        scores = []
        with autocast:
            for i, (lr, hr) in enumerate(self.pairs):
                hints = Hints(kernel=self.kernels[i] if "kernel" in method.understands else None)
                condition = method.condition(lr, generator=torch.Generator().manual_seed(i), hints=hints)
                scores.append(metrics.psnr(method.restore(lr, condition), hr, metrics.y(self.scale)))
        return {"psnr": float(torch.cat(scores).mean()), "bicubic": self.bicubic}


def _middle(photo: Tensor) -> Tensor:
    height, width = (min(side, _LARGEST) for side in photo.shape[1:])
    top, left = (photo.shape[1] - height) // 2, (photo.shape[2] - width) // 2
    return photo[:, top : top + height, left : left + width]
