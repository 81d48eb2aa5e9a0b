"""Commands and links of README and the documentation: that the program takes them, and that they lead somewhere.

All commands are parsed by the program itself, with the names of models, protocols, suites, recipes and their keys. What
they do is tested in `test_run.py`.
"""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import measure
import pytest
import typer
from pages import PAGES, ROOT, Line, commands, lines, name

from blindsr.cli.app import app, repeat_options

EVERY = [command for page in PAGES for command in commands(page) if not command.text.startswith("mkdir ")]
_FILES = {".safetensors", ".pth"}


def words(command: Line) -> list[str]:
    """Arguments of the first program of a line, without comments and the shell's redirections."""
    first = re.split(r"\s(?:&&|[|<>])\s?", command.text)[0]
    return shlex.split(re.sub(r"^\w+=\S+ ", "", first), comments=True)[1:]


def test_there_are_commands() -> None:
    assert len(EVERY) > 100


@pytest.mark.parametrize("command", EVERY, ids=str)
def test_commands_parse(command: Line) -> None:
    group: Any = typer.main.get_command(app)
    arguments = repeat_options(words(command))
    while hasattr(group, "commands") and arguments and arguments[0] in group.commands:
        group, arguments = group.commands[arguments[0]], arguments[1:]
    if arguments[:1] in (["--help"], ["--version"]):
        return
    with group.make_context("blindsr", [*arguments]) as context:
        _check_names(context.params)
        if group.name == "train":
            _check_recipe(context.params)


def _check_names(parameters: dict[str, Any]) -> None:
    from blindsr import weights
    from blindsr.evaluate import protocols, real_protocols

    known = {*weights.available(), "auto", "bicubic", "bicubic_x2", "MODEL"}
    for one in _several(parameters.get("model")):
        assert one in known or Path(one).suffix in _FILES or one.startswith(("4x", "hf://")), f"no model {one}"
    for one in _several(parameters.get("protocol")):
        assert one in {*protocols(), *real_protocols()} or one.endswith(".json"), f"no protocol {one}"


def _check_recipe(parameters: dict[str, Any]) -> None:
    """That the recipe exists, and has the keys that are set."""
    from blindsr.train.recipe import load_recipe

    if parameters.get("recipe"):
        load_recipe(parameters["recipe"], parameters.get("settings") or ())


def _several(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_command_of_a_page_writes_a_file_that_an_earlier_one_wrote(page: Path) -> None:
    """A reader who types all of a page would be told that the file exists."""
    written = [
        found
        for command in commands(page)
        if not re.search(r"--(overwrite|skip-existing)", command.text)
        for found in re.findall(r"(?:-o|--out|--json|--compare|>) (\S+\.\w+)(?=\s|$)", command.text)
    ]
    assert len(written) == len(set(written))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_local_links_lead_somewhere(page: Path) -> None:
    generated = {"gallery", "results", "leaderboard", "command-line", "recipes", "http"}
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            path = page.parent / target
            assert path.exists() or (path.parent.name == "generated" and path.stem in generated), target


def test_extras_and_targets_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    targets = re.findall(r"^(\w[\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for line in (line for page in PAGES for line in lines(page)):
        for extras in re.findall(r"pip install '(?:\.|blindsr)\[([\w,]+)\]'", line.text):
            assert set(extras.split(",")) <= set(project["optional-dependencies"]), line
        if found := re.match(r"make (\S+)", line.text):
            assert found[1] in targets, line


SCRIPTS = sorted(
    {
        (found[1], option)
        for text in (*(line.text for page in PAGES for line in lines(page)), *measure.commands())
        if (found := re.search(r"python (\w+/[\w/]+\.py)", text))
        for option in re.findall(r"\s(--\w[\w-]*)", text.partition("#")[0])
    }
)
"""Scripts and their options, on pages and among the commands of the results."""


@pytest.mark.slow
def test_the_table_of_the_cluster_is_that_of_its_command() -> None:
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^    python (benchmarks/cluster.py .*)$", page, re.MULTILINE)
    words = [sys.executable, *shlex.split(command)]
    printed = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    for line in printed.splitlines():
        assert f"    {line.rstrip()}\n" in page


@pytest.mark.slow
@pytest.mark.parametrize("script", sorted({script for script, _ in SCRIPTS}))
def test_scripts_have_the_options_of_the_pages(script: str) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / script), "--help"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    for one, option in SCRIPTS:
        if one == script:
            assert re.search(rf"{option}\b", done.stdout), option
