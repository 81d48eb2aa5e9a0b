"""The submissions of this repository, and how `benchmarks/submit.py` is told to make them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from blindsr.benchmark.submission import load_submission
from blindsr.benchmark.suite import load_suite

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
ENTRIES: list[dict[str, Any]] = yaml.safe_load((BENCHMARKS / "submissions.yaml").read_text("utf-8"))["submissions"]
STORED = sorted((BENCHMARKS / "submissions").glob("*.json"))


def chosen(entry: dict[str, Any]) -> set[tuple[str, str]]:
    """Names of the cases of an entry with their data sets."""
    suite = load_suite(entry["suite"])
    parts = [suite.select(part["cases"], part["data_sets"]) for part in entry["images"]]
    return {(case.name, data_set) for part in parts for case, sets in part for data_set in sets}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
def test_cases_and_data_sets_are_those_of_the_suite(entry: dict[str, Any]) -> None:
    cases = [name for part in entry["images"] for name in part["cases"]]
    assert {name for name, _ in chosen(entry)} == set(cases)
    assert "{lr}" in entry["run"]
    assert "{sr}" in entry["run"]


def test_files_are_named_once() -> None:
    names = [entry["file"] for entry in ENTRIES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_stored_submissions_are_published_or_can_be_made_again(path: Path) -> None:
    submission = load_submission(path)
    if submission.published:
        return
    entry = next(entry for entry in ENTRIES if entry["file"] == path.stem)
    assert (submission.suite, submission.program.name) == (entry["suite"], entry["name"])
    assert {(one.case, one.data_set) for one in submission.results} <= chosen(entry)
