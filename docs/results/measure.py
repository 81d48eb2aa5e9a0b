"""Run the commands of commands.yaml again, and store what they write in this folder.

    python docs/results/measure.py --data bench/ --data weights/
    python docs/results/measure.py --data bench/ --data weights/ --only cmdsr_x4.photo --only auto

The folders of ``--data`` hold what the commands name: Set5, Set14, BSD100, RealSR and RealSRSet, files of weights, and,
for what is measured on photographs that serve training, ``train`` and the folders in it.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def main() -> None:
    """Run the chosen commands in a folder of links to the data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, action="append", required=True, help="folder with data sets or weights")
    parser.add_argument("--only", action="append", default=[], help="only commands that contain this text; repeatable")
    parser.add_argument("--missing", action="store_true", help="only commands whose file is not there yet")
    chosen = parser.parse_args()
    for command in commands():
        wanted = not chosen.only or any(text in command for text in chosen.only)
        if wanted and not (chosen.missing and (HERE / output(command)).exists()):
            print(command, flush=True)
            run(command, chosen.data)


def sections() -> list[dict[str, Any]]:
    """What the page of results shows: of each table the title, name, text and commands."""
    found: list[dict[str, Any]] = yaml.safe_load((HERE / "commands.yaml").read_text(encoding="utf-8"))
    return found


def commands() -> Iterator[str]:
    """All commands, in the order of the page, but for those whose output was stored once."""
    for section in sections():
        if "stored" not in section:
            yield from section["commands"]


def output(command: str) -> str:
    """The file that a command writes: the word after its last ``--json`` or ``--csv``, or after ``>``."""
    return re.split(r" (?:--json >|--json|--csv|>) ", command)[-1].split()[0]


def run(command: str, data: list[Path]) -> None:
    """Run a line of the shell whose programs are ``blindsr`` and ``python`` in a folder where it finds its files."""
    name = output(command)
    with tempfile.TemporaryDirectory() as folder:
        for path in [*(one for place in data for one in place.resolve().iterdir()), ROOT / "benchmarks"]:
            link = Path(folder) / path.name
            if not link.exists():  # the first folder that holds a name counts
                link.symlink_to(path)
        programs = Path(folder) / "bin"
        programs.mkdir()
        _program(programs / "blindsr", f'"{sys.executable}" -m blindsr')
        _program(programs / "python", f'"{sys.executable}"')
        found = f"{programs}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": found, "PYTHONPATH": str(ROOT / "src")}
        subprocess.run(["bash", "-e", "-c", command], cwd=folder, env=environment, check=True)
        (HERE / name).write_bytes((Path(folder) / name).read_bytes())


def _program(path: Path, words: str) -> None:
    """A program of this environment and this checkout, wherever else there are others."""
    path.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
    path.chmod(0o755)


if __name__ == "__main__":
    main()
