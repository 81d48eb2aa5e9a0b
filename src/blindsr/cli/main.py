"""``blindsr``: the commands, and how errors leave the program."""

import sys
from collections.abc import Iterable
from typing import Annotated

import typer

import blindsr
from blindsr.cli.degrade import degrade
from blindsr.cli.evaluate import evaluate
from blindsr.cli.models import models
from blindsr.cli.train import train
from blindsr.cli.upscale import upscale
from blindsr.errors import BlindSRError

# Options that take several values after one flag.
_LISTS = ("--support", "--data")

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, context_settings={"max_content_width": 100})
app.command()(upscale)
app.command()(degrade)
app.command()(train)
app.command()(evaluate)
app.add_typer(models, name="models")


def _version(asked: bool) -> None:  # typer's callback
    if asked:
        typer.echo(blindsr.__version__)
        raise typer.Exit


@app.callback()
def main(
    _version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """Restore small, blurred, noisy photographs whose degradation nobody knows."""


def run() -> None:
    """Entry point: errors that a user can put right become one sentence and exit code 2."""
    try:
        app(spread(sys.argv[1:]))
    except BlindSRError as error:
        print(f"blindsr: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


def spread(arguments: Iterable[str]) -> list[str]:
    """Repeat the flag of options that take several values: ``--data a b`` becomes ``--data a --data b``."""
    out: list[str] = []
    flag = None
    first = False
    for argument in arguments:
        if argument.startswith("-") and argument != "-":
            flag, first = (argument, True) if argument in _LISTS else (None, False)
        elif flag is not None:
            if not first:
                out.append(flag)
            first = False
        out.append(argument)
    return out
