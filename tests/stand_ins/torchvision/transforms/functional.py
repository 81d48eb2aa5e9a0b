"""Two architectures of spandrel that blindsr does not open use these: LaMa (inpainting) and RestoreFormer (faces)."""

from enum import Enum
from typing import NoReturn


class InterpolationMode(Enum):
    """How pixels are interpolated."""

    BILINEAR = "bilinear"


def rotate(*_: object, **__: object) -> NoReturn:
    """Fail, for no test needs it."""
    raise NotImplementedError("the real torchvision rotates images")


def normalize(*_: object, **__: object) -> NoReturn:
    """Fail, for no test needs it."""
    raise NotImplementedError("the real torchvision normalises images")
