"""Measurement of the time and memory of a program, and a description of the machine."""

import json
import os
import platform
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from blindsr import files, images
from blindsr.benchmark import launcher
from blindsr.benchmark.submission import Run
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate.folder import image_files

NAME = "run.json"
"""File in a folder of results that `measure_command` writes and scoring reads."""


def measure_command(command: Sequence[str], lr: Path | None = None) -> Run:
    """Run a program and measure it.

    Args:
        command: program and arguments.
        lr: folder of the LR images that it reads, for the time per megapixel.

    Raises:
        BlindSRError: the program cannot be started, or failed.
    """
    pixels = megapixels(lr) if lr is not None else None
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "used.json"
        subprocess.run([sys.executable, "-I", "-S", launcher.__file__, report, *command], check=True)
        used = json.loads(report.read_text(encoding="utf-8"))
    if "error" in used:
        raise BlindSRError(f"{command[0]} cannot be started: {used['error']}", Code.CANNOT_READ)
    if used["code"]:
        raise BlindSRError(f"{command[0]} failed with exit code {used['code']}", Code.INVALID_VALUE)
    return Run(
        command=shlex.join(command),
        hardware=hardware(),
        seconds=round(used["seconds"], 3),
        processor_seconds=round(used["processor_seconds"], 3),
        megapixels=pixels,
        memory=used["memory"],
    )


def megapixels(folder: Path) -> float | None:
    """Return the total size of all images in a folder and its subfolders; None if there are none.

    Raises:
        BlindSRError: the folder does not exist, or an image cannot be read.
    """
    files.check_folder(folder, "LR images")
    folders = [folder, *(path for path in sorted(folder.rglob("*")) if path.is_dir())]
    pixels = sum(_pixels(path) for one in folders for path in image_files(one))
    return pixels / 1e6 or None


def hardware() -> str:
    """Describe the processor and the number of cores of this machine."""
    return f"{_processor()}, {len(_cores())} cores"


def read_run(folder: Path) -> Run:
    """Read the record of a measured command from a folder of results; an empty one if there is none.

    Raises:
        BlindSRError: the file was not written by `measure_command`.
    """
    path = folder / NAME
    if not path.is_file():
        return Run()
    try:
        return Run.model_validate_json(files.read_text(path))
    except ValidationError:
        raise BlindSRError(f"{path} was not written by `blindsr benchmark time`", Code.INVALID_FILE) from None


def _pixels(path: Path) -> int:
    picture = images.read(path)
    return picture.height * picture.width


def _cores() -> set[int]:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return named or platform.processor() or platform.machine()
