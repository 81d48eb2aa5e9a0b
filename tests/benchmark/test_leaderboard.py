from pathlib import Path

import pytest

from blindsr.benchmark import leaderboard
from blindsr.benchmark.submission import Interval, Program, Result, Run, Submission
from blindsr.benchmark.suite import Suite
from blindsr.errors import BlindSRError, Code


def submission(name: str, psnr: float, lpips: float, *, case: str = "blurred", published: str = "") -> Submission:
    means = {"psnr": Interval(mean=psnr), "lpips": Interval(mean=lpips)}
    return Submission(
        suite="small-1",
        published=published,
        program=Program(name=name),
        measures={"psnr": "PSNR", "lpips": "LPIPS"},
        results=(Result(case=case, data_set="Two", count=2, means=means),),
    )


def test_submissions_stand_in_the_order_of_psnr_and_the_best_is_marked(suite: Suite) -> None:
    entries = [submission("low", 20, 0.1), submission("high", 30, 0.3), submission("paper", 40, 0.01, published="P")]
    text = leaderboard.leaderboard_html([suite], entries)
    table = text[text.index("<h3>blurred") :]
    assert table.index("paper (published)") < table.index(">high<") < table.index(">low<")
    assert "class=best>30.00" in table
    assert "class=best>0.1000" in table
    assert table.count("class=best") == 2
    assert "<h3>halved" not in text


def test_times_of_a_clock_are_told_from_those_of_the_processor(suite: Suite) -> None:
    runs = [Run(seconds=8, megapixels=2, processor_seconds=6), Run(seconds=10, megapixels=2), Run()]
    entries = [submission(f"p{i}", 20, 0.1).model_copy(update={"run": run}) for i, run in enumerate(runs)]
    text = leaderboard.leaderboard_html([suite], entries)
    assert ">3.0<" in text
    assert ">5.0 (wall-clock)<" in text


def test_unknown_suites_and_cases_are_refused(suite: Suite) -> None:
    with pytest.raises(BlindSRError, check=Code.UNKNOWN_NAME.matches):
        leaderboard.leaderboard_html([suite], [submission("p", 1, 1, case="other")])
    with pytest.raises(BlindSRError, check=Code.UNKNOWN_NAME.matches):
        leaderboard.leaderboard_html([suite], [submission("p", 1, 1).model_copy(update={"suite": "x"})])


def test_folders_hold_submissions(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        leaderboard.read_submissions(tmp_path)
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        leaderboard.read_submissions(tmp_path / "missing")
    (tmp_path / "b.json").write_text(submission("b", 1, 1).to_json())
    (tmp_path / "a.json").write_text(submission("a", 1, 1).to_json())
    assert [one.program.name for one in leaderboard.read_submissions(tmp_path)] == ["a", "b"]
