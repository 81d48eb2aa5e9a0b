"""Tables of results: that they say what the stored files say, and that the commands beside them write those files."""

import json
import shlex
from pathlib import Path
from typing import Any

import measure
import pytest
import tables
import typer

from blindsr.benchmark.leaderboard import read_submissions
from blindsr.cli.app import app, repeat_options

SECTIONS = measure.sections()


@pytest.mark.parametrize("page", list(tables.pages_with_blocks()), ids=lambda page: "/".join(page.parts[-2:]))
def test_blocks_are_as_the_files_say(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == tables.filled(text), "run `python docs/results/tables.py`"


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section["name"])
def test_sections_have_a_table(section: dict[str, Any]) -> None:
    made = [command for command in section["commands"] if "stored" in section or tables.is_made(command)]
    if not made:
        pytest.skip("not measured yet")
    found = list(tables.tables(section))
    assert found
    for table in found:
        assert len(table) > 1
        assert {len(row) for row in table} == {len(table[0])}


@pytest.mark.parametrize("command", list(measure.commands()), ids=measure.output)
def test_files_are_those_of_their_commands(command: str) -> None:
    """Models, protocols, data sets and settings of a file are those of the command beside it."""
    last = command.rpartition(" && ")[2]
    words = repeat_options(shlex.split(last.replace(" > ", " --json "))[1:])
    path = measure.HERE / measure.output(command)
    if not path.is_file():
        pytest.skip("not measured yet")
    text = path.read_text(encoding="utf-8")
    stored = json.loads(text) if path.suffix == ".json" else {}
    if "protocols" not in stored:
        models = [words[at + 1] for at, word in enumerate(words) if word in {"-m", "--model"}]
        assert all(model in text for model in models) or "inspect estimates" in command
        return
    group = typer.main.get_command(app)
    while hasattr(group, "commands") and words[0] in group.commands:
        group, words = group.commands[words[0]], words[1:]
    with group.make_context("blindsr", [word for word in words if word != "--json"][:-1]) as context:
        given = context.params
    assert len(stored["protocols"]) == len(given["protocol"])
    for name, one in zip(given["protocol"], stored["protocols"], strict=True):
        assert one["protocol"] in (name, name.removesuffix(".json")) or name.endswith(".json")
        assert one["model"].split(" ")[0] == (given["model"] or given["results"].name)
        assert [data_set["name"] for data_set in one["data_sets"]] == [folder.name for folder in given["data"]]
        assert one["settings"]["limit"] is None
        if given["steps"] is not None:
            assert one["settings"]["steps"] == given["steps"]


def test_a_table_of_photographs_has_published_rows_and_the_measures_asked_for() -> None:
    section = next(one for one in SECTIONS if one["name"] == "realsr")
    (table,) = tables.tables(section, ["psnr", "lpips"])
    assert table[0][1:] == ["PSNR in dB", "LPIPS"]
    stored = json.loads((measure.HERE / "realsr-photo.json").read_text(encoding="utf-8"))
    (data_set,) = stored["protocols"][0]["data_sets"]
    rows = {row[0]: row[1:] for row in table}
    assert rows["bicubic"] == [f"{data_set['bicubic']['psnr']:.2f}", f"{data_set['bicubic']['lpips']:.3f}"]
    assert rows["`cmdsr_x4.photo`"][0] == f"{data_set['model']['psnr']:.2f}"
    assert "published: BSRGAN" in rows


SUBMISSIONS = read_submissions(measure.ROOT / "benchmarks" / "submissions")


def _means(case: str, data_set: str, name: str) -> dict[str, float]:
    """A measure of all programs."""
    found = ((one.program.name, one.result(case, data_set)) for one in SUBMISSIONS)
    return {who: row.means[name].mean for who, row in found if row is not None and name in row.means}


def test_other_programs_win_where_the_page_of_the_benchmark_says_so() -> None:
    for case in ("jpeg-40", "jpeg-shared"):
        psnr = _means(case, "Set5", "psnr")
        assert max(psnr, key=lambda who: psnr[who]) == "waifu2x-photo"
    ran = [row for one in SUBMISSIONS if one.program.name == "Real-ESRGAN-x4plus" for row in one.results]
    assert len(ran) == 6
    for row in ran:
        lpips = _means(row.case, row.data_set, "lpips")
        assert min(lpips, key=lambda who: lpips[who]) == "Real-ESRGAN-x4plus"
    lpips = _means("realsr", "RealSR", "lpips")
    assert set(sorted(lpips, key=lambda who: lpips[who])[:2]) == {"BSRGAN", "Real-ESRGAN"}
