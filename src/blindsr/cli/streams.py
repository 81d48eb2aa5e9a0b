"""Handling of closed standard streams, and of write errors."""

import io
import os
import sys
from typing import Any


def prepare(*, quiet: bool = False) -> None:
    """Replace closed standard streams by the null device, and guard the others against write errors.

    Otherwise, the next opened file would get the file descriptor of a closed stream, and messages of libraries to this
    stream would be written to the file.

    Args:
        quiet: print no message if standard output was closed by its reader, such as ``--help | head``.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # it gets the lowest free number, which is this
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123  # for the life of the process
    sys.stdout, sys.stderr = _guarded(sys.stdout, 1, quiet=quiet), _guarded(sys.stderr, 2, quiet=True)


def is_closed(stream: Any) -> bool:
    """Whether a standard stream was closed when the process started."""
    return getattr(stream, "name", None) == os.devnull


def finish() -> bool:
    """Write buffered output; return False if not all output could be written."""
    sys.stdout.flush()
    sys.stderr.flush()
    raw = _raw(sys.stdout)
    return not (isinstance(raw, _Guarded) and raw.broken)


def _guarded(stream: Any, number: int, *, quiet: bool) -> Any:
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123  # for the life of the process
    raw = _raw(stream)
    if type(raw) is not io.FileIO or raw.fileno() != number:
        return stream  # guarded already, or replaced by the caller, as test runners and notebooks do
    stream.flush()
    raw = _Guarded(number, "w", closefd=False)
    raw.quiet = quiet
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=stream.encoding,
        errors="surrogateescape" if number == 1 else stream.errors,  # prints any name of a file as it is
        line_buffering=stream.line_buffering or raw is stream.buffer,  # with PYTHONUNBUFFERED, there is no buffer
    )


def _raw(stream: Any) -> Any:
    buffer = getattr(stream, "buffer", None)
    return getattr(buffer, "raw", buffer)


class _Guarded(io.FileIO):
    """Stream that drops output that it cannot write, after one message."""

    broken = False
    quiet = False

    def write(self, data: Any) -> int:
        if not self.broken:
            try:
                return super().write(data)
            except OSError as error:
                self.broken = True
                if not self.quiet:
                    print(f"cannot write to standard output: {error.strerror}; continuing without", file=sys.stderr)
        return memoryview(data).nbytes
