"""Checkpoints: the complete state of a run, written atomically.

No random state is stored because none is carried from one step to the next: every draw of a step comes from generators
seeded by (run seed, stage, rank, step), so the position is the random state.
"""

import pickle
import zipfile
from pathlib import Path
from typing import Any, TypedDict, cast

import torch
from torch import nn

from blindsr.errors import BlindSRError, Code
from blindsr.files import atomic_write

NAME = "checkpoint.pt"


Chain = list[dict[str, Any]]
"""Runs and files that a run started from, the earliest first; see `provenance`."""


class State(TypedDict):
    """The contents of a checkpoint."""

    recipe: dict[str, Any]
    stage: int
    """Index of the running stage."""
    step: int
    """Finished steps of this stage."""
    seconds: float
    """Time spent training so far."""
    model: dict[str, Any]
    average: dict[str, Any]
    optimizers: list[dict[str, Any]]
    validations: list[dict[str, Any]]
    began: str | None
    """Name of the weights that the run started from, if any."""
    chain: Chain
    """Runs and files that those weights came from."""
    data: list[dict[str, Any]]
    """Training data and settings; several entries if the run was resumed with different ones."""


def save_checkpoint(run: Path, state: State) -> None:
    """Write ``run/checkpoint.pt`` atomically.

    Raises:
        BlindSRError: the file cannot be written.
    """
    try:
        with atomic_write(run / NAME) as part:
            torch.save(dict(state), part)
    except (OSError, RuntimeError) as error:  # torch reports a full disk as a RuntimeError
        reason = " ".join(str(getattr(error, "strerror", None) or error).split())
        raise BlindSRError(
            f"cannot write {run / NAME}: {reason}; the previous checkpoint is intact", Code.CANNOT_WRITE
        ) from None


def fill_weights(method: nn.Module, values: dict[str, Any]) -> None:
    """Copy the weights of a checkpoint into a network.

    Raises:
        BlindSRError: the weights belong to another network or version.
    """
    try:
        method.load_state_dict(values)
    except RuntimeError:
        raise BlindSRError("the checkpoint contains weights of another network or version", Code.INCOMPATIBLE) from None


def load_checkpoint(run: Path) -> State:
    """Read a run's checkpoint onto the CPU.

    Raises:
        BlindSRError: there is no checkpoint, or the file is not one of blindsr.
    """
    path = run / NAME
    if not path.is_file():
        raise BlindSRError(f"no checkpoint in {run}; train without --resume to start", Code.FILE_NOT_FOUND)
    damaged = BlindSRError(f"{path} is corrupt or not a checkpoint; start again in another folder", Code.INVALID_FILE)
    if not zipfile.is_zipfile(path):  # torch would parse it as its old format and raise various errors
        raise damaged
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError):
        raise damaged from None
    if isinstance(state, dict) and "chain" not in state:  # written by an older version
        state["chain"] = unrecorded(state.get("began"))
    if not isinstance(state, dict) or state.keys() != State.__annotations__.keys():
        raise BlindSRError(f"{path} was written by another program or version", Code.INVALID_FILE)
    return cast("State", state)


def unrecorded(began: str | None) -> Chain:
    """Return the chain of a run for which an older version recorded only the name of the initial weights."""
    return [] if began is None else [{"name": began, "unrecorded": True}]
