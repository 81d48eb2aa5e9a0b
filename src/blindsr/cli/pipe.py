"""``-`` for an image that comes in, or goes out, through a pipe."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from blindsr.errors import BlindSRError

PIPE = "-"
SINGLE = "a single image goes through a pipe; name files and a folder for several"


@contextmanager
def piped(inputs: Sequence[str], out: str, ending: str | None) -> Iterator[tuple[list[str], str]]:
    """Give files that stand for the pipes, and empty the one that goes out at the end.

    Args:
        inputs: what to read; ``-`` once at most.
        out: where to write; ``-`` only for a single image.
        ending: of the file that goes out, such as ``.png``, which it is if this is None.

    Raises:
        BlindSRError: a pipe that is a terminal, or more than goes through one.
    """
    if inputs.count(PIPE) > 1 or (out == PIPE and len(inputs) != 1):
        raise BlindSRError(SINGLE)
    with TemporaryDirectory() as folder:
        place = Path(folder)
        given = [str(_received(place / "stdin")) if name == PIPE else name for name in inputs]
        target = place / f"stdout{ending or '.png'}"
        yield given, str(target) if out == PIPE else out
        if out == PIPE and target.is_file():
            sys.stdout.buffer.write(target.read_bytes())
            sys.stdout.buffer.flush()


def _received(path: Path) -> Path:
    if sys.stdin.isatty():
        raise BlindSRError("nothing comes in through the pipe; name a file, or send an image to the standard input")
    path.write_bytes(sys.stdin.buffer.read())
    return path
