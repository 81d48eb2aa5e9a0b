"""Handling of signals that end the program."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeAlias

_Handler: TypeAlias = Callable[[int, FrameType | None], Any] | int | None
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
"""Ctrl-C; what ``docker stop``, ``timeout`` and a shutdown send; a terminal that is closed, which Windows lacks."""


@contextmanager
def handled() -> Iterator[None]:
    """Unwind at the first signal that asks the program to end, so that part files are removed.

    SIGINT raises `KeyboardInterrupt` as ever, the others `SystemExit` with 128 plus their number, as shells report it;
    they are then ignored while the program cleans up. Signals that were ignored from the start, as under ``nohup``,
    stay so. While modules load there is nothing to clean up, and an exception could be lost in them or come out as
    another one: the signal then ends the process at once.
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
    """The handler of each signal; of none in threads, which cannot set any."""
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
    """Whether a module is loading at a frame."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
