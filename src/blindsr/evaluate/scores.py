"""Scores of a model: by image, by data set, by protocol."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from blindsr.evaluate.definition import Protocol, RealProtocol
from blindsr.evaluate.measures import Measure, Score


@dataclass(frozen=True)
class Row:
    """Scores of one LR image."""

    image: str
    bicubic: Score
    model: Score


@dataclass(frozen=True)
class Column:
    """One data set."""

    data_set: str
    rows: tuple[Row, ...]
    paper: float | None = None
    """The published PSNR, if there is one."""
    published: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Published values on this data set: by model, then by the names of measures."""

    @property
    def bicubic(self) -> Score:
        """Mean over the images."""
        return _mean([row.bicubic for row in self.rows])

    @property
    def model(self) -> Score:
        """Mean over the images."""
        return _mean([row.model for row in self.rows])

    @property
    def difference(self) -> float | None:
        """PSNR of this model minus the published one."""
        return None if self.paper is None else self.model.psnr - self.paper


@dataclass(frozen=True)
class Scores:
    """Scores of a model under a protocol, synthetic or of real photographs."""

    protocol: Protocol | RealProtocol
    model: str
    columns: tuple[Column, ...]
    measures: tuple[Measure, ...]
    """Names of the measures, in the order of the table."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Other settings that affect the scores."""


def _mean(scores: Sequence[Score]) -> Score:
    """Return the mean of the values of all images, as in every paper; not the PSNR of the mean error."""
    names = scores[0].values
    return Score({name: math.fsum(one.values[name] for one in scores) / len(scores) for name in names})
