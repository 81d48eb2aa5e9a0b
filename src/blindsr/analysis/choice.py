"""Which model suits a photograph, and why."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from blindsr.analysis.native import safe
from blindsr.analysis.report import Analysis, analyze
from blindsr.contract import Hints
from blindsr.errors import BlindSRError
from blindsr.inference.upscaler import Source, Upscaler

GENERAL = "dmsr_x4.light"
"""The weights for whatever is not clean."""
COMPRESSED = "mrda_x4.real"
"""The weights for what JPEG has left marks on, which all others take for detail."""
ESTIMATOR = "mzsr_x2.bicubic"
"""The weights that photographs are analysed with."""
_NOISE, _JPEG = 4.0, 92
"""Noise (0..255) above the one, and JPEG quality below the other, has to be removed, not only not to be sharpened."""


@dataclass(frozen=True)
class Choice:
    """A model for a photograph."""

    model: str
    reasons: tuple[str, ...]
    """In words, each the end of a sentence."""
    native: float
    """The fraction of its side that the photograph is shrunk to before it is restored."""


def choose(analysis: Analysis, factor: float) -> Choice:
    """The model among those of the package that suits what was found out.

    A model that was trained without noise takes it for detail; one that learns the photograph itself restores a clean
    one best, but here only at x2 are its weights for photographs, whose pixels are means over an area.

    Args:
        analysis: of the photograph.
        factor: how much larger the result is to be.
    """
    noise, model = float(analysis.estimate.noise.max()), unseen(analysis.jpeg)
    reasons = [f"its noise is about {noise:.0f} of 255"]
    if model == COMPRESSED:
        reasons.append(f"it was compressed by JPEG at quality {analysis.jpeg}")
    clean = noise < _NOISE and model == GENERAL
    small = factor <= 2 and analysis.native == 1
    reasons.append(f"it is to be enlarged {factor:.3g} times")
    if analysis.native < 1:
        reasons.append(f"it fills {analysis.native:.0%} of its pixels a side")
    return Choice("mzsr_x2.bicubic" if clean and small else model, tuple(reasons), safe(analysis.native))


def unseen(jpeg: int | None) -> str:
    """The model for an image of which no more is known than the JPEG quality that its file tells, or None."""
    return GENERAL if jpeg is None or jpeg >= _JPEG else COMPRESSED


class Auto:
    """Chooses for each photograph; every model is loaded when it is first wanted, and once."""

    scale = 4
    """Of the largest model that may be chosen."""

    def __init__(self, load: Callable[[str], Upscaler], factor: float = 4.0) -> None:
        """Choose among models of the package.

        Args:
            load: from the name of weights to what restores.
            factor: how much larger the results are to be.
        """
        self.load = cache(load)
        self.factor = factor

    @property
    def largest(self) -> Upscaler:
        """The model that takes most memory."""
        return self.load(GENERAL)

    def check(self, hints: Hints) -> None:
        """Refuse all hints: not every model that may be chosen can use them."""
        if hints.given():
            raise BlindSRError(f"name a model to tell it about {' and '.join(hints.given())}")

    def choose(self, source: Source, jpeg: int | None) -> tuple[Upscaler, Choice]:
        """The model for a picture whose file tells a JPEG quality, or None."""
        choice = choose(analyze(source, self.load(ESTIMATOR), jpeg=jpeg), self.factor)
        return self.load(choice.model), choice
