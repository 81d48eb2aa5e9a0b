"""Degradations whose steps differ from image to image."""

from abc import abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from blindsr.degrade.blur import blur
from blindsr.degrade.process import Degradation
from blindsr.errors import BlindSRError


@dataclass(frozen=True, eq=False)
class IndividualDegradation(Degradation):
    """Degradation of a batch whose steps after the first blur differ between images."""

    def apply(self, hr: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Degrade a batch, like `Degradation.apply`.

        On a CPU, images are processed one by one, which uses its cache and libjpeg; on other devices, all at once
        (`canvas`), unless the noise of each row is drawn from its seed.
        """
        self._check_count(hr)
        return self._after_blur(self._blurred(hr), generator)

    def _check_count(self, hr: Tensor) -> None:
        if len(hr) != len(self):
            raise BlindSRError(f"{len(hr)} images but {len(self)} degradations; expected one per image")

    def _after_blur(self, blurred: Tensor, generator: torch.Generator | None) -> Tensor:
        """Apply all steps after the first blur to its results ``(n, 3, h, w)``."""
        if generator is not None and blurred.device.type != "cpu":
            return self._after_blur_together(blurred, generator)
        size = self._lr_size(blurred)
        rows = [self[i : i + 1]._finish(blurred[i : i + 1], size, generator) for i in range(len(self))]
        return torch.cat(rows)

    def _after_blur_together(self, blurred: Tensor, source: torch.Generator) -> Tensor:
        """Batched `_after_blur`, on the device of ``blurred``."""
        return self.to(blurred.device)._finish_together(blurred, self._lr_size(blurred), source)

    def _lr_size(self, hr: Tensor) -> tuple[int, int]:
        return hr.shape[-2] // self.scale, hr.shape[-1] // self.scale

    def _blurred(self, hr: Tensor) -> Tensor:
        return blur(hr, self.kernels, self.border)

    @abstractmethod
    def _finish(self, x: Tensor, size: tuple[int, int], generator: torch.Generator | None) -> Tensor:
        """Apply all steps after the first blur, for a single row."""

    @abstractmethod
    def _finish_together(self, x: Tensor, size: tuple[int, int], source: torch.Generator) -> Tensor:
        """Batched `_finish` for all rows, which are on the device of ``x``."""
