"""Initial weights of a run."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from blindsr import weights
from blindsr.contract import Method
from blindsr.errors import BlindSRError, Code
from blindsr.train import checkpoint, provenance
from blindsr.train.export import trained

_log = logging.getLogger(__name__)
_LEAST = 0.5
"""Smallest fraction of the network that initial weights must fill, unless ``partial`` is set."""


class InitialWeights(NamedTuple):
    """Trained weights that a run starts from."""

    name: str
    """Name of their recipe or file."""
    tensors: dict[str, Tensor]
    chain: checkpoint.Chain = []  # noqa: RUF012  # a default that nothing changes
    """Runs and files that they came from, including themselves."""


def read_start(source: str) -> InitialWeights:
    """Read initial weights.

    Args:
        source: name or file of weights; the folder of a run, which also has weights of training-only submodules; or a
            safetensors file of other authors.

    Raises:
        BlindSRError: the weights do not exist or cannot be read.
    """
    path = Path(source)
    if (path / checkpoint.NAME).is_file():
        recipe, method = trained(path)
        return InitialWeights(
            recipe.header.name, method.state_dict(), provenance.chain_after_run(checkpoint.load_checkpoint(path))
        )
    metadata = _foreign_metadata(path)
    if metadata is not None:
        return InitialWeights(
            path.stem, safetensors.torch.load_file(source), provenance.chain_after_file(path, metadata)
        )
    found = weights.load_weights(source)
    return InitialWeights(found.name, found.method.state_dict(), provenance.chain_after_weights(found.card))


def _foreign_metadata(path: Path) -> dict[str, str] | None:
    """Return the metadata of a safetensors file of other authors; None if the file is not one."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
    except (OSError, SafetensorError):
        return None
    return None if weights.store.KEY in metadata else metadata


def fill_matching(start: InitialWeights, target: Method[Any], *, partial: bool = False) -> None:
    """Copy the weights that match a network; its other layers keep their initial weights.

    Training-only submodules may be missing in published weights, so they do not count.

    Args:
        start: weights of the same method, or of a part whose keys the method can map.
        target: the network.
        partial: whether less than half of the network may be filled.

    Raises:
        BlindSRError: less than half of the network is filled, or less than half of the weights is used.
    """
    own = target.state_dict()
    named = {target.remap_key(name): value.float() for name, value in start.tensors.items()}
    renamed = {name: target.convert_tensor(name, value) for name, value in named.items()}
    taken = {name: value for name, value in renamed.items() if name in own and own[name].shape == value.shape}
    if 2 * _size(taken) < _size(renamed):
        raise BlindSRError(
            f"the initial weights, {start.name}, belong to another network than the recipe's", Code.INCOMPATIBLE
        )
    missing = {name: value for name, value in own.items() if name not in taken}
    needed = weights.inference_tensors(target)
    share = 1 - _size({name: value for name, value in needed.items() if name in missing}) / _size(needed)
    summary = f"{len(missing)} of {len(own)} tensors are not in the initial weights, {start.name}"
    if share < _LEAST and not partial:
        raise BlindSRError(
            f"{summary}, which fill only {share:.0%} of the network; use --partial to start with them anyway",
            Code.INCOMPATIBLE,
        )
    target.load_state_dict({**own, **taken})
    if missing:
        _log.warning("%s; those fill %.0f%% of the network", summary, 100 * share)


def _size(tensors: Mapping[str, Tensor]) -> int:
    return sum(tensor.numel() for tensor in tensors.values())
