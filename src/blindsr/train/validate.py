"""Validation on held-out photographs."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from blindsr.contract import Hints, Method, Pairs, Stage
from blindsr.degrade.families import Family
from blindsr.degrade.resample import resize
from blindsr.evaluate import metrics
from blindsr.images import modcrop
from blindsr.photos import Photos

_LARGEST = 256
Restore = Callable[[Method[Any], Pairs, Hints, torch.Generator], Tensor]
"""Restores a held-out photograph, ``(1, 3, s*h, s*w)``, by a method with hints and a source of randomness."""


@runtime_checkable
class Intermediate(Protocol):
    """Stage of a network that only later stages use; it is validated if the run ends with it."""

    def validate(self, method: Method[Any], pair: Pairs) -> Tensor:
        """Restore a held-out photograph by the network, which may use the HR image and the true degradation.

        Args:
            method: all networks, with averaged weights.
            pair: the photograph.
        """


def restore_for(stage: Stage, *, last: bool) -> Restore | None:
    """Return the function that validates a stage; None if the stage is not validated.

    Args:
        stage: the stage.
        last: whether the run ends with it.
    """
    if stage.validates:
        return _restore
    if last and isinstance(stage, Intermediate):
        own = stage
        return lambda method, pair, *_: own.validate(method, pair)
    return None


def _restore(method: Method[Any], pair: Pairs, hints: Hints, generator: torch.Generator) -> Tensor:
    """Restore as in use, from the LR image and the hints."""
    sr: Tensor = method.restore(pair.lr, method.condition(pair.lr, generator=generator, hints=hints))
    return sr


@dataclass(frozen=True)
class Validation:
    """Centres of the held-out photographs, degraded once by the family used for training."""

    pairs: list[Pairs]
    """One photograph each."""
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
            pairs.append(Pairs(hr.to(device), degradation.apply(hr).to(device), degradation.to(device)))
            known = {"kernel": degradation.kernels[0].to(device), "noise": float(degradation.noise[0])}
            hints.append(Hints(**{name: value for name, value in known.items() if name in oracle_hints}))  # type: ignore[arg-type]
        convention = metrics.luma_convention(family.scale)
        scores = [metrics.psnr(resize(one.lr, family.scale), one.hr, convention) for one in pairs]
        return cls(pairs, hints, family.scale, float(torch.cat(scores).mean()))

    @torch.no_grad()
    def run(
        self, method: Method[Any], autocast: AbstractContextManager[Any], restore: Restore = _restore
    ) -> dict[str, float]:
        """Return the mean PSNR on luma of a method and of bicubic interpolation, dB."""
        scores = []
        with autocast:
            for i, (pair, hints) in enumerate(zip(self.pairs, self.hints, strict=True)):
                sr = restore(method, pair, hints, torch.Generator().manual_seed(i))
                scores.append(metrics.psnr(sr, pair.hr, metrics.luma_convention(self.scale)))
        return {"psnr": float(torch.cat(scores).mean()), "bicubic": self.bicubic}


def _middle(photo: Tensor) -> Tensor:
    height, width = (min(side, _LARGEST) for side in photo.shape[1:])
    top, left = (photo.shape[1] - height) // 2, (photo.shape[2] - width) // 2
    return photo[:, top : top + height, left : left + width]
