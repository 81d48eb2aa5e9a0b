"""Weights on disk: one safetensors file holds the tensors (float16) and the card that says what they are."""

import difflib
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pydantic
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from blindsr.atomic import beside
from blindsr.contract import Method
from blindsr.errors import BlindSRError
from blindsr.methods import registry
from blindsr.weights.card import Card

_KEY = "blindsr"


@dataclass(frozen=True)
class Weights:
    """A network with its weights, ready to restore."""

    name: str
    method: Method[Any]
    card: Card
    path: Path


def available() -> dict[str, Path]:
    """The weights in the package, by name."""
    with as_file(files("blindsr.weights") / "files") as folder:
        return {path.name.removesuffix(".safetensors"): path for path in sorted(folder.glob("*.safetensors"))}


def save(path: Path, method: Method[Any], card: Card) -> None:
    """Write a method's weights as float16, whole or not at all."""
    tensors = {name: value.detach().half().cpu().contiguous() for name, value in method.state_dict().items()}
    try:
        with beside(path) as part:
            save_file(tensors, part, {_KEY: card.model_dump_json()})
    except OSError as error:
        raise BlindSRError(f"cannot write {path}: {error.strerror}") from None


def load(name_or_path: str | Path) -> Weights:
    """Build a method with its weights, float32, in evaluation mode, on the CPU.

    Args:
        name_or_path: a name out of `available`, or the path of a file that `save` wrote.

    Raises:
        BlindSRError: no such weights (with the nearest name), or a file that is damaged or not ours.
    """
    path = find(name_or_path)
    card = read_card(path)
    cls = registry.method_class(card.method)
    try:
        method = cls(cls.Config.model_validate(card.config))
        with safe_open(path, "pt") as file:
            tensors = {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118  # no mapping
        method.load_state_dict(tensors)
    except (pydantic.ValidationError, SafetensorError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise BlindSRError(f"{path} does not fit the {card.method} network of this version: {reason}") from None
    return Weights(card.name, method.eval().requires_grad_(requires_grad=False), card, path)


def find(name_or_path: str | Path) -> Path:
    """The file of some weights, by name or path."""
    known = available()
    if str(name_or_path) in known:
        return known[str(name_or_path)]
    path = Path(name_or_path)
    if path.is_file():
        return path
    near = difflib.get_close_matches(str(name_or_path), known, 1)
    hint = f"did you mean {near[0]}?" if near else "'blindsr models' lists them"
    raise BlindSRError(f"there are no weights {str(name_or_path)!r}; {hint}")


def read_card(path: Path) -> Card:
    """The card in a weights file, without its tensors."""
    try:
        with safe_open(path, "pt") as file:
            text = (file.metadata() or {}).get(_KEY)
    except (SafetensorError, OSError):
        raise BlindSRError(f"{path} is damaged or no safetensors file") from None
    if text is None:
        raise BlindSRError(f"{path} was not written by blindsr, so its network is unknown")
    try:
        return Card.model_validate_json(text)
    except pydantic.ValidationError:
        raise BlindSRError(f"{path} was written by another version of blindsr") from None


def parameters(path: Path) -> int:
    """How many numbers a weights file holds."""
    with safe_open(path, "pt") as file:
        return sum(torch.Size(file.get_slice(key).get_shape()).numel() for key in file.keys())  # noqa: SIM118
