"""List of published weights: the hash of each file, a fingerprint of its result, and what it is used for.

The list is ``known.json`` in the folder of the weights; ``train --export`` updates it.
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


class KnownWeights(TypedDict):
    """Entry of one file."""

    sha256: str
    result: list[float]
    """Means of the four quarters of the result for `example`."""
    suits: NotRequired[dict[str, Any]]
    """Photographs for which ``auto`` selects them; see `suits.Suitability`."""
    roles: NotRequired[dict[str, int]]
    """Tasks that they are the default for, each with its rank; see `suits.with_role`."""


def example() -> Tensor:
    """Create a deterministic image ``(1, 3, 24, 24)`` of smooth waves."""
    at = torch.arange(_SIDE, dtype=torch.float64)
    waves = [torch.sin(at * f)[:, None] * torch.cos(at * (0.9 - f))[None] for f in (0.2, 0.35, 0.5)]
    return (0.5 + 0.4 * torch.stack(waves)).float()[None]


@torch.no_grad()
def fingerprint(method: Method[Any]) -> list[float]:
    """Means of the four quarters of a network's result for `example`, in float32 on the CPU."""
    lr = example()
    sr = method.restore(lr, method.condition(lr, generator=torch.Generator().manual_seed(0)))
    half = sr.shape[-1] // 2
    quarters = [sr[..., rows, columns] for rows in _halves(half) for columns in _halves(half)]
    return [round(float(quarter.mean()), 6) for quarter in quarters]


def digest(path: Path) -> str:
    """Return the SHA-256 sum of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_known(folder: Path) -> dict[str, KnownWeights]:
    """Read the list of a folder, by name of weights; empty if there is no list."""
    path = folder / _LIST
    if not path.is_file():
        return {}
    known: dict[str, KnownWeights] = json.loads(path.read_text(encoding="utf-8"))
    return known


def record_known(path: Path, method: Method[Any]) -> None:
    """Add or replace the entry of a file."""
    known = read_known(path.parent)
    entry = KnownWeights(sha256=digest(path), result=fingerprint(method))
    former = known.get(path.stem, entry)
    if "suits" in former:
        entry["suits"] = former["suits"]
    if "roles" in former:
        entry["roles"] = former["roles"]
    known[path.stem] = entry
    files.write_file(path.parent / _LIST, json.dumps(dict(sorted(known.items())), indent=2) + "\n")


def _halves(half: int) -> tuple[slice, slice]:
    return slice(None, half), slice(half, None)
