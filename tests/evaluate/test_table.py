import dataclasses
import json
import math

import pytest
from rich.console import Console

from blindsr.evaluate import Column, Measure, Row, Score, Scores, protocol, real_protocols, table
from blindsr.evaluate.measures import fidelity

_FIDELITY = tuple(fidelity(protocol("cmdsr-middle").convention))


def _score(psnr: float, ssim: float, **more: float) -> Score:
    return Score({"psnr": psnr, "ssim": ssim, **more})


def _named(name: str, label: str, digits: int) -> Measure:
    """A measure whose values are given."""
    return Measure(name, label, digits, lambda _: pytest.fail("nothing is measured here"))


def _scores(model_psnr: float = 27.305) -> Scores:
    rows = (Row("baby", _score(25.0, 0.6), _score(model_psnr, 0.8)), Row("bird", _score(26.0, 0.7), _score(27.0, 0.9)))
    middle = protocol("cmdsr-middle")
    columns = (Column("Set5", rows, 27.10), Column("Urban100", rows[:1], None))
    return Scores(middle, "cmdsr_x4.classic", columns, _FIDELITY)


def _text(scores: Scores) -> str:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(*(table.rich_table(grid) for grid in table.grids(scores)))
    return capture.get()


def test_the_table_shows_all_four_rows_and_says_what_was_measured() -> None:
    text = " ".join(_text(_scores()).split())
    assert "cmdsr-middle: isotropic blur 2.6 (7x7), bicubic x4, noise 15" in text
    assert "Set5 (2)" in text
    assert "Urban100 (1)" in text
    assert "25.50 / 0.6500" in text
    assert "27.15 / 0.8500" in text
    assert "paper: CMDSR │ 27.10 │ -" in text
    assert "difference │ +0.05 │ -" in text
    assert "Y of BT.601, studio range, border 4 px, SR rounded to 8 bit" in text
    assert "Table I" in text


def test_bicubic_is_not_shown_beside_itself() -> None:
    rows = (Row("baby", _score(25.0, 0.6), _score(25.0, 0.6)),)
    scores = Scores(protocol("cmdsr-middle"), "bicubic", (Column("Set5", rows, 27.10),), _FIDELITY)
    assert table.markdown([scores]).count("| bicubic |") == 1
    assert table.markdown([dataclasses.replace(scores, model="mine")]).count("25.00 / 0.6000") == 2


def test_equal_images_do_not_break_the_table() -> None:
    text = _text(_scores(math.inf))
    assert "inf / 0.8500" in text
    assert "+inf" in text


def test_markdown() -> None:
    lines = table.markdown([_scores(), _scores()]).splitlines()
    assert lines.count("|  | Set5 (2) | Urban100 (1) |") == 2
    assert lines.count("| --- | ---: | ---: |") == 2
    assert "| bicubic | 25.50 / 0.6500 | 25.00 / 0.6000 |" in lines
    assert "| difference | +0.05 | - |" in lines


def test_json_holds_everything() -> None:
    read = json.loads(table.to_json([_scores()]))
    assert read["schema_version"] == 1
    (one,) = read["protocols"]
    assert one["protocol"] == "cmdsr-middle"
    assert one["convention"] == {"channel": "y", "border": 4, "rounding": "sr"}
    assert one["model"] == "cmdsr_x4.classic"
    assert one["paper_row"] == "CMDSR"
    first, second = one["data_sets"]
    assert first["name"] == "Set5"
    assert first["bicubic"] == {"psnr": 25.5, "ssim": pytest.approx(0.65)}
    assert first["paper"] == 27.10
    assert first["difference"] == pytest.approx(0.0525)
    assert first["images"][0] == {
        "image": "baby",
        "bicubic": {"psnr": 25.0, "ssim": 0.6},
        "model": {"psnr": 27.305, "ssim": 0.8},
    }
    assert second["paper"] is None
    assert second["difference"] is None


def test_json_stays_json_for_equal_images() -> None:
    (one,) = json.loads(table.to_json([_scores(math.inf)]), parse_constant=pytest.fail)["protocols"]
    assert one["data_sets"][0]["model"]["psnr"] == "inf"
    assert one["data_sets"][0]["difference"] == "inf"
    assert one["data_sets"][0]["images"][0]["model"]["psnr"] == "inf"


def test_other_measures_stand_behind() -> None:
    rows = (
        Row("a", _score(25.0, 0.6, lpips=0.5), _score(26.0, 0.7, lpips=0.25)),
        Row("b", _score(25.0, 0.6, lpips=0.3), _score(26.0, 0.7, lpips=0.15)),
    )
    measures = (*_FIDELITY, _named("lpips", "LPIPS", 4))
    scores = Scores(protocol("cmdsr-middle"), "m", (Column("Set5", rows, None),), measures)
    assert "26.00 / 0.7000 / 0.2000" in table.markdown([scores])
    assert "LPIPS of the whole 8-bit image" in table.markdown([scores])
    (one,) = table.to_dict([scores])["protocols"]
    assert one["data_sets"][0]["model"]["lpips"] == pytest.approx(0.2)
    assert one["measures"] == {"psnr": "PSNR in dB", "ssim": "SSIM", "lpips": "LPIPS"}


def test_pairs_of_photographs_have_a_column_for_each_measure_and_the_published_rows() -> None:
    protocol = dataclasses.replace(real_protocols()["realsr"], scale=4)
    rows = (Row("a", _score(25.0, 0.6, artefacts=1.0), _score(26.0, 0.7, artefacts=0.8)),)
    columns = tuple(Column(name, rows, published=published) for name, published in (
        ("RealSR", {"BSRGAN": {"psnr": 26.39}}), ("others", {})
    ))  # fmt: skip
    scores = Scores(protocol, "m", columns, (*_FIDELITY, _named("artefacts", "artefacts", 2)))
    first, second = table.grids(scores)
    assert first.headings == ("PSNR in dB", "SSIM", "artefacts")
    assert first.rows == (
        ("bicubic", "25.00", "0.6000", "1.00"),
        ("m", "26.00", "0.7000", "0.80"),
        ("published: BSRGAN", "26.39", "-", "-"),
    )
    assert "OSEDiff" in first.caption
    assert "border 0 px" in first.caption
    assert "OSEDiff" not in second.caption
    (one,) = table.to_dict([scores])["protocols"]
    assert (one["scale"], one["paper_row"]) == (4, None)
    assert one["data_sets"][0]["published"] == {"BSRGAN": {"psnr": 26.39}}


def test_photographs_without_originals_have_a_row_each() -> None:
    protocol = dataclasses.replace(real_protocols()["realsrset"], scale=4)
    rows = tuple(
        Row(name, Score({"artefacts": 1.0}), Score({"artefacts": value})) for name, value in (("a", 0.5), ("b", 0.7))
    )
    scores = Scores(protocol, "m", (Column("RealSRSet", rows),), (_named("artefacts", "artefacts", 2),))
    (grid,) = table.grids(scores)
    assert grid.rows == (("a", "0.50"), ("b", "0.70"), ("bicubic", "1.00"), ("m", "0.60"))
    assert "PSNR" not in grid.caption
