"""Submissions: scores of a program on a suite, as JSON files."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, ValidationError

from blindsr import files
from blindsr.contract import StrictModel, first_error
from blindsr.errors import BlindSRError, Code

_DRAWS = 2000
"""Resamples of a bootstrap."""


class Program(StrictModel):
    """Program that made the results."""

    name: str = Field(min_length=1)
    """Name in tables."""
    version: str = ""
    url: str = ""
    note: str = ""
    """Settings, training data, and other notes for readers."""
    parameters: int | None = Field(default=None, ge=0)


class Run(StrictModel):
    """Conditions under which the results were made."""

    command: str = ""
    hardware: str = ""
    """Processor, cores, accelerator."""
    seconds: float | None = Field(default=None, ge=0)
    """Wall-clock time for all images, including loading of the program."""
    processor_seconds: float | None = Field(default=None, ge=0)
    """Processor time of all cores, which depends less on other load of the machine."""
    megapixels: float | None = Field(default=None, gt=0)
    """Total size of the LR images that were processed in this time."""
    memory: int | None = Field(default=None, ge=0)
    """Largest resident memory of a process, bytes."""


class Interval(StrictModel):
    """Mean over images, with its 95% bootstrap interval."""

    mean: float
    low: float | None = None
    high: float | None = None


class Result(StrictModel):
    """One case on one data set."""

    case: str
    data_set: str
    count: int = Field(ge=1)
    means: Mapping[str, Interval]
    """By measure."""
    images: Mapping[str, Mapping[str, float]] = {}
    """By image, then by measure; empty for published numbers."""


class Submission(StrictModel):
    """Scores of a program on a suite."""

    format: Literal["blindsr-submission"] = "blindsr-submission"
    version: Literal[1] = 1
    suite: str
    published: str = ""
    """Publication that the scores are from, if they were not measured on the images of the suite."""
    program: Program
    run: Run = Run()
    measures: Mapping[str, str] = {}
    """Labels of the measures."""
    results: tuple[Result, ...] = Field(min_length=1)

    def result(self, case: str, data_set: str) -> Result | None:
        """Return the result of a case on a data set; None if there is none."""
        return next((one for one in self.results if (one.case, one.data_set) == (case, data_set)), None)

    def to_json(self) -> str:
        """Convert to JSON, with a line for each result."""
        head = self.model_dump(mode="json", exclude={"results"})
        lines = [f" {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
        rows = ",\n".join(f"  {json.dumps(one.model_dump(mode='json'), allow_nan=False)}" for one in self.results)
        return "{\n" + "\n".join(lines) + f'\n "results": [\n{rows}\n ]\n}}\n'


def load_submission(path: Path) -> Submission:
    """Read a submission from a file.

    Raises:
        BlindSRError: the file cannot be read, or is not a submission.
    """
    try:
        return Submission.model_validate_json(files.read_text(path))
    except ValidationError as error:
        raise BlindSRError(f"{path} is not a submission: {first_error(error)}", Code.INVALID_FILE) from None


def bootstrap_interval(values: Sequence[float]) -> Interval:
    """Compute the mean, and the interval that contains 95% of the means of resampled images; deterministic.

    There is no interval for a single value, or if a value is infinite.
    """
    mean = math.fsum(values) / len(values)
    if len(values) < 2 or not math.isfinite(mean):
        return Interval(mean=mean)
    draws = np.random.Generator(np.random.PCG64(0)).integers(0, len(values), (_DRAWS, len(values)))
    means = np.asarray(values, dtype=np.float64)[draws].mean(1)
    low, high = np.percentile(means, (2.5, 97.5))
    return Interval(mean=mean, low=float(low), high=float(high))
