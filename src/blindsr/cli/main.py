"""``blindsr``: the process around the commands, which is prepared before anything large is loaded."""

import os
import sys
from collections.abc import Sequence

from blindsr.cli import signals, streams
from blindsr.version import __version__


def run(arguments: Sequence[str] | None = None) -> None:
    """Run a command line and exit with 0 on success, 1 if some files failed, 2 if nothing could be done.

    Args:
        arguments: without the program's name; those of the process if not given.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    streams.prepare(quiet=not {"-h", "--help", "--version"}.isdisjoint(given))
    with signals.handled():
        try:
            _execute(given)
        except SystemExit as ending:
            complete = streams.finish()
            sys.exit(ending.code or int(not complete))


def _execute(arguments: Sequence[str]) -> None:
    if arguments == ["--version"]:  # needs no parser, which takes longer to load than Python itself
        print(f"blindsr {__version__}")
        sys.exit(0)
    if not _has_folder():
        print("the current folder no longer exists; change to another one", file=sys.stderr)
        sys.exit(2)
    from blindsr.cli import app

    app.execute(arguments)


def _has_folder() -> bool:
    """Whether there is a current folder, without which libraries of torch end the process."""
    try:
        os.getcwd()  # noqa: PTH109  # as those libraries do
    except OSError:
        return False
    return True
