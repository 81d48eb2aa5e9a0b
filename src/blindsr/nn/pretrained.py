"""Weights of other people's networks, from files that a user names."""

import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from blindsr.errors import BlindSRError


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Named tensors of a safetensors file, or of a state dictionary that torch saved; no code in it is run.

    Raises:
        BlindSRError: no such file, or something else in it.
    """
    try:
        found = load_file(path) if path.suffix == ".safetensors" else torch.load(path, "cpu", weights_only=True)
    except OSError as error:
        raise BlindSRError(f"{path} cannot be read: {error.strerror or error}") from None
    except (SafetensorError, RuntimeError, pickle.UnpicklingError, EOFError, ValueError):
        raise BlindSRError(f"{path} is no safetensors file and no state dictionary of torch") from None
    if not isinstance(found, dict) or not all(isinstance(value, Tensor) for value in found.values()):
        raise BlindSRError(f"{path} holds something else than named tensors")
    return dict(found)
