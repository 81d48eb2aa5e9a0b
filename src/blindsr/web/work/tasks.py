"""Tasks of worker processes; the only part of the server that imports torch and decodes images."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from blindsr import images, weights
from blindsr.analysis import report
from blindsr.analysis.choice import Auto, Choice, recommendation
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
from blindsr.pipeline.restorer import Restorer
from blindsr.restore import restore_file
from blindsr.web.work import screen

Values = dict[str, Any]
_KEPT_PIXELS = 40_000_000
"""Total size of photographs cached in memory for previews; the last one is always kept."""
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
"""Options that a condition depends on."""
_TRIED = 96
"""Side of the image that a worker processes at its start, pixels."""
_KERNEL_RADIUS = 3.0
"""Radius of a drawn kernel in standard deviations."""


def parse_options(values: Mapping[str, Any], settings: Mapping[str, Any]) -> Options:
    """Convert the options of a client.

    Args:
        values: named as in ``blindsr upscale``.
        settings: options set by the server: device, runtime, memory limit.

    Raises:
        BlindSRError: an option is invalid, or the model is a path.
    """
    unknown = [name for name in values if name not in OPTION_NAMES]
    if unknown:
        raise BlindSRError(f"unsupported option {unknown[0]!r}", Code.UNSUPPORTED_OPTION)
    model = str(values.get("model", "auto"))
    if model != "auto" and not model.startswith("bicubic") and model not in weights.available() | weights.in_folder():
        raise BlindSRError(f"unknown weights {model!r}; GET /v1/models lists all", Code.UNKNOWN_NAME)
    return Options(**{**values, **settings})


def check(*, values: Values, settings: Values, watch: Watch) -> Values:
    """Check options for contradictions."""
    _ = Restorer(parse_options(values, settings))
    return {}


def inspect(*, source: str, max_pixels: int, watch: Watch) -> Values:
    """Return the properties of a file and write its thumbnail; the whole file is decoded."""
    path = Path(source)
    found = screen.inspect(path, max_pixels)
    preview = screen.thumbnail(path, path.parent, "preview", screen.PREVIEW)
    return {**found, "preview": preview.name}


def thumbnail(*, source: str, side: int, watch: Watch) -> Values:
    """Write a smaller version of the thumbnail."""
    path = Path(source)
    return {"name": screen.thumbnail(path, path.parent, f"preview-{side}", side).name}


def tiles(*, source: str, folder: str, watch: Watch) -> Values:
    """Write Deep Zoom tiles of a photograph or result."""
    return screen.tiles(Path(source), Path(folder))


@dataclass
class _Photograph:
    """A photograph in memory, with its conditions by options."""

    picture: Picture
    quality: int | None
    looks: dict[str, "_Look"] = field(default_factory=dict)

    @cached_property
    def analysis(self) -> report.Analysis:
        return report.analyze(self.picture, jpeg=self.quality)

    @cached_property
    def native(self) -> float:
        """Fraction that its sides can be reduced to without loss of detail."""
        return shrink_factor(self.analysis.native)


@dataclass(frozen=True)
class _Look:
    upscaler: Upscaler
    picture: Picture
    """The picture at its native resolution, if that was selected."""
    condition: Any
    fraction: float
    model: str


_photographs: dict[str, _Photograph] = {}
"""Recent photographs, newest last."""


def _photograph(source: str) -> _Photograph:
    if source in _photographs:
        _photographs[source] = found = _photographs.pop(source)
        return found
    found = _Photograph(screen.single_picture(images.read_file(source)), jpeg_quality(source))
    _photographs[source] = found
    while len(_photographs) > 1 and sum(_pixels(one) for one in _photographs.values()) > _KEPT_PIXELS:
        del _photographs[next(iter(_photographs))]
    return found


def _pixels(photograph: _Photograph) -> int:
    return photograph.picture.width * photograph.picture.height


def analyze(*, source: str, settings: Values, watch: Watch) -> Values:
    """Return the card of a photograph: its degradations and the selected model."""
    photograph = _photograph(source)
    choice = _chooser(settings).decide(photograph.analysis, photograph.picture)
    return card(photograph.analysis, choice)


def _chooser(settings: Values) -> Auto:
    """Return the model selection for jobs without a model."""
    chooser = Restorer(parse_options({}, settings)).upscaler
    assert isinstance(chooser, Auto)
    return chooser


def card(found: report.Analysis, choice: Choice) -> Values:
    """Convert an analysis to its API representation."""
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
        "choice": {"model": choice.model, "detail": choice.detail, "reasons": [choice.reason]},
        "report": {**found.to_dict(), **recommendation(choice)},
    }


def _kernel(width: float) -> list[list[float]]:
    """Gaussian kernel of an estimated width, in pixels of the photograph, for drawing."""
    radius = max(1, round(_KERNEL_RADIUS * width))
    drawn = kernels.gaussian(2 * radius + 1, max(width, 0.1))
    return [[round(float(value), 5) for value in row] for row in drawn]


def preview(*, source: str, target: str, region: list[int], values: Values, settings: Values, watch: Watch) -> Values:
    """Restore a region of a photograph as in the whole result, to a PNG file."""
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
    """Return model and condition of a photograph for some options, as `restore_file` would select them."""
    photograph = _photograph(source)
    known = {name: values[name] for name in _OF_THE_CONDITION if name in values}
    key = json.dumps([known, settings], sort_keys=True)
    if key not in photograph.looks:
        restorer = Restorer(parse_options(known, settings))
        shrinking, choice = restorer.options.shrinking, None
        if isinstance(restorer.upscaler, Upscaler):
            upscaler, fraction = restorer.upscaler, shrinking or 1.0
        else:
            choice = restorer.upscaler.decide(photograph.analysis, photograph.picture)
            upscaler = restorer.upscaler.load_chosen(choice.model)
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
    """Restore a photograph; return the properties of the result.

    Args:
        source: the file of the photograph.
        name: original file name of the photograph.
        folder: output folder.
        values: the client's options.
        settings: the server's.
        watch: progress and cancellation.
    """
    # Without a limit, a job that is too large would exhaust the memory of the machine
    options = replace(parse_options(values, {"max_memory": memory.parse_memory("auto"), **settings}), overwrite=True)
    path, place = Path(source), Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    naming = options.naming(Restorer(options).upscaler.scale)
    shown = result_name(Path(name), naming, path)
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
    """Return the available weights and the options that each supports."""
    found = weights.available() | weights.in_folder()
    return {"models": [one for name, path in found.items() if (one := _described(name, path))]}


def _described(name: str, path: Path) -> Values | None:
    """Describe weights without loading them; None if the file is corrupt."""
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
    """Return the first paragraph of the card text of some weights."""
    page = path.with_suffix(".md")
    paragraphs = page.read_text(encoding="utf-8").split("\n\n") if page.is_file() else []
    texts = [one for one in paragraphs if one.strip() and not one.startswith(("#", "Method:", "|"))]
    return " ".join(texts[0].split()) if texts else ""


def warm(*, settings: Values, watch: Watch) -> Values:
    """Load the models and run them once on a small image."""
    tried = Picture(torch.rand(3, _TRIED, _TRIED, generator=torch.Generator().manual_seed(0)))
    chooser = _chooser(settings)
    chooser.decide(report.analyze(tried), tried)
    chooser.general_model.upscale(tried)
    return {}


TASKS: Mapping[str, Callable[..., Values]] = {
    task.__name__: task for task in (check, inspect, thumbnail, tiles, analyze, preview, restore, models, warm)
}
