"""Selection of the fastest runtime by measurements in the user's cache."""

import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from blindsr import files
from blindsr.errors import BlindSRError, Code

_LIST = "runtimes.json"
_REPEATS = 3


def fastest(network: Callable[[], str], folder: Path) -> str:
    """Return the fastest runtime measured on this machine; torch without measurements.

    Args:
        network: returns the name of the network, called if needed.
        folder: cache folder.
    """
    known = _read(folder).get(_machine())
    times = known.get(network(), {}) if known else {}
    return min(times, key=lambda name: float(times[name])) if times else "torch"


def store_times(network: str, times: dict[str, float], folder: Path) -> None:
    """Store measured seconds by runtime.

    Raises:
        BlindSRError: the cache cannot be written.
    """
    known = _read(folder)
    known.setdefault(_machine(), {})[network] = times
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BlindSRError(f"cannot write {folder}: {error.strerror}", Code.CANNOT_WRITE) from None
    files.write_file(folder / _LIST, json.dumps(known, indent=2) + "\n")


def seconds(run: Callable[[], Any]) -> float:
    """Return the shortest time of several runs after a warm-up run."""
    run()
    times = []
    for _ in range(_REPEATS):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return min(times)


def _machine() -> str:
    """Identify the machine of a measurement."""
    return f"{platform.node()} {torch.backends.cpu.get_cpu_capability()} {torch.get_num_threads()} threads"


def _read(folder: Path) -> dict[str, Any]:
    try:
        known = json.loads((folder / _LIST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
