"""The program as a whole: its commands, its exit codes, its speed."""

import logging
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from blindsr.cli import app as commands

Run = Callable[..., Any]
COMMANDS = sorted(typer.main.get_command(commands.app).commands)  # type: ignore[attr-defined]


def test_help_names_every_command_and_loads_no_torch() -> None:
    code = (
        "import sys\nfrom blindsr.cli.main import run\n"
        "try: run(['--help'])\n"
        "finally: print('heavy:', {'torch', 'numpy', 'pydantic', 'PIL'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for command in COMMANDS:
        assert command in result.stdout
    assert "heavy: set()" in result.stdout


def test_all_commands_are_there() -> None:
    assert {"upscale", "train", "evaluate", "models"} < set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(blindsr: Run, command: str) -> None:
    assert blindsr(command, "--help").code == 0


def test_errors_leave_as_one_sentence(blindsr: Run, tmp_path: Any) -> None:
    ended = blindsr("evaluate", "-p", "cmdsr-middle", "--data", tmp_path / "none", "-m", "bicubic")
    assert ended.code == 2
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("upscale --nope", "No such option: --nope"),
        ("upscal x", "No such command 'upscal'. Did you mean 'upscale'?"),
        ("upscale x -o", "Option '-o' requires an argument"),
        ("upscale x -o y --scale big", "Invalid value for '--scale' / '-s'"),
        ("upscale", "Missing option '--out' / '-o'"),
    ],
)
def test_a_command_line_that_does_not_parse_gets_one_sentence(blindsr: Run, arguments: str, message: str) -> None:
    ended = blindsr(*arguments.split())
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith(message)
    assert ended.err.endswith(" --help\n")


def test_it_names_the_help_of_the_command(blindsr: Run) -> None:
    assert blindsr("upscale", "--nope").err.endswith("; see blindsr upscale --help\n")


def test_without_arguments_there_is_help(blindsr: Run) -> None:
    ended = blindsr()
    assert (ended.code, ended.err) == (2, "")
    assert "upscale" in ended.out


def test_interrupt(blindsr: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    app = typer.Typer()
    app.command()(interrupted)
    monkeypatch.setattr(commands, "app", app)
    assert blindsr().code == 130


def test_bugs_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(broken)
    monkeypatch.setattr(commands, "app", app)
    with pytest.raises(ZeroDivisionError):
        commands.execute([])


@pytest.mark.parametrize(
    ("typed", "parsed"),
    [
        ("upscale x --support a b -o c", "upscale x --support a --support b -o c"),
        ("upscale --support a b c", "upscale --support a --support b --support c"),
        ("upscale --support a --support b c", "upscale --support a --support b --support c"),
        ("upscale --support a -- x y", "upscale --support a -- x y"),
        ("upscale --support=a x", "upscale --support=a x"),
        ("train r --data a b --out c --set d=1", "train r --data a --data b --out c --set d=1"),
        ("evaluate --data a b -p c", "evaluate --data a --data b -p c"),
        ("compare --data a b", "compare --data a b"),
        ("upscale --support", "upscale --support"),
        ("", ""),
    ],
)
def test_options_with_several_values(typed: str, parsed: str) -> None:
    assert commands.repeat_options(typed.split()) == parsed.split()


@given(st.lists(st.sampled_from(["a", "b", "--support", "-o", "--"]), max_size=8))
def test_spreading_twice_is_spreading_once(words: list[str]) -> None:
    once = commands.repeat_options(["upscale", *words])
    assert commands.repeat_options(once) == once
    assert [word for word in once if word != "--support"] == ["upscale", *(w for w in words if w != "--support")]


def test_libvips_reports_no_images(blindsr: Run) -> None:
    blindsr("models")
    assert not logging.getLogger("pyvips").isEnabledFor(logging.INFO)
