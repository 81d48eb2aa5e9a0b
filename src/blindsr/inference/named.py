"""Methods by name."""

import re
from pathlib import Path
from typing import Any

from blindsr import weights
from blindsr.contract import Method
from blindsr.errors import BlindSRError, Code
from blindsr.inference.bicubic import Bicubic
from blindsr.inference.community import load_community
from blindsr.weights import hub


def fallback_models(scale: int) -> tuple[str, ...]:
    """Return the names of fallback models of a scale, in order; the last is bicubic interpolation."""
    return (*(name for name in weights.with_role("fallback") if f"_x{scale}." in name), f"bicubic_x{scale}")


def load_method(name: str | Path, detail: float | None = None) -> Method[Any]:
    """Load a method by name.

    Args:
        name: name of weights in the package, such as ``cmdsr_x4.classic``, or in the folder ``BLINDSR_MODELS``; path of
            a weights file, including those of other networks that spandrel supports (see `community`); or ``bicubic``
            (x4; ``bicubic_x2`` and so on for other scales).
        detail: position between weights for fidelity, 0, and weights for perceptual quality, 1; see
            `blindsr.weights.load_with_detail`.

    Raises:
        BlindSRError: unknown model, or it does not support ``detail``.
    """
    plain = re.fullmatch(r"bicubic(?:_x([1-9]\d?))?", str(name))
    if plain and detail is not None:
        raise BlindSRError(f"{name} does not support detail", Code.UNSUPPORTED_OPTION)
    if plain:
        return Bicubic(int(plain[1] or 4))
    if detail is not None:
        return weights.load_with_detail(name, detail).method
    path = weights.find_weights(name)
    return load_community(path) if weights.is_foreign(path) else weights.load_weights(path).method


def load_pretrained(name: str | Path, revision: str | None = None) -> Method[Any]:
    """Load a method from the Hugging Face Hub, a folder, or by name; see `Method.from_pretrained`.

    Raises:
        BlindSRError: unknown weights, or a revision without a name on the Hub.
    """
    return load_method(hub.location(name, revision))
