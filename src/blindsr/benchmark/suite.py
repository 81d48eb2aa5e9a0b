"""Suites: frozen sets of degraded images, as records and SHA-256 sums instead of pixels."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.resources import files as package_files
from pathlib import Path
from typing import Literal

import torch
from pydantic import Field, ValidationError
from torch import Tensor

from blindsr import files
from blindsr.benchmark import steps as operations
from blindsr.benchmark.steps import Step
from blindsr.contract import StrictModel, first_error
from blindsr.errors import BlindSRError, Code, suggestion
from blindsr.evaluate.metrics import Channel, Convention, Rounding

_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


class HighResolution(StrictModel):
    """An original image, identified by its pixels instead of its file name."""

    size: tuple[int, int]
    """Width and height."""
    sha256: str


class MeasuredConvention(StrictModel):
    """The convention of PSNR and SSIM."""

    channel: Channel
    border: int = Field(ge=0)
    rounding: Rounding

    def convention(self) -> Convention:
        """Convert to a convention of `blindsr.evaluate.metrics`."""
        return Convention(self.channel, self.border, self.rounding)


class Case(StrictModel):
    """One degradation of all images of one or more data sets, or pairs of photographs."""

    name: str = Field(pattern=_NAME)
    title: str
    source: str
    scale: int = Field(ge=1)
    measured: MeasuredConvention
    core: bool = False
    """Whether it is one of the cases that every submission should include."""
    steps: tuple[Step, ...] = ()
    """Steps applied to every image; the noise of each is drawn from its name."""
    records: Mapping[str, Mapping[str, tuple[Step, ...]]] = {}
    """Steps of each image, if they differ: by data set, then by image."""
    pairs: Mapping[str, Mapping[str, str]] = {}
    """SHA-256 of LR photographs taken by a camera: by data set, then by image."""
    sha256: Mapping[str, str] = {}
    """For each data set, SHA-256 of the digests of all its LR images in their order."""

    @property
    def data_sets(self) -> tuple[str, ...]:
        """Names of its data sets."""
        return tuple(self.pairs or self.sha256)

    def steps_of(self, data_set: str, image: str) -> tuple[Step, ...]:
        """Return the steps of an image."""
        return self.records[data_set][image] if self.records else self.steps


class Suite(StrictModel):
    """Cases, with their original images and kernels."""

    format: Literal["blindsr-suite"]
    version: Literal[1]
    name: str = Field(pattern=_NAME)
    title: str
    data_sets: Mapping[str, Mapping[str, HighResolution]]
    kernels: Mapping[str, tuple[tuple[int, ...], ...]]
    """Square integer kernels of odd side, whose sum is a power of 2."""
    cases: tuple[Case, ...]

    @cached_property
    def tensors(self) -> dict[str, Tensor]:
        """Return the kernels as float64 tensors.

        Raises:
            BlindSRError: a kernel is not square, its side is even, or its sum is not a power of 2.
        """
        return {name: _kernel(name, rows) for name, rows in self.kernels.items()}

    def degrade(self, case: Case, data_set: str, image: str, levels: Tensor) -> Tensor:
        """Degrade an original by the steps of a case.

        Args:
            case: a case without pairs.
            data_set: data set of the image.
            image: name of the image in the suite.
            levels: 8-bit values ``(3, h, w)`` of the image; they are cropped to a multiple of the scale.

        Returns:
            8-bit values of the LR image ``(3, h', w')``, uint8.
        """
        height, width = (side - side % case.scale for side in levels.shape[1:])
        steps = case.steps_of(data_set, image)
        return operations.apply_steps(steps, levels[:, :height, :width], self.tensors, self.seed(case, data_set, image))

    def seed(self, case: Case, data_set: str, image: str) -> str:
        """Return the seed of the noise of an image."""
        return f"{self.name}/{case.name}/{data_set}/{image}"

    def select(
        self, names: Sequence[str] = (), data_sets: Sequence[str] = (), scale: int | None = None, *, core: bool = False
    ) -> list[tuple[Case, tuple[str, ...]]]:
        """Select cases and their data sets.

        Args:
            names: names of cases; all if empty.
            data_sets: names of data sets; all if empty.
            scale: scale of the cases; any if not given.
            core: whether to select only cases that every submission should include.

        Raises:
            BlindSRError: a name is unknown, or no case matches.
        """
        _check_names(names, [case.name for case in self.cases], "case", self.name)
        _check_names(data_sets, list(self.data_sets), "data set", self.name)
        chosen = []
        for case in self.cases:
            wanted = tuple(one for one in case.data_sets if not data_sets or one in data_sets)
            fits = (not names or case.name in names) and scale in (None, case.scale) and (case.core or not core)
            if fits and wanted:
                chosen.append((case, wanted))
        if not chosen:
            raise BlindSRError(f"no case of {self.name} matches all of these options", Code.CONFLICTING_OPTIONS)
        return chosen


def digest(levels: Tensor) -> str:
    """Return the SHA-256 of an image ``(3, h, w)``: of ``WIDTHxHEIGHT`` and the bytes R, G, B of each pixel by rows."""
    _, height, width = levels.shape
    pixels = levels.to(torch.uint8).permute(1, 2, 0).contiguous().numpy().tobytes()
    return hashlib.sha256(f"{width}x{height}".encode() + pixels).hexdigest()


def combined_digest(digests: Sequence[str]) -> str:
    """Return the SHA-256 of a list of digests, as a suite stores it for a data set."""
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def suite_names() -> list[str]:
    """Return the names of the suites in the package."""
    return sorted(one.name.removesuffix(".json") for one in _folder().iterdir() if one.name.endswith(".json"))


def load_suite(name: str) -> Suite:
    """Load a suite by name, or by the path of its file.

    Raises:
        BlindSRError: unknown suite, or an invalid file.
    """
    if name.endswith(".json"):
        return parse_suite(files.read_text(Path(name)), name)
    known = suite_names()
    if name not in known:
        raise BlindSRError(
            f"unknown suite {name!r}{suggestion(name, known)}; available: {', '.join(known)}", Code.UNKNOWN_NAME
        )
    return parse_suite((_folder() / f"{name}.json").read_text(encoding="utf-8"), name)


def parse_suite(text: str, name: str) -> Suite:
    """Parse a suite from JSON; ``name`` is used in messages.

    Raises:
        BlindSRError: the text is not a valid suite.
    """
    try:
        suite = Suite.model_validate_json(text)
    except ValidationError as error:
        raise BlindSRError(f"{name} is not a suite: {first_error(error)}", Code.INVALID_FILE) from None
    for case in suite.cases:
        _check_case(suite, case)
    return suite


def _check_case(suite: Suite, case: Case) -> None:
    if sum(map(bool, (case.steps, case.records, case.pairs))) != 1:
        raise BlindSRError(f"{case.name} needs one of steps, records and pairs", Code.INVALID_FILE)
    unknown = sorted(set(case.data_sets) - set(suite.data_sets))
    if unknown or not case.data_sets:
        raise BlindSRError(f"{case.name} has no data set of the suite: {', '.join(unknown)}", Code.INVALID_FILE)
    for data_set in case.data_sets if not case.steps else ():
        given = (case.records or case.pairs).get(data_set, {})
        if set(given) != set(suite.data_sets[data_set]):
            raise BlindSRError(f"the records of {case.name} do not match the images of {data_set}", Code.INVALID_FILE)


def _check_names(given: Sequence[str], known: Sequence[str], what: str, suite: str) -> None:
    for name in given:
        if name not in known:
            raise BlindSRError(
                f"{suite} has no {what} {name!r}{suggestion(name, known)}; it has {', '.join(known)}", Code.UNKNOWN_NAME
            )


def _kernel(name: str, rows: Sequence[Sequence[int]]) -> Tensor:
    side, whole = len(rows), sum(map(sum, rows))
    if side % 2 == 0 or any(len(row) != side for row in rows):
        raise BlindSRError(f"kernel {name} must be square, with an odd side", Code.INVALID_FILE)
    if not re.fullmatch("0b10*", bin(whole)) or whole > 2**20:
        raise BlindSRError(f"the sum of kernel {name} is {whole}; expected a power of 2 up to 2**20", Code.INVALID_FILE)
    return torch.tensor(rows, dtype=torch.float64)


def _folder() -> Path:
    return Path(str(package_files("blindsr.benchmark"))) / "suites"
