"""Weights on disk: a safetensors file with the tensors (float16) and their card.

The card is stored in the metadata, and also as a tensor of bytes, since other programs only keep tensors.
"""

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
from blindsr.errors import BlindSRError, Code, suggestion
from blindsr.methods import registry
from blindsr.weights import hub
from blindsr.weights.card import Card

KEY = "blindsr"
CARD = "blindsr.card"
"""Name of the tensor that contains the card as UTF-8."""
FOLDER = "BLINDSR_MODELS"
"""Environment variable with the path of a folder of models."""
SUFFIXES = (".safetensors", ".pth", ".pt", ".ckpt")
"""Extensions of weights files; blindsr writes safetensors."""


@dataclass(frozen=True)
class Weights:
    """A network with its weights."""

    name: str
    method: Method[Any]
    card: Card
    path: Path


def available() -> dict[str, Path]:
    """Return the weights in the package, by name."""
    with resources.as_file(resources.files("blindsr.weights") / "files") as folder:
        return {name_of(path): path for path in sorted(folder.glob("*.safetensors"))}


def in_folder() -> dict[str, Path]:
    """Return the models in the folder ``BLINDSR_MODELS`` (environment variable), by name."""
    folder = os.environ.get(FOLDER)
    found = sorted(Path(folder).iterdir()) if folder and Path(folder).is_dir() else []
    return {name_of(path): path for path in found if path.suffix.lower() in SUFFIXES and path.is_file()}


def name_of(name_or_path: str | Path) -> str:
    """Return the name of weights given by name or path."""
    name = Path(name_or_path).name
    return next((name[: -len(suffix)] for suffix in SUFFIXES if name.lower().endswith(suffix)), name)


def save_weights(path: Path, method: Method[Any], card: Card) -> None:
    """Write a method's weights as float16, atomically; missing folders are created.

    Training-only submodules are omitted.

    Raises:
        BlindSRError: the file cannot be written, or weights exceed the range of float16.
    """
    text = card.model_dump_json()
    data = serialise(
        {**_halved(inference_tensors(method)), CARD: torch.tensor(list(text.encode()), dtype=torch.uint8)}, {KEY: text}
    )
    files.make_folder(path.parent)
    files.write_file(path, data)


def inference_tensors(method: Method[Any]) -> dict[str, Tensor]:
    """Return the tensors of a network without training-only submodules, which weights files do not have."""
    return {name: one for name, one in method.state_dict().items() if name.split(".")[0] not in method.training_only}


def load_weights(name_or_path: str | Path) -> Weights:
    """Build a method with its weights, float32, in evaluation mode, on the CPU.

    Args:
        name_or_path: name of weights (see `available`), or path of a file written by `save_weights`.

    Raises:
        BlindSRError: unknown weights (the message suggests a name), or the file is corrupt or from another program.
    """
    path = find_weights(name_or_path)
    card = read_card(path)
    try:
        method = build(card)
        method.load_state_dict(read_tensors(path))  # copied into float32
    except (SafetensorError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise BlindSRError(
            f"{path} does not fit the {card.method} network of this version: {reason}", Code.INCOMPATIBLE
        ) from None
    return Weights(card.name, method, card, path)


def build(card: Card) -> Method[Any]:
    """Build the network of a card without weights, in evaluation mode.

    Raises:
        BlindSRError: unknown method, or settings that this version does not support.
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
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        method = cls(config).float()  # whatever torch's defaults are
    for name in cls.training_only:
        setattr(method, name, None)
    return method.eval().requires_grad_(requires_grad=False)


def without_card(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors without that of the card."""
    return {name: tensor for name, tensor in tensors.items() if name != CARD}


def find_weights(name_or_path: str | Path) -> Path:
    """Return the path of weights given by name, path or address on the Hugging Face Hub."""
    if str(name_or_path).startswith(hub.SCHEME):
        return hub.download(str(name_or_path))
    known = in_folder() | available()
    if str(name_or_path) in known:
        return known[str(name_or_path)]
    path = Path(name_or_path)
    if path.is_file():
        return path
    raise BlindSRError(
        f"unknown weights {str(name_or_path)!r}{suggestion(name_or_path, known)}; 'blindsr models' lists them",
        Code.UNKNOWN_NAME,
    )


def is_foreign(path: Path) -> bool:
    """Whether a file was written by another program.

    Raises:
        BlindSRError: the safetensors file is corrupt.
    """
    return path.suffix.lower() != ".safetensors" or _metadata(path) is None


def read_card(path: Path) -> Card:
    """Read the card of a weights file."""
    text = _metadata(path)
    if text is None:
        raise BlindSRError(f"{path} was not written by blindsr, so its network is unknown", Code.INVALID_FILE)
    try:
        return Card.model_validate_json(text)
    except pydantic.ValidationError:
        raise BlindSRError(f"{path} was written by another version of blindsr", Code.INVALID_FILE) from None


def _metadata(path: Path) -> str | None:
    """Read the text of a card; None if there is none."""
    try:
        with safe_open(path, "pt") as file:
            text: str | None = (file.metadata() or {}).get(KEY)
    except (SafetensorError, OSError):
        raise BlindSRError(f"{path} is corrupt or not a safetensors file") from None
    return text


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a file that belong to its network."""
    with safe_open(path, "pt") as file:
        return without_card({key: file.get_tensor(key) for key in file.keys()})  # noqa: SIM118  # no mapping


def read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Read the shapes of the tensors of a file that belong to its network."""
    with safe_open(path, "pt") as file:
        return {key: tuple(file.get_slice(key).get_shape()) for key in file.keys() if key != CARD}  # noqa: SIM118


def parameters(path: Path) -> int:
    """Return the number of parameters in a weights file."""
    return sum(math.prod(shape) for shape in read_shapes(path).values())


def _halved(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Convert floating-point tensors to contiguous float16."""
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
