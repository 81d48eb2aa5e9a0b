"""Leaderboard: comparison of all submissions in a folder, by case and data set."""

from collections.abc import Sequence
from pathlib import Path

from blindsr import files
from blindsr.benchmark import page
from blindsr.benchmark.page import Cell
from blindsr.benchmark.submission import Interval, Result, Submission, load_submission
from blindsr.benchmark.suite import Suite
from blindsr.errors import BlindSRError, Code


def read_submissions(folder: Path) -> list[Submission]:
    """Read all submissions in a folder, sorted by file name.

    Raises:
        BlindSRError: there are no submissions, or a file is invalid.
    """
    files.check_folder(folder, "submissions")
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise BlindSRError(f"{folder} contains no submissions (.json)", Code.FILE_NOT_FOUND)
    return [load_submission(path) for path in paths]


def leaderboard_html(suites: Sequence[Suite], submissions: Sequence[Submission]) -> str:
    """Create a page with a table for each case and data set that has at least two submissions.

    Args:
        suites: in the order of the page.
        submissions: submissions for these suites.

    Raises:
        BlindSRError: a submission belongs to another suite, or has cases that its suite does not have.
    """
    known = {suite.name: suite for suite in suites}
    for one in submissions:
        _check(one, known)
    parts = [
        "<p>Higher PSNR and SSIM are better, lower LPIPS, DISTS and NIQE. Below each mean is its 95% interval from "
        "resampled images; the best measured mean is bold. Rows marked “published” are what authors printed, on LR "
        "images that may differ in noise and rounding. A click on a heading sorts.</p>"
    ]
    for suite in suites:
        mine = [one for one in submissions if one.suite == suite.name]
        if mine:
            parts += [f"<h2>{suite.name}</h2><p class=note>{suite.title}</p>", _programs(mine)]
            parts += _tables(suite, mine)
    return page.html_page("Blind super-resolution: leaderboard", parts, ("sort.js",))


def _check(one: Submission, known: dict[str, Suite]) -> None:
    suite = known.get(one.suite)
    if suite is None:
        raise BlindSRError(
            f"the submission of {one.program.name} is for the suite {one.suite!r}, not for {' or '.join(known)}",
            Code.UNKNOWN_NAME,
        )
    cases = {case.name for case in suite.cases}
    wrong = next((result.case for result in one.results if result.case not in cases), None)
    if wrong is not None:
        raise BlindSRError(
            f"the submission of {one.program.name} has the case {wrong!r}, but {suite.name} does not", Code.UNKNOWN_NAME
        )


def _programs(submissions: Sequence[Submission]) -> str:
    rows = []
    for one in sorted(submissions, key=lambda one: one.program.name.lower()):
        run, program = one.run, one.program
        rows.append(
            [
                Cell(_name(one), program.name, one.published or program.note),
                Cell(program.version or "-", program.version or None),
                Cell("-" if program.parameters is None else f"{program.parameters / 1e6:.2f} M", program.parameters),
                Cell(speed_text(one), speed_of(one), run.hardware),
                Cell("-" if run.memory is None else f"{run.memory / 2**20:.0f}", run.memory),
            ]
        )
    return page.html_table(["program", "version", "parameters", "processor s / LR megapixel", "memory, MiB"], rows)


def speed_of(submission: Submission) -> float | None:
    """Return the processor time per megapixel of LR images in seconds; wall-clock time if it is unknown."""
    run = submission.run
    seconds = run.seconds if run.processor_seconds is None else run.processor_seconds
    return seconds / run.megapixels if seconds is not None and run.megapixels else None


def speed_text(submission: Submission) -> str:
    """Format `speed_of` for a table, and say if it is wall-clock time."""
    speed = speed_of(submission)
    if speed is None:
        return "-"
    return f"{speed:.1f}" if submission.run.processor_seconds is not None else f"{speed:.1f} (wall-clock)"


def _tables(suite: Suite, submissions: Sequence[Submission]) -> list[str]:
    found = []
    for case in suite.cases:
        for data_set in case.data_sets:
            entries = [(one, result) for one in submissions if (result := one.result(case.name, data_set)) is not None]
            if len(entries) > 1:
                found.append(f"<h3>{case.name}, {data_set}</h3><p class=note>{case.title}</p>")
                found.append(_one(entries))
    return found


def _one(entries: Sequence[tuple[Submission, Result]]) -> str:
    labels = {name: label for one, _ in entries for name, label in one.measures.items()}
    best = {name: _best([result for one, result in entries if not one.published], name) for name in labels}
    rows: list[list[Cell]] = []
    for one, result in sorted(entries, key=lambda entry: -_mean(entry[1], "psnr")):
        cells = [
            page.interval_cell(
                result.means.get(name), name, best=not one.published and result.means.get(name) == best[name]
            )
            for name in labels
        ]
        rows.append([Cell(_name(one), one.program.name), *cells])
    return page.html_table(["program", *(page.heading(name, label) for name, label in labels.items())], rows)


def _best(results: Sequence[Result], measure: str) -> Interval | None:
    there = [result.means[measure] for result in results if measure in result.means]
    sign = -1 if measure in page.LOWER else 1
    return max(there, key=lambda one: sign * one.mean, default=None)


def _mean(result: Result, measure: str) -> float:
    return result.means[measure].mean if measure in result.means else float("-inf")


def _name(one: Submission) -> str:
    return f"{one.program.name} (published)" if one.published else one.program.name
