"""Measurement of the results of any program, with confidence intervals over images."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from blindsr import files, images
from blindsr.benchmark.originals import Item, Source
from blindsr.benchmark.submission import Program, Result, Run, Submission, bootstrap_interval
from blindsr.benchmark.suite import Case
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate.folder import Results
from blindsr.evaluate.measures import Compared, Measure, fidelity, score

_MOST = 100.0
"""PSNR in dB that is used for equal images, instead of infinity."""


@dataclass(frozen=True)
class Subject:
    """Results to score."""

    folder: Path
    """Results in ``<case>/<data set>/<image>``."""
    program: Program
    run: Run


def available_cases(chosen: Sequence[tuple[Case, tuple[str, ...]]], folder: Path) -> list[tuple[Case, tuple[str, ...]]]:
    """Select the chosen cases and data sets that a folder contains results of.

    Raises:
        BlindSRError: there are none.
    """
    files.check_folder(folder, "SR images")
    pairs = [(case, tuple(one for one in sets if (folder / case.name / one).is_dir())) for case, sets in chosen]
    there = [(case, sets) for case, sets in pairs if sets]
    if not there:
        case, (first, *_) = chosen[0]
        raise BlindSRError(
            f"{folder} has no results: images of {case.name} from {first} belong in {folder / case.name / first}",
            Code.FILE_NOT_FOUND,
        )
    return there


def evaluate_results(
    source: Source,
    chosen: Sequence[tuple[Case, tuple[str, ...]]],
    subject: Subject,
    *,
    more: Sequence[Measure] = (),
    notice: Callable[[Result], None] | None = None,
) -> Submission:
    """Measure results.

    Args:
        source: the suite and its original images.
        chosen: cases and data sets, from `available_cases`.
        subject: folder of the results, and their program and run.
        more: measures in addition to PSNR and SSIM.
        notice: called with each result when it is available.

    Raises:
        BlindSRError: an original or a result is missing, or a result has another size.
    """
    results = []
    for case, data_sets in chosen:
        measures = [*fidelity(case.measured.convention()), *more]
        for data_set in data_sets:
            results.append(_result(source, case, data_set, subject.folder, measures))
            if notice is not None:
                notice(results[-1])
    labels = {"psnr": "PSNR", "ssim": "SSIM", **{one.name: one.label for one in more}}
    return Submission(
        suite=source.suite.name, program=subject.program, run=subject.run, measures=labels, results=tuple(results)
    )


def read_result(folder: Path, item: Item, hr: Tensor) -> Tensor:
    """Read a result ``(1, 3, h, w)`` in [0, 1].

    Raises:
        BlindSRError: the result is missing, or its size differs from that of the original.
    """
    path = Results(folder).find(item.case.name, item.data_set, item.image)
    sr = images.read(path).pixels[None]
    if sr.shape != hr.shape:
        size, wanted = (f"{one.shape[-1]}x{one.shape[-2]}" for one in (sr, hr))
        raise BlindSRError(f"{path} has {size} pixels; expected {wanted}", Code.INCOMPATIBLE)
    return sr


@torch.no_grad()
def _result(source: Source, case: Case, data_set: str, folder: Path, measures: Sequence[Measure]) -> Result:
    by_image: dict[str, dict[str, float]] = {}
    for item in source.items(case, data_set):
        hr = source.hr(item)
        sr = read_result(folder, item, hr)
        (values,) = score(Compared(sr, sr, hr), measures)  # no measure here uses the LR image
        by_image[item.image] = {name: round(min(value, _MOST), 6) for name, value in values.values.items()}
    means = {one.name: bootstrap_interval([values[one.name] for values in by_image.values()]) for one in measures}
    return Result(case=case.name, data_set=data_set, count=len(by_image), means=means, images=by_image)
