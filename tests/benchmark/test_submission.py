from pathlib import Path

import numpy as np
import pytest

from blindsr.benchmark.submission import Interval, Program, Result, Submission, bootstrap_interval, load_submission
from blindsr.errors import BlindSRError, Code


def submission(**changes: object) -> Submission:
    result = Result(case="c", data_set="d", count=1, means={"psnr": Interval(mean=30.0)}, images={"i": {"psnr": 30.0}})
    values = {"suite": "s", "program": Program(name="p"), "measures": {"psnr": "PSNR"}, "results": (result,)}
    return Submission.model_validate({**values, **changes})


def test_json_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(submission().to_json())
    found = load_submission(path)
    assert found == submission()
    assert found.result("c", "d") == found.results[0]
    assert found.result("c", "other") is None


@pytest.mark.parametrize("text", ["{", "{}", '{"format": "blindsr-suite"}'])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "one.json"
    path.write_text(text)
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        load_submission(path)


def test_intervals_hold_the_mean_as_often_as_they_say() -> None:
    draw = np.random.default_rng(3)
    held = 0
    for _ in range(200):
        found = bootstrap_interval(draw.normal(5, 2, 60).tolist())
        assert found.low is not None
        assert found.high is not None
        held += found.low < 5 < found.high
    assert 0.88 < held / 200 < 0.99


def test_intervals_are_the_same_each_time_and_need_two_values() -> None:
    assert bootstrap_interval([1.0, 2.0, 4.0]) == bootstrap_interval([1.0, 2.0, 4.0])
    assert bootstrap_interval([1.5]) == Interval(mean=1.5)
    same = bootstrap_interval([2.0, 2.0])
    assert (same.low, same.high) == (2.0, 2.0)
