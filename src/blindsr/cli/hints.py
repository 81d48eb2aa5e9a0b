"""What a user knows of a photograph, from options to `Hints`."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from blindsr.cli.duration import seconds
from blindsr.errors import BlindSRError

if TYPE_CHECKING:
    from torch import Tensor

    from blindsr.contract import Hints

_LEAST_SIDE = 15
"""Side of the kernels that most methods were trained with, HR pixels."""


def read(
    *,
    support: Sequence[Path] | None = None,
    kernel: Path | None = None,
    blur: float | None = None,
    noise: float | None = None,
    denoise: float | None = None,
    steps: int | None = None,
    time_limit: str | None = None,
) -> "Hints":
    """Read the files that options name and check the numbers.

    Args:
        support: images degraded alike.
        kernel: a file that holds a blur kernel.
        blur: standard deviation of a Gaussian kernel instead, HR pixels.
        noise: standard deviation on the 0..255 scale.
        denoise: factor of the noise that was found.
        steps: gradient steps.
        time_limit: as ``45s``.

    Raises:
        BlindSRError: a file that cannot be read, or numbers that make no sense.
    """
    from blindsr import images
    from blindsr.contract import Hints
    from blindsr.inference.transparency import seen_as

    for name, value in (("noise", noise), ("denoise", denoise)):
        if value is not None and not (math.isfinite(value) and value >= 0):
            raise BlindSRError(f"expected --{name} to be a number of at least 0, got {value}")
    return Hints(
        support=[seen_as(images.read(path)) for path in support] if support else None,
        kernel=_kernel(kernel, blur),
        noise=noise,
        denoise=denoise,
        steps=steps,
        seconds=None if time_limit is None else seconds(time_limit),
    )


def _kernel(path: Path | None, blur: float | None) -> "Tensor | None":
    from blindsr.degrade import kernels
    from blindsr.degrade.kernel_io import load_kernel

    if path is not None and blur is not None:
        raise BlindSRError("give either --kernel or --blur: both say what the blur kernel is")
    if path is not None:
        return load_kernel(path)
    if blur is None:
        return None
    if not (math.isfinite(blur) and 0 < blur <= 20):
        raise BlindSRError(f"expected --blur to be a width between 0 and 20 pixels, got {blur}")
    return kernels.gaussian(max(_LEAST_SIDE, 2 * math.ceil(3 * blur) + 1), blur)
