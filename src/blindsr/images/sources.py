"""Everything that a picture can be made of: files, arrays, PIL images and tensors."""

import os
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from blindsr.errors import BlindSRError
from blindsr.images.picture import Picture
from blindsr.images.read import read

Source: TypeAlias = Picture | str | os.PathLike[str] | NDArray[Any] | Image.Image | Tensor
"""Input of `Upscaler.upscale`: a picture, a path, an array or PIL image (see `Picture.from_array`), or a tensor
``(3, h, w)`` in [0, 1]."""


def to_picture(source: Source) -> Picture:
    """Convert a source to a picture."""
    if isinstance(source, Picture):
        return source
    if isinstance(source, Tensor):
        return Picture(source)
    if isinstance(source, str | os.PathLike):
        return read(Path(source))
    if not isinstance(source, np.ndarray | Image.Image):
        raise BlindSRError(
            f"expected a picture, the path of a file, an array, a PIL image or a tensor, got {type(source).__name__}"
        )
    return Picture.from_array(source)
