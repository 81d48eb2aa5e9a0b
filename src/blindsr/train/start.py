"""Weights that a run begins with instead of random ones."""

import logging
from pathlib import Path
from typing import Any, NamedTuple

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from blindsr import weights
from blindsr.contract import Method
from blindsr.errors import BlindSRError
from blindsr.train import checkpoint
from blindsr.train.export import trained

_log = logging.getLogger(__name__)


class Start(NamedTuple):
    """Weights that were trained before."""

    name: str
    """Of their recipe, or of the file."""
    tensors: dict[str, Tensor]


def read(source: str) -> Start:
    """Read the weights to begin with.

    Args:
        source: a name or a file of weights; the folder of a run, whose networks for training alone come along; or a
            safetensors file of a network alone, as its authors published it.

    Raises:
        BlindSRError: there are none.
    """
    if (Path(source) / checkpoint.NAME).is_file():
        recipe, method = trained(Path(source))
        return Start(recipe.header.name, method.state_dict())
    if _is_bare(Path(source)):
        return Start(Path(source).stem, safetensors.torch.load_file(source))
    found = weights.load(source)
    return Start(found.name, found.method.state_dict())


def _is_bare(path: Path) -> bool:
    """Whether a file holds tensors without a description of ours."""
    try:
        with safe_open(path, framework="pt") as file:
            return not file.metadata() or weights.store.KEY not in file.metadata()
    except (OSError, SafetensorError):
        return False


def take(start: Start, target: Method[Any]) -> None:
    """Take what fits; other layers, as more blocks or the upscaler of another scale, keep what they begin with.

    Raises:
        BlindSRError: less than half of the weights fit.
    """
    given, own = start.tensors, target.state_dict()
    renamed = {target.place_of(name): value.float() for name, value in given.items()}
    taken = {name: value for name, value in renamed.items() if name in own and own[name].shape == value.shape}
    if 2 * _size(taken) < _size(given):
        raise BlindSRError(f"the weights to begin with, {start.name}, belong to another network than the recipe's")
    target.load_state_dict({**own, **taken})
    if len(taken) < len(own):
        _log.warning("%d of %d tensors are not in the weights to begin with", len(own) - len(taken), len(own))


def _size(tensors: dict[str, torch.Tensor]) -> int:
    return sum(tensor.numel() for tensor in tensors.values())
