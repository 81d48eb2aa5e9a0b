"""What worker processes do; the only part of the server that loads torch and decodes images."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from blindsr import images, weights
from blindsr.analysis import report
from blindsr.analysis.choice import Auto, Choice
from blindsr.analysis.native import shrink, shrink_factor
from blindsr.degrade import kernels
from blindsr.errors import BlindSRError, Code
from blindsr.images import Picture
from blindsr.images.codecs.jpeg import jpeg_quality
from blindsr.inference.progress import Watch
from blindsr.inference.upscaler import Upscaler
from blindsr.pipeline import memory
from blindsr.pipeline.options import OPTION_NAMES, Options
from blindsr.pipeline.planning.plan import result_name
from blindsr.pipeline.restorer import Restorer, restore_file
from blindsr.web.work import screen

Values = dict[str, Any]
_KEPT_PIXELS = 40_000_000
"""Photographs that stay in memory for the next preview, all together; the last one always does."""
_OF_THE_CONDITION = (
    "model",
    "scale",
    "native",
    "blur",
    "noise",
    "denoise",
    "detail",
    "steps",
    "time_limit",
    "seed",
    "tta",
)
"""Options that a new look at a photograph depends on."""
_TRIED = 96
"""Side of the image that a worker is tried with at its start, pixels."""
_KERNEL_RADIUS = 3.0
"""Of a drawn kernel, standard deviations."""


def options_of(values: Mapping[str, Any], settings: Mapping[str, Any]) -> Options:
    """Options as a client names them.

    Args:
        values: as ``blindsr upscale`` calls them.
        settings: what the server decides: device, memory.

    Raises:
        BlindSRError: what the library says of them, or a model that is a path.
    """
    unknown = [name for name in values if name not in OPTION_NAMES]
    if unknown:
        raise BlindSRError(f"there is no option {unknown[0]!r} here", Code.UNSUPPORTED_OPTION)
    model = str(values.get("model", "auto"))
    if model != "auto" and not model.startswith("bicubic") and model not in weights.available() | weights.in_folder():
        raise BlindSRError(f"there are no weights {model!r}; GET /v1/models lists all", Code.UNKNOWN_NAME)
    return Options(**{**values, **settings})


def check(*, values: Values, settings: Values, watch: Watch) -> Values:
    """Refuse options that contradict each other; what they say of the result is told."""
    _ = Restorer(options_of(values, settings))
    return {}


def inspect(*, source: str, max_pixels: int, watch: Watch) -> Values:
    """What a file is, and a small version of it; the whole file is decoded."""
    path = Path(source)
    found = screen.inspect(path, max_pixels)
    preview = screen.thumbnail(path, path.parent, "preview", screen.PREVIEW)
    return {**found, "preview": preview.name}


def thumbnail(*, source: str, side: int, watch: Watch) -> Values:
    """A smaller version of the small version."""
    path = Path(source)
    return {"name": screen.thumbnail(path, path.parent, f"preview-{side}", side).name}


def tiles(*, source: str, folder: str, watch: Watch) -> Values:
    """Deep-zoom tiles of a photograph or result."""
    return screen.tiles(Path(source), Path(folder))


@dataclass
class _Photograph:
    """A photograph that is in memory, and what was found out about it under each set of options."""

    picture: Picture
    quality: int | None
    looks: dict[str, "_Look"] = field(default_factory=dict)

    @cached_property
    def analysis(self) -> report.Analysis:
        return report.analyze(self.picture, jpeg=self.quality)

    @cached_property
    def native(self) -> float:
        """The fraction that its sides can be shrunk to without losing anything."""
        return shrink_factor(self.analysis.native)


@dataclass(frozen=True)
class _Look:
    upscaler: Upscaler
    picture: Picture
    """Shrunk to what it holds, where that was chosen."""
    condition: Any
    fraction: float
    model: str


_photographs: dict[str, _Photograph] = {}
"""The last ones, the newest at the end."""


def _photograph(source: str) -> _Photograph:
    if source in _photographs:
        _photographs[source] = found = _photographs.pop(source)
        return found
    found = _Photograph(screen.first(images.read_file(source)), jpeg_quality(source))
    _photographs[source] = found
    while len(_photographs) > 1 and sum(_pixels(one) for one in _photographs.values()) > _KEPT_PIXELS:
        del _photographs[next(iter(_photographs))]
    return found


def _pixels(photograph: _Photograph) -> int:
    return photograph.picture.width * photograph.picture.height


def analyze(*, source: str, settings: Values, watch: Watch) -> Values:
    """The card of a photograph: what is wrong with it, and what would be done."""
    photograph = _photograph(source)
    choice = _chooser(settings).decide(photograph.analysis, photograph.picture)
    return card(photograph.analysis, choice)


def _chooser(settings: Values) -> Auto:
    """What chooses models for jobs that name none."""
    chooser = Restorer(options_of({}, settings)).upscaler
    assert isinstance(chooser, Auto)
    return chooser


def card(found: report.Analysis, choice: Choice) -> Values:
    """What an analysis says, as the API names it."""
    blur, noise, jpeg = found.blur, found.noise, found.compression
    harmful = jpeg if found.compressed else None
    return {
        "width": found.size[0],
        "height": found.size[1],
        "blur": None
        if blur is None
        else {
            "width": round(blur.width, 2),
            "unit": "pixels of the photograph",
            "confidence": round(blur.confidence, 2),
            "kernel": _kernel(blur.width),
        },
        "noise": None if noise is None else {"sigma": round(noise.level, 1), "grain": round(noise.grain, 2)},
        "jpeg": {
            "found": harmful is not None,
            "quality": None if jpeg is None else jpeg.quality,
            "source": None if jpeg is None else jpeg.source,
            "confidence": None if jpeg is None else round(jpeg.confidence, 2),
            "phase": None if jpeg is None or jpeg.phase is None else list(jpeg.phase),
            "period": None if jpeg is None else round(jpeg.period, 2),
        },
        "resolution": {"native_fraction": round(found.native, 3)},
        "warnings": found.warnings,
        "choice": {"model": choice.model, "reasons": [choice.because]},
        "report": {**found.to_dict(), "recommended": choice.model, "because": choice.because},
    }


def _kernel(width: float) -> list[list[float]]:
    """The Gaussian of a measured width, in pixels of the photograph, for drawing."""
    radius = max(1, round(_KERNEL_RADIUS * width))
    drawn = kernels.gaussian(2 * radius + 1, max(width, 0.1))
    return [[round(float(value), 5) for value in row] for row in drawn]


def preview(*, source: str, target: str, region: list[int], values: Values, settings: Values, watch: Watch) -> Values:
    """A part of a photograph as it will be in the whole, as a PNG file."""
    watch(0.0)
    look = _look(source, values, settings)
    watch(0.0)
    left, top, width, height = (round(one * look.fraction) for one in region)
    part = (left, top, max(1, width), max(1, height))
    strength = float(values.get("strength", 1.0))
    result = look.upscaler.preview(look.picture, look.condition, part, strength=strength, watch=watch)
    images.write(result, target)
    return {"model": look.model}


def _look(source: str, values: Values, settings: Values) -> _Look:
    """The model and the condition of a photograph under some options, as `restore_file` would choose them."""
    photograph = _photograph(source)
    known = {name: values[name] for name in _OF_THE_CONDITION if name in values}
    key = json.dumps([known, settings], sort_keys=True)
    if key not in photograph.looks:
        restorer = Restorer(options_of(known, settings))
        shrinking, choice = restorer.options.shrinking, None
        if isinstance(restorer.upscaler, Upscaler):
            upscaler, fraction = restorer.upscaler, shrinking or 1.0
        else:
            choice = restorer.upscaler.decide(photograph.analysis, photograph.picture)
            upscaler = restorer.upscaler.load(choice.model)
            fraction = choice.native if shrinking is None or shrinking == "auto" else shrinking
        share = photograph.native if fraction == "auto" else fraction
        picture = shrink(photograph.picture, share)
        condition = upscaler.estimate_condition(picture, restorer.hints)
        model = choice.model if choice is not None else str(values.get("model", "auto"))
        while len(photograph.looks) >= 4:
            del photograph.looks[next(iter(photograph.looks))]
        photograph.looks[key] = _Look(upscaler, picture, condition, share, model)
    return photograph.looks[key]


def restore(*, source: str, name: str, folder: str, values: Values, settings: Values, watch: Watch) -> Values:
    """A photograph's result, and what is told of it.

    Args:
        source: the file of the photograph.
        name: that the photograph had where it came from.
        folder: of the result, which is named as ``blindsr upscale`` names it.
        values: the client's options.
        settings: the server's.
        watch: who is told how far it is.
    """
    # A limit of its own has a job refused that would otherwise try, and take the memory of the whole machine
    options = replace(options_of(values, {"max_memory": memory.parse_memory("auto"), **settings}), overwrite=True)
    path, place = Path(source), Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    naming = options.naming(Restorer(options).upscaler.scale)
    shown = result_name(Path(name), naming)
    target = place / f"result{Path(shown).suffix}"
    outcome = restore_file(path, target, options, progress=watch)
    found = screen.inspect(target, 2**32)
    line = {**outcome.to_dict(), "input": name, "output": shown}
    drawn = place / f"{target.name}.residual.png"
    if "consistency" in line:
        line["consistency"] = {**line["consistency"], "map": f"{shown}.residual.png"}
    size = {key: found[key] for key in ("width", "height", "format")}
    return {
        "file": target.name,
        "name": shown,
        "size_bytes": target.stat().st_size,
        **size,
        "map": drawn.name if drawn.exists() else None,
        "model": str(line.get("model") or values.get("model", "auto")),
        "report": line,
    }


def models(*, watch: Watch) -> Values:
    """The weights that there are, and the options that each takes."""
    found = weights.available() | weights.in_folder()
    return {"models": [one for name, path in found.items() if (one := _described(name, path))]}


def _described(name: str, path: Path) -> Values | None:
    """What there is to know of weights without loading them; None where the file is damaged."""
    about: Values = {"name": name, "method": "community", "scale": None, "parameters": None, "licence": None}
    hints: Collection[str] = ()
    try:
        if not weights.is_foreign(path):
            card = weights.read_card(path)
            method = weights.build(card)
            hints = method.supported_hints
            about |= {"method": card.method, "scale": method.traits.scale, "licence": card.licence}
            about["parameters"] = weights.parameters(path)
    except BlindSRError:
        return None
    options = sorted({"seconds": "time_limit", "kernel": "blur"}.get(one, one) for one in hints if one != "support")
    detail = ["detail"] if weights.partner_of(name) else []
    return {**about, "description": _description(path), "options": [*options, *detail, "strength"]}


def _description(path: Path) -> str:
    """The first sentences for people of the page beside some weights."""
    page = path.with_suffix(".md")
    paragraphs = page.read_text(encoding="utf-8").split("\n\n") if page.is_file() else []
    told = [one for one in paragraphs if one.strip() and not one.startswith(("#", "Method:", "|"))]
    return " ".join(told[0].split()) if told else ""


def warm(*, settings: Values, watch: Watch) -> Values:
    """Load what the first photograph will need, by looking at a small one."""
    tried = Picture(torch.rand(3, _TRIED, _TRIED, generator=torch.Generator().manual_seed(0)))
    chooser = _chooser(settings)
    chooser.decide(report.analyze(tried), tried)
    chooser.largest.upscale(tried)
    return {}


TASKS: Mapping[str, Callable[..., Values]] = {
    task.__name__: task for task in (check, inspect, thumbnail, tiles, analyze, preview, restore, models, warm)
}
