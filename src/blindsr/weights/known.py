"""What published weights are known to be: the sum of each file, and what it makes of one image.

The list stands beside the weights, in ``known.json``; ``train --export`` keeps it.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import torch
from torch import Tensor

from blindsr import files
from blindsr.contract import Method

_LIST = "known.json"
_SIDE = 24


class Known(TypedDict):
    """One file's entry."""

    sha256: str
    result: list[float]
    """Means of the result of `example` over its four quarters."""
    suits: NotRequired[dict[str, Any]]
    """For which photographs `auto` takes them; see `suits.Suits`."""


def example() -> Tensor:
    """An image ``(1, 3, 24, 24)`` of smooth waves, the same everywhere."""
    at = torch.arange(_SIDE, dtype=torch.float64)
    waves = [torch.sin(at * f)[:, None] * torch.cos(at * (0.9 - f))[None] for f in (0.2, 0.35, 0.5)]
    return (0.5 + 0.4 * torch.stack(waves)).float()[None]


@torch.no_grad()
def fingerprint(method: Method[Any]) -> list[float]:
    """What a network makes of the example, in float32 on the CPU."""
    lr = example()
    sr = method.restore(lr, method.condition(lr, generator=torch.Generator().manual_seed(0)))
    half = sr.shape[-1] // 2
    quarters = [sr[..., rows, columns] for rows in _halves(half) for columns in _halves(half)]
    return [round(float(quarter.mean()), 6) for quarter in quarters]


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read(folder: Path) -> dict[str, Known]:
    """The list in a folder, by the names of weights; empty if there is none."""
    path = folder / _LIST
    if not path.is_file():
        return {}
    known: dict[str, Known] = json.loads(path.read_text(encoding="utf-8"))
    return known


def note(path: Path, method: Method[Any]) -> None:
    """Enter a file that was just written, and what its network makes of the example."""
    known = read(path.parent)
    entry = Known(sha256=digest(path), result=fingerprint(method))
    if path.stem in known and "suits" in known[path.stem]:
        entry["suits"] = known[path.stem]["suits"]
    known[path.stem] = entry
    files.write(path.parent / _LIST, json.dumps(dict(sorted(known.items())), indent=2) + "\n")


def _halves(half: int) -> tuple[slice, slice]:
    return slice(None, half), slice(half, None)
