"""Make the submissions of benchmarks/submissions.yaml again: prepare LR images, restore and time, score.

    python benchmarks/submit.py --data bench/ --data weights/ --work work/
    python benchmarks/submit.py --data bench/ --data weights/ --work work/ --only cmdsr_x4.photo

The folders of ``--data`` hold the data sets that suites name (Set5, RealSR and so on), and weights. LPIPS, DISTS and
NIQE are measured where ``lpips_alex.safetensors``, ``vgg16_lpips_dists.safetensors`` and ``niqe_pris_params.npz`` are
among them. LR images and results stay in ``--work``; results that are there are not made again. On a busy machine,
``--processor`` keeps the time of the processor and not that of a clock. Programs that are not in this environment need
``--python``, an environment with the packages of other_programs.py.
"""

import argparse
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from blindsr import weights
from blindsr.benchmark.submission import Run

HERE = Path(__file__).resolve().parent
MEASURES = {
    "lpips": "lpips_alex.safetensors",
    "vgg": "vgg16_lpips_dists.safetensors",
    "niqe": "niqe_pris_params.npz",
}


def main() -> None:
    """Make the chosen submissions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, action="append", required=True, help="folder with data sets or weights")
    parser.add_argument("--work", type=Path, required=True, help="folder for LR images and results")
    parser.add_argument("--only", action="append", default=[], help="only files that contain this text; repeatable")
    parser.add_argument("--processor", action="store_true", help="keep the processor's time and not that of a clock")
    parser.add_argument("--python", default=sys.executable, help="Python of the environment of other programs")
    chosen = parser.parse_args()
    stored = yaml.safe_load((HERE / "submissions.yaml").read_text(encoding="utf-8"))
    for one in stored["submissions"]:
        if not chosen.only or any(text in one["file"] for text in chosen.only):
            submit(one, chosen)


def submit(one: dict[str, Any], chosen: argparse.Namespace) -> None:
    """Make one submission."""
    print(one["file"], flush=True)
    suite, parts = one["suite"], one["images"]
    data = [word for part in parts for name in part["data_sets"] for word in ("--data", str(find(chosen.data, name)))]
    named = "+".join("-".join((*part["data_sets"], str(len(part["cases"])))) for part in parts)
    lr = chosen.work / "lr" / suite / named
    sr = chosen.work / "sr" / one["file"]
    for part in parts:
        cases = [word for name in part["cases"] for word in ("--case", name)]
        sets = [word for name in part["data_sets"] for word in ("--data-set", name)]
        blindsr("benchmark", "prepare", suite, *data, *cases, *sets, "-o", lr)
    if not (sr / "run.json").is_file():
        words = [word.format(lr=lr, sr=sr) for word in shlex.split(one["run"])]
        blindsr("benchmark", "time", "--results", sr, "--lr", lr, "--", *program(words, chosen))
        keep(sr / "run.json", one["run"], processor=chosen.processor)
    measures = []
    for option, name in MEASURES.items():
        if option not in one.get("without", ()) and (path := find(chosen.data, name)) is not None:
            measures += [f"--{option}", str(path)]
    told = [word for key in ("name", "note", "url") if key in one for word in (f"--{key}", one[key])]
    told += ["--program-version", one["version"]] if "version" in one else []
    parameters = one.get("parameters", own_parameters(one["run"]))
    told += [] if parameters is None else ["--parameters", str(parameters)]
    out = HERE / "submissions" / f"{one['file']}.json"
    blindsr(
        *("benchmark", "score", suite, "--results", sr, *data),
        *(*measures, *told, "-o", out, "--overwrite"),
    )


def keep(path: Path, command: str, *, processor: bool) -> None:
    """Change the record of a run: the command as readers would type it, and no time of a clock that had other work."""
    changed = {"command": typed(command)} | ({"seconds": None} if processor else {})
    run = Run.model_validate_json(path.read_text()).model_copy(update=changed)
    path.write_text(run.model_dump_json(indent=2) + "\n")


def own_parameters(run: str) -> int | None:
    """Parameters of the weights of this package that a command names."""
    words = shlex.split(run)
    path = weights.available().get(words[words.index("-m") + 1]) if "-m" in words else None
    return None if path is None else weights.parameters(path)


def typed(run: str) -> str:
    """The command with the folders of the documentation."""
    return run.format(lr="lr/", sr="sr/")


def program(words: Sequence[str], chosen: argparse.Namespace) -> list[str]:
    """The words of a command, with its program and files where they are here."""
    first = {"blindsr": [sys.executable, "-m", "blindsr"], "python": [chosen.python]}[words[0]]
    return [*first, *(str(find(chosen.data, word) or word) if "." in word else word for word in words[1:])]


def find(folders: Sequence[Path], name: str) -> Path | None:
    """A file or folder of that name in one of the folders."""
    return next((folder / name for folder in folders if (folder / name).exists()), None)


def blindsr(*arguments: object) -> None:
    """Run the program of this environment."""
    subprocess.run([sys.executable, "-m", "blindsr", *map(str, arguments)], check=True)


if __name__ == "__main__":
    main()
