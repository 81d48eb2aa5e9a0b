"""Every command and every block of Python in README and the documentation: that it parses, and that it runs.

All commands are parsed by the program itself, with the names of models, protocols and suites. Those of the pages for
users are also run, on small images, in the order of the page; what cannot run here has a reason below.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from PIL import Image

from blindsr.cli.app import app, spread

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        ROOT / "README.md",
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "docs" / "how-to").glob("*.md"),
        *list((ROOT / "src" / "blindsr" / "methods").glob("*/README.md")),
    ]
)
FOR_USERS = [
    page for page in PAGES if page.name in {"README.md", "get-started.md"} and page.parent in {ROOT, ROOT / "docs"}
]
FOR_USERS += sorted((ROOT / "docs" / "how-to").glob("*.md"))
NOT_RUN = {
    r"blindsr train": "takes hours; trainings are tested on small recipes elsewhere",
    r"blindsr (reproduce|serve)": "takes hours, or never ends",
    r"blindsr doctor": "runs every model",
    r"s3://|--engine ray|--address": "needs a cluster or a store",
    r"blindsr export|--runtime|4x-model|\.npz|BLINDSR_MODELS|hf://": "needs optional libraries or files of others",
    r"alex\.safetensors|bench/": "needs weights or data that are not here",
    r"blindsr inspect": "takes minutes; tested elsewhere",
    r"mzsr_|--kernel|--tta|--support|RealSR|--max-memory": "slow, or needs files; tested elsewhere",
    r"upscale - |weights/": "needs a pipe, or weights that a training wrote",
    r"clip\.mp4": "needs a video and an optional library",
}
"""Commands that are parsed and not run, by a pattern; and why."""
_FILES = {".safetensors", ".pth"}
_SMALLER = {"3000x": "300x", "3543x": "300x", "24": "0.05"}
"""Sizes for photographs, and what the small image of the test gets instead."""


@dataclass(frozen=True)
class Command:
    """A command of a page."""

    page: Path
    text: str

    @property
    def words(self) -> list[str]:
        """Its arguments, without comments, other commands and the shell's redirections."""
        first = re.split(r"\s(?:&&|[|<>])\s?", self.text)[0]
        return shlex.split(first, comments=True)[1:]


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Code of a page with its language: fenced blocks, and indented ones, which have none."""
    text = page.read_text(encoding="utf-8")
    for language, code in re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield language, code
    outside = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    for code in re.findall(r"(?:^    .*\n)+", outside, re.MULTILINE):
        yield "", code


def commands(page: Path) -> list[Command]:
    """Lines of code that begin with ``blindsr``."""
    found = []
    for language, code in blocks(page):
        if language in {"", "console", "sh", "bash"}:
            joined = re.sub(r"\\\n\s*", "", code)
            lines = (line.strip().removeprefix("$ ") for line in joined.splitlines())
            found += [Command(page, line) for line in lines if line.startswith("blindsr ")]
    return found


def python(page: Path) -> list[str]:
    """Blocks of Python."""
    return [code for language, code in blocks(page) if language == "python"]


EVERY = [command for page in PAGES for command in commands(page)]


def test_there_are_commands() -> None:
    assert len(EVERY) > 60


@pytest.mark.parametrize("command", EVERY, ids=lambda command: f"{command.page.stem}: {command.text[:60]}")
def test_commands_parse(command: Command) -> None:
    words = command.words
    group: Any = typer.main.get_command(app)
    arguments = spread(words)
    while hasattr(group, "commands") and arguments and arguments[0] in group.commands:
        group, arguments = group.commands[arguments[0]], arguments[1:]
    if arguments[:1] in (["--help"], ["--version"]):
        return
    with group.make_context("blindsr", [*arguments]) as context:
        _check_names(context.params)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_local_links_lead_somewhere(page: Path) -> None:
    generated = {"gallery", "results", "leaderboard", "command-line", "recipes", "http"}
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            path = page.parent / target
            assert path.exists() or (path.parent.name == "generated" and path.stem in generated), target


def _check_names(parameters: dict[str, Any]) -> None:
    from blindsr import weights
    from blindsr.evaluate import protocols, real_protocols

    known = {*weights.available(), "auto", "bicubic", "bicubic_x2", "MODEL"}
    for name in _several(parameters.get("model")):
        assert name in known or Path(name).suffix in _FILES or name.startswith(("4x", "hf://")), f"no model {name}"
    for name in _several(parameters.get("protocol")):
        assert name in {*protocols(), *real_protocols()} or name.endswith(".json"), f"no protocol {name}"


def _several(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that pages speak of, small."""
    folder = tmp_path_factory.mktemp("pages")
    with Image.open(ROOT / "examples" / "pens_iso3200.jpg") as image:
        photo = image.crop((200, 300, 248, 348))
    for name in ("photo.jpg", "a.jpg", "b.jpg", "c.jpg", "photos/a.jpg", "photos/b.jpg", "more/c.jpg", "large.jpg"):
        (folder / name).parent.mkdir(exist_ok=True)
        photo.save(folder / name, quality=90)
    photo.save(folder / "clean.png")
    for name in ("Set5", "BSD100", "images"):
        (folder / name).mkdir()
        photo.resize((96, 96)).save(folder / name / "one.png")
    return folder


def run(arguments: list[str], place: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(arguments, cwd=place, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("page", FOR_USERS, ids=lambda page: page.stem)
def test_pages_run(page: Path, place: Path) -> None:
    for command in commands(page):
        if any(re.search(pattern, command.text) for pattern in NOT_RUN):
            continue
        words = [_SMALLER.get(word, _expanded(word, place)) for word in command.words]
        if "upscale" in words or "degrade" in words:
            words.append("--overwrite")
        if "--overwrite" in words and "--skip-existing" in words:
            words.remove("--overwrite")
        run([sys.executable, "-m", "blindsr", *[one for word in words for one in word.split("\0")]], place)
    for code in python(page):
        for made in place.glob("*_x4.*"):  # no block replaces what another one wrote
            made.unlink()
        run([sys.executable, "-c", code], place)


def _expanded(word: str, place: Path) -> str:
    """What a shell makes of a word with an asterisk."""
    if "*" not in word:
        return word
    return "\0".join(sorted(path.name for path in place.glob(word)))
