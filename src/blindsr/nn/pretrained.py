"""Weights of other networks, from files."""

import pickle
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from blindsr.errors import BlindSRError, Code


def read_tensors(path: Path, find: Callable[[dict[str, Any]], Mapping[Any, Any]] = dict) -> dict[str, Tensor]:
    """Read the tensors of a safetensors file, or of a state dictionary saved by torch; no code in the file is executed.

    Args:
        path: path of the file.
        find: returns the state dictionary in the content of the file, such as a training checkpoint.

    Raises:
        BlindSRError: the file cannot be read, or has other content.
    """
    try:
        with warnings.catch_warnings():  # an unusual file raises the error below
            warnings.simplefilter("ignore")
            content: Any = (
                load_file(path) if path.suffix == ".safetensors" else torch.load(path, "cpu", weights_only=True)
            )
    except OSError as error:
        raise BlindSRError(f"cannot read {path}: {error.strerror or error}", Code.CANNOT_READ) from None
    except (SafetensorError, RuntimeError, pickle.UnpicklingError, EOFError, ValueError, LookupError, TypeError):
        raise BlindSRError(
            f"{path} is neither a safetensors file nor a PyTorch state dictionary", Code.INVALID_FILE
        ) from None
    found = find(content) if isinstance(content, dict) and all(isinstance(key, str) for key in content) else None
    if not found or not all(isinstance(name, str) and isinstance(value, Tensor) for name, value in found.items()):
        raise BlindSRError(f"{path} contains something other than named tensors", Code.INVALID_FILE)
    return dict(found)
