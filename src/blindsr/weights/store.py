"""Weights on disk: a safetensors file with the tensors (float16) and their card.

The card stands in the metadata, and once more as bytes among the tensors, which is all that other programs pass on.
"""

import difflib
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pydantic
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialise
from torch import Tensor

from blindsr import files
from blindsr.contract import Method
from blindsr.errors import BlindSRError, Code
from blindsr.methods import registry
from blindsr.weights import hub
from blindsr.weights.card import Card

KEY = "blindsr"
CARD = "blindsr.card"
"""The tensor that holds the card as UTF-8."""
FOLDER = "BLINDSR_MODELS"
"""The environment variable that names a folder of models."""
SUFFIXES = (".safetensors", ".pth", ".pt", ".ckpt")
"""Extensions of weights files; those of blindsr are safetensors."""


@dataclass(frozen=True)
class Weights:
    """A network with its weights, ready to restore."""

    name: str
    method: Method[Any]
    card: Card
    path: Path


def available() -> dict[str, Path]:
    """The weights in the package, by name."""
    with resources.as_file(resources.files("blindsr.weights") / "files") as folder:
        return {name_of(path): path for path in sorted(folder.glob("*.safetensors"))}


def in_folder() -> dict[str, Path]:
    """The models in the folder that the environment variable ``BLINDSR_MODELS`` names, by name."""
    folder = os.environ.get(FOLDER)
    found = sorted(Path(folder).iterdir()) if folder and Path(folder).is_dir() else []
    return {name_of(path): path for path in found if path.suffix.lower() in SUFFIXES and path.is_file()}


def name_of(name_or_path: str | Path) -> str:
    """The name of weights that were given by it or by their path; not its ``stem``, for names have a dot in them."""
    name = Path(name_or_path).name
    return next((name[: -len(suffix)] for suffix in SUFFIXES if name.lower().endswith(suffix)), name)


def save_weights(path: Path, method: Method[Any], card: Card) -> None:
    """Write a method's weights as float16, whole or not at all; folders that are missing are made.

    What only training needs is left out.

    Raises:
        BlindSRError: a place that cannot be written, or weights that float16 cannot hold.
    """
    state = {key: value for key, value in method.state_dict().items() if key.split(".")[0] not in method.training_only}
    text = card.model_dump_json()
    data = serialise({**_halved(state), CARD: torch.tensor(list(text.encode()), dtype=torch.uint8)}, {KEY: text})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BlindSRError(f"cannot write {path}: {error.strerror}", Code.CANNOT_WRITE) from None
    files.write_file(path, data)


def load_weights(name_or_path: str | Path) -> Weights:
    """Build a method with its weights, float32, in evaluation mode, on the CPU.

    Args:
        name_or_path: a name out of `available`, or the path of a file that `save_weights` wrote.

    Raises:
        BlindSRError: no such weights (with the nearest name), or a file that is damaged or not ours.
    """
    path = find_weights(name_or_path)
    card = read_card(path)
    try:
        method = build(card)
        method.load_state_dict(tensors_of(path))  # copied into float32
    except (SafetensorError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise BlindSRError(
            f"{path} does not fit the {card.method} network of this version: {reason}", Code.INCOMPATIBLE
        ) from None
    return Weights(card.name, method, card, path)


def build(card: Card) -> Method[Any]:
    """The network that a card is of, without weights, ready to restore and not to be trained.

    Raises:
        BlindSRError: no such method, or settings that it does not have in this version.
    """
    cls = registry.method_class(card.method)
    try:
        config = cls.Config.model_validate(card.config)
    except pydantic.ValidationError as error:
        reason = str(error).splitlines()[0]
        raise BlindSRError(
            f"{card.name} does not fit the {card.method} network of this version: {reason}", Code.INCOMPATIBLE
        ) from None
    # A new network is initialised at random, which must not move the caller's random numbers.
    with torch.random.fork_rng(devices=[]):
        method = cls(config)
    for name in cls.training_only:
        setattr(method, name, None)
    return method.eval().requires_grad_(requires_grad=False)


def without_card(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a network among those of its file."""
    return {name: tensor for name, tensor in tensors.items() if name != CARD}


def find_weights(name_or_path: str | Path) -> Path:
    """The file of some weights, by name, path or address on the Hugging Face Hub."""
    if str(name_or_path).startswith(hub.SCHEME):
        return hub.download(str(name_or_path))
    known = in_folder() | available()
    if str(name_or_path) in known:
        return known[str(name_or_path)]
    path = Path(name_or_path)
    if path.is_file():
        return path
    near = difflib.get_close_matches(str(name_or_path), known, 1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    raise BlindSRError(f"unknown weights {str(name_or_path)!r}{hint}; 'blindsr models' lists them", Code.UNKNOWN_NAME)


def is_foreign(path: Path) -> bool:
    """Whether a file was written by another program than blindsr.

    Raises:
        BlindSRError: a safetensors file that is damaged.
    """
    return path.suffix.lower() != ".safetensors" or _metadata(path) is None


def read_card(path: Path) -> Card:
    """The card in a weights file, without its tensors."""
    text = _metadata(path)
    if text is None:
        raise BlindSRError(f"{path} was not written by blindsr, so its network is unknown", Code.INVALID_FILE)
    try:
        return Card.model_validate_json(text)
    except pydantic.ValidationError:
        raise BlindSRError(f"{path} was written by another version of blindsr", Code.INVALID_FILE) from None


def _metadata(path: Path) -> str | None:
    """The text of a card; None if there is none."""
    try:
        with safe_open(path, "pt") as file:
            text: str | None = (file.metadata() or {}).get(KEY)
    except (SafetensorError, OSError):
        raise BlindSRError(f"{path} is corrupt or not a safetensors file") from None
    return text


def tensors_of(path: Path) -> dict[str, Tensor]:
    """The tensors of a file that belong to its network."""
    with safe_open(path, "pt") as file:
        return without_card({key: file.get_tensor(key) for key in file.keys()})  # noqa: SIM118  # no mapping


def shapes_of(path: Path) -> dict[str, tuple[int, ...]]:
    """The shapes of the tensors of a file that belong to its network."""
    with safe_open(path, "pt") as file:
        return {key: tuple(file.get_slice(key).get_shape()) for key in file.keys() if key != CARD}  # noqa: SIM118


def parameters(path: Path) -> int:
    """Number of parameters of a weights file."""
    return sum(math.prod(shape) for shape in shapes_of(path).values())


def _halved(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Floating point as float16, laid out as files want it."""
    halved = {}
    for key, tensor in state.items():
        value = tensor.detach().cpu().contiguous()
        halved[key] = value.half() if value.is_floating_point() else value
        if not bool(torch.isfinite(halved[key]).all()):
            raise BlindSRError(
                f"{key} contains values that are not finite in float16; these weights cannot be written",
                Code.INVALID_FILE,
            )
    return halved
