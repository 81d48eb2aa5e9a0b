"""Loading of models and conditions for options, with a cache of models."""

import math
import os
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import Any

from blindsr import weights
from blindsr.analysis.choice import Auto
from blindsr.errors import BlindSRError, Code
from blindsr.inference.load import load
from blindsr.inference.upscaler import Upscaler
from blindsr.pipeline import condition_io
from blindsr.pipeline.condition_io import StoredCondition
from blindsr.pipeline.options import Options
from blindsr.weights.suits import Suitability, selectable

_KEPT = 2
"""Number of models that are cached."""
_LARGEST_BICUBIC = 99
_LOADING = Lock()


def load_model(options: Options) -> Upscaler | Auto:
    """Load the model for some options; the last models are cached.

    Raises:
        BlindSRError: unknown weights, device, precision or tile, or a model without support for the self-ensemble.
    """
    if isinstance(options.model, Upscaler | Auto):
        return options.model
    name = str(options.model)
    settings = (
        str(options.device),
        options.precision,
        options.tile_side,
        options.seed,
        options.tta,
        options.runtime,
    )
    detail = options.detail or 0.0
    with _LOADING:
        if name == "auto":
            chooser = _auto(options.scale, options.detail, settings)
            supporting = _supporting_model(options, chooser)
            if supporting is None:
                return chooser
            name, detail = supporting, chooser.detail_of(supporting)
        if name == "bicubic":
            name = f"bicubic_x{min(_LARGEST_BICUBIC, math.ceil(options.scale or 4))}"
        return _named(name, _written(name), detail, settings)


def _supporting_model(options: Options, chooser: Auto) -> str | None:
    """Return a default model that supports the condition or hints of the options."""
    if options.condition is not None:
        given = options.condition
        given = condition_io.read_condition(given) if isinstance(given, str | os.PathLike) else given
        if not isinstance(given, StoredCondition):
            raise BlindSRError("a condition requires its model; give it with --model", Code.MISSING_OPTION)
        return given.model
    given = options.hints().given()
    return chooser.first_supporting(given) if given else None


@lru_cache(_KEPT)
def _named(name: str, _written: int | None, detail: float, settings: tuple[Any, ...]) -> Upscaler:
    return load(name, detail=detail or None, **_named_settings(settings))


@lru_cache(1)
def _auto(factor: float | None, detail: float | None, settings: tuple[Any, ...]) -> Auto:
    among = _weights_with_detail() if detail else None
    return Auto(partial(load, **_named_settings(settings)), factor, among, detail)


def _named_settings(settings: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(("device", "precision", "tile", "seed", "ensemble", "runtime"), settings, strict=True))


def _weights_with_detail() -> dict[str, Suitability]:
    """Return the weights that support ``detail``."""
    found = {name: suits for name, suits in selectable().items() if weights.partner_of(name) is not None}
    if not any(suits.anything for suits in found.values()):
        raise BlindSRError("no model of 'auto' supports --detail; name one with --model", Code.UNSUPPORTED_OPTION)
    return found


def _written(name: str) -> int | None:
    """Return the modification time of a weights file, so that a replaced file is loaded again."""
    return os.stat(name).st_mtime_ns if Path(name).is_file() else None  # noqa: PTH116


def load_condition(options: Options, upscaler: Upscaler | Auto) -> Any:
    """Load the condition of options for a model; None if there is none.

    Raises:
        BlindSRError: the file is missing or invalid, or the condition belongs to another model.
    """
    given = options.condition
    if isinstance(given, str | os.PathLike):
        given = condition_io.read_condition(given)
    if isinstance(given, StoredCondition) and isinstance(upscaler, Upscaler):
        named = not isinstance(options.model, Upscaler | Auto) and options.model != "auto"
        model = str(options.model) if named else given.model
        return given.unpack_for(model, upscaler)
    return given
