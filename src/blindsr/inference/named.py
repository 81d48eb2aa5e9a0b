"""From a name to a method."""

import re
from pathlib import Path
from typing import Any

from blindsr import weights
from blindsr.contract import Method
from blindsr.errors import BlindSRError
from blindsr.inference.bicubic import Bicubic
from blindsr.inference.community import load_community

_SPARES = {4: ("mrda_x4.real", "dmsr_x4.light"), 2: ("dmsr_x2.light",)}
"""Weights by their scale, those first that are least likely to be led astray by what is no photograph."""


def spares(scale: int) -> tuple[str, ...]:
    """Names of models to try one after the other where another one of this scale fails; the last never does."""
    return (*_SPARES.get(scale, ()), f"bicubic_x{scale}")


def named(name: str | Path, detail: float | None = None) -> Method[Any]:
    """The method that a name stands for.

    Args:
        name: of weights in the package, such as ``cmdsr_x4.classic``, or in the folder ``BLINDSR_MODELS``; the path
            of a weights file, also of another network that spandrel can open (see `community`); or ``bicubic`` (x4;
            ``bicubic_x2`` and so on for other scales).
        detail: how far to move from weights for fidelity, 0, towards those for looks, 1; see
            `blindsr.weights.with_detail`.

    Raises:
        BlindSRError: there is none, or none with a choice of detail.
    """
    plain = re.fullmatch(r"bicubic(?:_x([1-9]\d?))?", str(name))
    if plain and detail is not None:
        raise BlindSRError(f"{name} does not support a choice of detail")
    if plain:
        return Bicubic(int(plain[1] or 4))
    if detail is not None:
        return weights.with_detail(name, detail).method
    path = weights.find(name)
    return load_community(path) if weights.is_foreign(path) else weights.load(path).method
