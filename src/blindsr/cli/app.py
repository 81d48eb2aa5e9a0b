"""The commands, and their error handling."""

import logging
import sys
import warnings
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer
from typer.exceptions import TyperException

from blindsr.cli import inspect, models
from blindsr.cli.analyze import analyze
from blindsr.cli.condition import condition
from blindsr.cli.degrade import degrade
from blindsr.cli.doctor import doctor
from blindsr.cli.export import export
from blindsr.cli.measure import benchmark
from blindsr.cli.measure.evaluate import evaluate
from blindsr.cli.measure.reproduce import reproduce
from blindsr.cli.serve import serve
from blindsr.cli.train import train
from blindsr.cli.upscale import upscale
from blindsr.errors import BlindSRError
from blindsr.version import __version__

_MANY: Mapping[str, frozenset[str]] = {
    "upscale": frozenset({"--support"}),
    "train": frozenset({"--data"}),
    "evaluate": frozenset({"--data", "--support"}),
    "inspect": frozenset({"--data"}),
    "benchmark": frozenset({"--data"}),
    "reproduce": frozenset({"--data", "--train", "--use"}),
}
"""Options that take all values up to the next option."""

app = typer.Typer(
    name="blindsr",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    upscale,
    analyze,
    condition,
    degrade,
    train,
    evaluate,
    reproduce,
    doctor,
    export,
    serve,
):
    app.command()(command)
app.add_typer(models.app, name="models")
app.add_typer(inspect.app, name="inspect")
app.add_typer(benchmark.app, name="benchmark")


def execute(arguments: Sequence[str]) -> None:
    """Execute a command line and exit with 0 on success, 1 if some files failed, 2 if nothing could be done.

    Args:
        arguments: without the program's name.
    """
    # A corrupt file is reported by a single message
    logging.getLogger("tifffile").addHandler(logging.NullHandler())
    logging.getLogger("pyvips").setLevel(logging.WARNING)  # it reports every image at the level INFO
    warnings.filterwarnings("ignore", module="PIL")
    try:
        sys.exit(app(args=repeat_options(arguments), prog_name="blindsr", standalone_mode=False))
    except TyperException as error:  # the command line does not parse
        message, context = error.format_message().rstrip("."), getattr(error, "ctx", None)
        if message:  # else it was empty, and help has been printed
            typer.echo(f"{message}; see {context.command_path if context else 'blindsr'} --help", err=True)
        sys.exit(2)
    except BlindSRError as error:
        typer.echo(error, err=True)
        sys.exit(2)
    except OSError as error:  # a place that even a look at it is refused
        typer.echo(f"{error.filename or 'the system'}: {error.strerror or error}", err=True)
        sys.exit(2)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)


def repeat_options(arguments: Sequence[str]) -> list[str]:
    """Repeat an option before each of its values, as the parser requires: ``--data A B`` to ``--data A --data B``."""
    many = _MANY.get(arguments[0], frozenset()) if arguments else frozenset()
    repeated: list[str] = []
    option, first = "", False
    for position, argument in enumerate(arguments):
        if argument == "--":
            return [*repeated, *arguments[position:]]
        if argument.startswith("-"):
            option, first = (argument, True) if argument in many else ("", False)
        elif option and not first:
            repeated.append(option)
        else:
            first = False
        repeated.append(argument)
    return repeated


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"blindsr {__version__}")
        raise typer.Exit


@app.callback()
def _about(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Blind super-resolution of real photographs: unknown blur, noise and compression."""
