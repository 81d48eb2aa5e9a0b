"""Handling of signals that end the program."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeAlias

_Handler: TypeAlias = Callable[[int, FrameType | None], Any] | int | None
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
"""Signals of Ctrl-C; of ``docker stop``, ``timeout`` and a shutdown; and of a closed terminal, except on Windows."""


@contextmanager
def handled() -> Iterator[None]:
    """Raise an exception at the first signal that ends the program, so that temporary files are removed.

    SIGINT raises `KeyboardInterrupt` as usual, the others `SystemExit` with 128 plus their number, as shells report it;
    further signals are ignored during the cleanup. Signals that are ignored from the start, as with ``nohup``, stay
    ignored. During imports there is nothing to clean up, and modules could catch or convert the exception, so a signal
    ends the process immediately.
    """
    before = {number: handler for number, handler in _handlers().items() if handler in _DEFAULTS}
    for number in before:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_DEFAULTS = (signal.SIG_DFL, signal.default_int_handler)


def _handlers() -> dict[int, _Handler]:
    """Return the handler of each signal; none in threads, which cannot set handlers."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    return {number: signal.getsignal(number) for number in numbers}


def _end(number: int, frame: FrameType | None) -> None:
    if _imports(frame):
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    signal.signal(number, signal.SIG_IGN)
    raise SystemExit(128 + number)


def _imports(frame: FrameType | None) -> bool:
    """Whether a module is being imported in a frame or its callers."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
