"""Budgets of trainings: the paper's full schedule, a time, or a number of steps."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from blindsr.errors import BlindSRError
from blindsr.photos import Photos
from blindsr.pipeline.options import parse_duration
from blindsr.train.loop import Options, train
from blindsr.train.planned import crops
from blindsr.train.recipe import Recipe, parse_recipe

_PROBE = 3
"""Number of steps that are timed, after the same number of steps for warm-up."""
_SCALED = ("warmup", "alone", "anneal")
"""Keys of a stage that are numbers of steps, in addition to its length and milestones."""
_VALIDATIONS = 10
"""Number of validations of a stage."""


@dataclass(frozen=True)
class Budget:
    """Limit of the training of each variant, in seconds or steps; neither is the paper's schedule."""

    text: str
    """The budget as it was given, such as ``30m``."""
    time: float | None = None
    """Seconds of training."""
    steps: int | None = None
    """Budget of all stages together."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``paper``, a time such as ``30m``, or a number of steps such as ``2000``.

        Raises:
            BlindSRError: the text is none of these.
        """
        if text == "paper":
            return cls(text)
        if text.isdecimal() and int(text) > 0:
            return cls(text, steps=int(text))
        try:
            return cls(text, time=parse_duration(text))
        except BlindSRError:
            raise BlindSRError(
                f"expected as budget 'paper', a duration such as 30m or 2h, or a number of steps, got {text!r}"
            ) from None

    @property
    def full(self) -> bool:
        """Whether it is the paper's schedule."""
        return self.time is None and self.steps is None


def fitted(recipe: Recipe, budget: Budget, photos: Photos, options: Options) -> Recipe:
    """Shorten or lengthen all stages of a recipe by the same factor to fit a budget.

    For a budget of time, a few steps of each stage are timed on this machine; validations take additional time.

    Raises:
        KeyboardInterrupt: a signal came during the timing.
    """
    if budget.full:
        return recipe
    wanted = {name: stage.steps for name, stage in recipe.stages.items() if stage.steps}
    costs = dict.fromkeys(wanted, 1.0) if budget.steps else _seconds(recipe, photos, options)
    total = sum(steps * costs[name] for name, steps in wanted.items())
    return scaled(recipe, (budget.steps or budget.time or 0.0) / total)


def scaled(recipe: Recipe, factor: float) -> Recipe:
    """Multiply all numbers of steps of a recipe by a factor; each stage keeps at least one step.

    Stages of one step stay as they are: networks that are not to be trained have one, because a run needs it.
    """
    values = recipe.to_dict()
    for name, stage in recipe.stages.items():
        if stage.steps > 1:
            values[name].update(_stage(values[name], factor))
    return parse_recipe(values)


def _stage(values: Mapping[str, Any], factor: float) -> dict[str, Any]:
    steps = max(1, round(factor * values["steps"]))
    changed: dict[str, Any] = {key: int(factor * values[key]) for key in _SCALED if key in values}
    changed["milestones"] = [round(factor * one) for one in values["milestones"]]
    return {**changed, "steps": steps, "validate_every": max(1, steps // _VALIDATIONS)}


def _seconds(recipe: Recipe, photos: Photos, options: Options) -> dict[str, float]:
    """Measure the time of a step of each stage, seconds."""
    values = recipe.to_dict()
    values["held_out"] = 1
    for name, stage in recipe.stages.items():
        if stage.steps:
            values[name].update({"steps": 2 * _PROBE, "validate_every": 2 * _PROBE, "warmup": 0, "milestones": []})
            values[name].update({key: 0 for key in ("alone",) if key in values[name]})
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder)
        train(parse_recipe(values), photos, replace(options, run=run, log_every=_PROBE))
        if options.signals:
            raise KeyboardInterrupt
        lines = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    speeds = {line["stage"]: line["speed"] for line in lines if line["kind"] == "train"}  # the last line counts
    return {name: count / speeds[name] for name, (count, _) in crops(recipe).items()}
