"""Run the commands of commands.yaml again: python docs/results/measure.py --data bench/ [--only mzsr]."""

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).parent


def main() -> None:
    """Run every command in the folder of data sets, and write its JSON here."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True, help="Folder that holds Set5.")
    parser.add_argument("--only", default="", help="Only commands that contain this text.")
    arguments = parser.parse_args()
    for table in yaml.safe_load((HERE / "commands.yaml").read_text(encoding="utf-8")):
        for command in table["commands"]:
            if arguments.only in command:
                _run(shlex.split(command)[1:], arguments.data)


def _run(command: list[str], data: Path) -> None:
    *rest, output = command
    print(output, flush=True)
    subprocess.run([sys.executable, "-m", "blindsr", *rest, str(HERE / output), "--overwrite"], cwd=data, check=True)


if __name__ == "__main__":
    main()
