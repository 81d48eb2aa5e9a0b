"""``-`` for an image from standard input or to standard output."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from blindsr.cli import streams
from blindsr.errors import BlindSRError, Code

PIPE = "-"
SINGLE = "a single image goes through a pipe; name files and a folder for several"


@contextmanager
def piped(inputs: Sequence[str], out: str, ending: str | None) -> Iterator[tuple[list[str], str]]:
    """Replace pipes by temporary files; the output file is sent to standard output at the end.

    Args:
        inputs: inputs; at most one ``-``.
        out: output; ``-`` only for a single image.
        ending: extension of the output file; ``.png`` if None.

    Raises:
        BlindSRError: standard input is a terminal or empty, or several files would go through a pipe.
    """
    if inputs.count(PIPE) > 1 or (out == PIPE and len(inputs) != 1):
        raise BlindSRError(SINGLE, Code.CONFLICTING_OPTIONS)
    if PIPE not in (out, *inputs):
        yield list(inputs), out
        return
    if out == PIPE and streams.is_closed(sys.stdout):
        raise BlindSRError("standard output is closed; name an output file", Code.CANNOT_WRITE)
    with _temporary() as place:
        given = [str(_received(place / "stdin")) if name == PIPE else name for name in inputs]
        target = place / f"stdout{ending or '.png'}"
        yield given, str(target) if out == PIPE else out
        if out == PIPE and target.is_file():
            _send(target)


@contextmanager
def _temporary() -> Iterator[Path]:
    try:
        folder = TemporaryDirectory(prefix="blindsr-")
    except OSError as error:
        raise BlindSRError(
            f"cannot create a temporary folder ({error.strerror}); set TMPDIR or name files", Code.CANNOT_WRITE
        ) from None
    with folder as name:
        yield Path(name)


def _received(path: Path) -> Path:
    if streams.is_closed(sys.stdin) or sys.stdin.isatty():
        raise BlindSRError("standard input is a terminal; name a file or pipe an image", Code.CANNOT_READ)
    with path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    if path.stat().st_size == 0:
        raise BlindSRError("standard input is empty; pipe an image or name a file", Code.CANNOT_READ)
    return path


def _send(path: Path) -> None:
    with path.open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
    if not streams.finish():
        raise BlindSRError("cannot write the image to standard output", Code.CANNOT_WRITE)
