import json

import pytest

from blindsr.reproduce.measure import MeasuredCell
from blindsr.reproduce.report import Report, text
from blindsr.reproduce.runs import Trained
from blindsr.reproduce.study import Column, parse_study


def report(seeds: int = 1) -> Report:
    study = parse_study(
        {
            "title": "Widths",
            "source": "A paper, Table 1",
            "convention": "Paper: PSNR on Y.",
            "tables": [
                {
                    "title": "Table 1: some",
                    "columns": [
                        {"protocols": ["cmdsr-middle"], "data": ["Set5"], "measures": ["psnr", "ssim"]},
                        {"quantity": "parameters"},
                    ],
                    "rows": [
                        {"label": "theirs", "paper": "27.10/0.7500 1000000"},
                        {"label": "net", "paper": "26.00/- -", "variants": ["bicubic"]},
                    ],
                }
            ],
        },
        "cmdsr-table-0",
    )
    run = Trained("a", 0, None, "w", 0, 0, 0.0)
    cells = {
        (0, 1, 0): MeasuredCell.of([(26.5, 0.75), (27.5, 0.75)][:seeds]),
        (0, 1, 1): MeasuredCell.of([(512.0,)] * seeds),
    }
    return Report(study, "30m", seeds, cells, (run,), ("Set14",), ("Set5",), {"x": float("inf")})


def test_the_papers_rows_and_ours_below_them() -> None:
    (grid,) = report().grids()
    assert grid.headings == ("cmdsr-middle, Set5", "parameters")
    assert grid.rows == (
        ("theirs", "27.10 / 0.7500", "1.00 M"),
        ("net", "26.00 / -", "-"),
        ("net, ours", "26.50 / 0.7500 (+0.50)", "512"),
    )
    (grid,) = report(2).grids()
    assert grid.rows[2][1] == "27.00 / 0.7500 ±0.71 (+1.00)"
    assert "Mean of 2 seeds" in grid.caption
    assert "border 4 px" in grid.caption


@pytest.mark.parametrize(("count", "shown"), [(512, "512"), (225_091, "225 K"), (1_495_619, "1.50 M")])
def test_numbers_of_parameters_are_as_precise_as_in_the_papers(count: int, shown: str) -> None:
    assert text((count,), Column(label="", quantity="parameters")) == shown


def test_markdown_and_json_hold_all_of_it() -> None:
    made = report(2)
    for words in ("A paper, Table 1", "Paper: PSNR on Y.", "| net, ours |", "Set14", "only some of the images: Set5"):
        assert words in made.markdown()
    told = json.loads(json.dumps(made.to_dict(), allow_nan=False))
    cell = told["tables"][0]["rows"][1]["cells"][0]
    assert cell["paper"] == {"psnr": 26.0, "ssim": None}
    assert cell["ours"] == {"psnr": 27.0, "ssim": 0.75}
    assert [seed["psnr"] for seed in cell["seeds"]] == [26.5, 27.5]
    assert told["figure"] == {"x": "inf"}


@pytest.mark.parametrize(
    ("value", "column", "expected"),
    [
        ((5_838_713.0,), Column(label="", quantity="parameters"), "5.84 M"),
        ((0.1234,), Column(label="", quantity="seconds"), "0.123"),
        ((172.131,), Column(label="", quantity="multiply-adds"), "172.13"),
        ((None,), Column(label=""), "-"),
    ],
)
def test_numbers(value: tuple[float | None, ...], column: Column, expected: str) -> None:
    assert text(value, column) == expected
