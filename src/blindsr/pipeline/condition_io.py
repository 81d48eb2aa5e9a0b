"""Reading and writing of stored conditions, for example of one camera."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from blindsr import files
from blindsr.errors import BlindSRError, Code
from blindsr.inference.upscaler import Upscaler
from blindsr.weights import name_of

_VERSION = 1


def save_condition(path: Path, model: str, upscaler: Upscaler, condition: Any, *, overwrite: bool = True) -> None:
    """Write a condition to a JSON file, atomically.

    Raises:
        BlindSRError: the file cannot be written, or the method does not support stored conditions.
    """
    tensors = {name: values.tolist() for name, values in upscaler.method.pack(condition).items()}
    text = json.dumps({"version": _VERSION, "model": name_of(model), "condition": tensors})
    files.write_file(path, text + "\n", overwrite=overwrite)


@dataclass(frozen=True)
class StoredCondition:
    """Condition read from a file."""

    path: Path
    """Path of the file, for error messages."""
    model: str
    tensors: Mapping[str, Tensor]

    def unpack_for(self, model: str, upscaler: Upscaler) -> Any:
        """Convert to a condition of the model that it was estimated with.

        Raises:
            BlindSRError: the model differs.
        """
        if name_of(self.model) != name_of(model):
            raise BlindSRError(
                f"{self.path} was made with {self.model}, not {model}; use the same model", Code.INCOMPATIBLE
            )
        return upscaler.method.unpack({name: values.to(upscaler.device) for name, values in self.tensors.items()})


def load_condition(path: Path, model: str, upscaler: Upscaler) -> Any:
    """Read a condition that `save_condition` wrote for the same model.

    Raises:
        BlindSRError: the file is missing or invalid, or the condition belongs to another model.
    """
    return read_condition(path).unpack_for(model, upscaler)


def read_condition(path: str | os.PathLike[str]) -> StoredCondition:
    """Read a file that `save_condition` wrote.

    Raises:
        BlindSRError: the file is missing or invalid.
    """
    path = Path(path)
    strange = BlindSRError(
        f"{path} does not contain a condition; create one with 'blindsr condition'", Code.INVALID_FILE
    )
    text = files.read_text(path)
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        raise strange from None
    if not isinstance(values, dict) or values.keys() != {"version", "model", "condition"}:
        raise strange
    if values["version"] != _VERSION or not isinstance(values["model"], str):
        raise BlindSRError(
            f"{path} is not of version {_VERSION}; create it again with 'blindsr condition'", Code.INVALID_FILE
        )
    try:
        tensors = {name: torch.tensor(one, dtype=torch.float32) for name, one in values["condition"].items()}
    except (AttributeError, TypeError, ValueError, OverflowError, RuntimeError):
        raise strange from None
    if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
        raise BlindSRError(
            f"{path} contains values that are not finite; create it again with 'blindsr condition'", Code.INVALID_FILE
        )
    return StoredCondition(path, values["model"], tensors)
