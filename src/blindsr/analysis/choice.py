"""Selection of a model for a photograph.

General weights, for photographs with unknown degradations, are selected unless a photograph certainly belongs to a
narrower family that other weights were trained for, and those weights show no artefacts on a few windows. Measurements
alone rarely prove that a photograph is clean and sharp, so weights for such photographs are compared with the general
ones on the same windows. Families are defined in the list of weights (see
`blindsr.weights.suits`); no weights are named here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from blindsr.analysis.comparison import LEAST, compare
from blindsr.analysis.native import shrink_factor
from blindsr.analysis.report import Analysis, analyze
from blindsr.analysis.trial import judge, judge_model
from blindsr.contract import Hints
from blindsr.errors import BlindSRError, Code
from blindsr.images import Picture
from blindsr.images.sources import Source, to_picture
from blindsr.inference.upscaler import Upscaler
from blindsr.weights.suits import Suitability, selectable

_SURE = 0.7
"""Smallest confidence at which a blur estimate is used."""
_FULL = 0.5
"""Smallest native resolution for a comparison; below it, a photograph was enlarged or is out of focus."""


@dataclass(frozen=True)
class Choice:
    """A model selected for a photograph."""

    model: str
    reason: str
    """Reason for the selection, as a sentence."""
    detail: float = 0.0
    """Position between weights for fidelity, 0, and weights for perceptual quality, 1."""
    native: float = 1.0
    """Fraction of the side that the photograph is reduced to before restoration."""
    noise: float = 0.0
    """Noise level of the photograph, 0..255."""
    clean: bool = False
    """Whether the photograph certainly has neither noise nor JPEG blocks."""

    def check_result(self, picture: Picture, result: Picture) -> str | None:
        """Return a warning if a result has more artefacts than bicubic interpolation, else None."""
        harm = judge(picture, result, self.noise, clean=self.clean).defect
        return None if harm is None else f"the result may be worse than bicubic interpolation: {harm}"


class Auto:
    """Selects a model for each photograph; models are loaded once, on demand."""

    scale = 4
    """Scale of the largest model that may be selected."""

    def __init__(
        self,
        load: Callable[..., Upscaler],
        factor: float | None = None,
        among: Mapping[str, Suitability] | None = None,
        detail: float | None = None,
    ) -> None:
        """Prepare the selection.

        Args:
            load: loads an upscaler by the name of its weights and, if it is not 0, by the keyword ``detail``.
            factor: requested enlargement; 4 if not given.
            among: candidate weights in order of preference; those of the package if not given.
            detail: position between weights for fidelity, 0, and weights for perceptual quality, 1; if not given, the
                list of weights decides it.
        """
        self.load = cache(load)
        self.factor = float(self.scale) if factor is None else factor
        self.suited = selectable() if among is None else among
        self._detail = detail

    @property
    def general_name(self) -> str:
        """Name of the general-purpose weights, for photographs of unknown degradation."""
        return next(name for name, suits in self.suited.items() if suits.anything and self.factor <= suits.factor)

    @property
    def general_model(self) -> Upscaler:
        """Model with these weights, which also restores images that are too large to be analysed."""
        return self.load_chosen(self.general_name)

    def detail_of(self, name: str) -> float:
        """Return the detail with which some weights restore photographs; 0 for weights that are never selected."""
        if self._detail is not None:
            return self._detail
        return self.suited[name].detail if name in self.suited else 0.0

    def load_chosen(self, name: str) -> Upscaler:
        """Load the weights that were selected, with their detail; trials and comparisons are made without it."""
        detail = self.detail_of(name)
        return self.load(name, detail=detail) if detail else self.load(name)

    def check(self, hints: Hints) -> None:
        """Refuse hints, since not every candidate supports them."""
        if hints.given():
            raise BlindSRError(
                f"'auto' does not support {' and '.join(hints.given())}; name a model", Code.UNSUPPORTED_OPTION
            )

    def first_supporting(self, given: list[str]) -> str:
        """Return the first weights that support some hints, preferring general weights for the enlargement.

        Raises:
            BlindSRError: no weights support all hints.
        """

        def rank(name: str) -> tuple[bool, bool]:
            suits = self.suited[name]
            return suits.anything and self.factor > suits.factor, not suits.anything

        for name in sorted(self.suited, key=rank):
            if set(given) <= self.load(name).method.supported_hints:
                return name
        raise BlindSRError(
            f"no model of 'auto' supports {' and '.join(given)} together; name one with --model",
            Code.UNSUPPORTED_OPTION,
        )

    def choose(self, source: Source, jpeg: int | None) -> tuple[Upscaler, Choice]:
        """Select a model for a picture; ``jpeg`` is the JPEG quality of its file, or None."""
        picture = to_picture(source)
        choice = self.decide(analyze(picture, jpeg=jpeg), picture)
        return self.load_chosen(choice.model), choice

    def decide(self, analysis: Analysis, picture: Picture | None = None) -> Choice:
        """Select a model for an analysed photograph; models are tried only if the picture is given.

        At most one of the narrower models is tried or compared, to limit the cost.
        """
        choice = self._decide(analysis, picture)
        return replace(choice, detail=self.detail_of(choice.model))

    def _decide(self, analysis: Analysis, picture: Picture | None) -> Choice:
        if picture is not None:
            compared = self._compared(analysis, picture)
            if compared is not None:
                return compared
        found = describe(analysis)
        noise = 0.0 if analysis.noise is None else analysis.noise.level
        native, clean = shrink_factor(analysis.native), analysis.clean
        whole = 1.0 if self.suited[self.general_name].enlarged else native
        narrow = (
            name
            for name, suits in self.suited.items()
            if lies_in(analysis, suits, self.factor) and (picture is None or not suits.compared)
        )
        name = next(narrow, self.general_name)
        if self.suited[name].anything:
            because = f"{found}, so the general-purpose weights restore it"
            return Choice(name, because, native=whole, noise=noise, clean=clean)
        if picture is not None:
            harm = self._harm(name, picture, noise, clean=analysis.clean)
            if harm is not None:
                because = f"{found}, but {name} failed a test on a part of it ({harm})"
                because += ", so the general-purpose weights restore it"
                return Choice(self.general_name, because, native=whole, noise=noise, clean=clean)
            found += f", and {name} passed a test on a part of it"
        because = f"{found}, so weights for such photographs restore it"
        return Choice(name, because, native=native, noise=noise, clean=clean)

    def _compared(self, analysis: Analysis, picture: Picture) -> Choice | None:
        """Choose weights for clean, sharp photographs if the comparison predicts that they are better."""
        for name, suits in self.suited.items():
            if suits.compared and can_be_compared(analysis, suits, self.factor):
                narrow = self.load(name)
                general = self._general_model_of(narrow.scale)
                if general is not None and compare(narrow, general, picture).better:
                    because = "tried on a part of it, weights made for sharp photographs without noise do better than "
                    because += "the general-purpose weights, so they restore it"
                    return Choice(name, because, clean=True)
        return None

    def _general_model_of(self, scale: int) -> Upscaler | None:
        models = (self.load(name) for name, suits in self.suited.items() if suits.anything)
        return next((model for model in models if model.scale == scale), None)

    def default_choice(self) -> tuple[Upscaler, Choice]:
        """Model for an image that is too large to be analysed whole."""
        because = "the image goes through memory in strips, so the general-purpose weights restore it"
        return self.general_model, Choice(self.general_name, because, self.detail_of(self.general_name))

    def _harm(self, name: str, picture: Picture, noise: float, *, clean: bool) -> str | None:
        try:
            return judge_model(self.load(name), picture, noise, clean=clean).defect
        except BlindSRError as error:
            return str(error)


def describe_choice(choice: Choice | None, pair: tuple[Picture, Picture] | None = None) -> dict[str, Any]:
    """Describe a choice for JSON, with a warning if a photograph and its result are given."""
    if choice is None:
        return {}
    caution = None if pair is None else choice.check_result(*pair)
    described = {"model": choice.model, "detail": choice.detail, "because": choice.reason}
    return {**described, **({"caution": caution} if caution else {})}


def recommendation(choice: Choice) -> dict[str, Any]:
    """Describe a choice for the JSON of an analysis."""
    return {"recommended": choice.model, "recommended_detail": choice.detail, "because": choice.reason}


def lies_in(analysis: Analysis, suits: Suitability, factor: float) -> bool:
    """Whether a photograph certainly belongs to the family of some weights."""
    if suits.anything:
        return factor <= suits.factor
    noise, blur = analysis.noise, analysis.blur
    if noise is None or blur is None or blur.confidence < _SURE or analysis.native < 1:
        return False
    return (
        factor <= suits.factor
        and (suits.jpeg or not analysis.compressed)
        and suits.noise[0] <= noise.level <= suits.noise[1]
        and noise.grain <= suits.grain
        and suits.blur[0] <= blur.width <= suits.blur[1]
    )


def can_be_compared(analysis: Analysis, suits: Suitability, factor: float) -> bool:
    """Whether a comparison can tell if some weights suit a photograph: it is neither compressed, enlarged nor tiny."""
    return (
        factor <= suits.factor
        and (suits.jpeg or not analysis.compressed)
        and analysis.native >= _FULL
        and min(analysis.size) >= LEAST
    )


def describe(analysis: Analysis) -> str:
    """Describe the findings, as the beginning of a sentence."""
    parts = []
    compression, noise, blur = analysis.compression, analysis.noise, analysis.blur
    if compression is not None and compression.harmful:
        quality = "" if compression.quality is None else f" at quality {compression.quality}"
        resized = "" if compression.period == 8 else " and resized"
        parts.append(f"it was compressed by JPEG{quality}{resized}")
    if noise is None or blur is None:
        parts.append("it is too small to be measured")
    else:
        kind = " (coarser than a pixel)" if noise.grain > 0.5 else ""
        parts.append(f"its noise is about {noise.level:.0f} of 255{kind}" if noise.level else "it has no visible noise")
        parts.append(_sharpness(blur.width, blur.confidence))
    if analysis.native < 1:
        parts.append(f"it fills only {analysis.native:.0%} of its pixels per side")
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _sharpness(width: float, confidence: float) -> str:
    if confidence < _SURE:
        return "its blur cannot be measured reliably"
    return "it is sharp" if width < 0.4 else f"it is blurred by about {width:.1f} pixels"
