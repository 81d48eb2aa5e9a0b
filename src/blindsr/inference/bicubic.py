"""Bicubic interpolation as a method, the baseline."""

import pydantic
import torch
from torch import Tensor

from blindsr.contract import Hints, Method, StrictModel, Traits, check_image
from blindsr.degrade.resample import resize


class BicubicConfig(StrictModel):
    """Configuration of bicubic interpolation."""

    scale: int = pydantic.Field(gt=0)


class Bicubic(Method[None]):
    """MATLAB's bicubic interpolation; it has no weights and no condition."""

    Config = BicubicConfig
    config: BicubicConfig

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.config = BicubicConfig(scale=scale)

    @property
    def traits(self) -> Traits:
        return Traits(scale=self.config.scale, margin=4)

    def condition(self, lr: Tensor, *, generator: torch.Generator, hints: Hints = Hints()) -> None:
        """Return None."""

    def restore(self, lr: Tensor, condition: None) -> Tensor:
        check_image(lr)
        with torch.autocast(lr.device.type, enabled=False):
            return resize(lr.float(), self.config.scale)
