"""Networks of blindsr for programs that load models with spandrel, such as chaiNNer.

>>> import blindsr.spandrel, blindsr.weights, spandrel
>>> blindsr.spandrel.install()
>>> model = spandrel.ModelLoader().load_from_file(blindsr.weights.find_weights("cmdsr_x4.photo"))
>>> model.scale
4

Calling such a model estimates the condition of an image and restores the image in tiles.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import pydantic
import torch
from spandrel import (
    MAIN_REGISTRY,
    Architecture,
    ArchRegistry,
    ArchSupport,
    ImageModelDescriptor,
    ModelTiling,
    UnsupportedModelError,
)
from torch import Tensor, nn

from blindsr import weights
from blindsr.contract import Method
from blindsr.inference.upscaler import Upscaler
from blindsr.weights.store import CARD, read_shapes, read_tensors, without_card

ARCHITECTURE = "blindsr"
"""The identifier of the architecture."""


class Restorer(nn.Module):
    """Module that estimates the condition of an image and restores it."""

    def __init__(self, method: Method[Any]) -> None:
        super().__init__()
        self.method = method

    def forward(self, image: Tensor) -> Tensor:
        """Restore ``(1, 3, h, w)`` in [0, 1] to ``(1, 3, s*h, s*w)``."""
        with torch.inference_mode(mode=False):  # noqa: TID251  # spandrel calls in that mode, and MZSR needs gradients
            return Upscaler(self.method, device=image.device, precision="fp32")(image.clone())

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """Load the tensors of a weights file."""
        return self.method.load_state_dict(without_card(state_dict), strict, assign)


class RestorerArchitecture(Architecture[Restorer]):  # type: ignore[misc]  # spandrel has no types
    """All methods of blindsr, identified by the card of the weights."""

    def __init__(self) -> None:
        super().__init__(id=ARCHITECTURE, name="blindsr", detect=lambda state: _card_of(state) is not None)

    def load(self, state_dict: dict[str, Any]) -> ImageModelDescriptor[Restorer]:
        """Build the network of some tensors.

        Raises:
            BlindSRError: the network was configured by another version of blindsr.
        """
        card = _card_of(state_dict)
        if card is None:
            raise UnsupportedModelError("these are not weights of blindsr")
        method = weights.build(card)
        return ImageModelDescriptor(
            Restorer(method),
            state_dict,
            architecture=self,
            purpose="SR",
            tags=[card.method, card.name],
            supports_half=False,
            supports_bfloat16=False,
            scale=method.traits.scale,
            input_channels=3,
            output_channels=3,
            tiling=ModelTiling.INTERNAL,
        )


def install(registry: ArchRegistry = MAIN_REGISTRY) -> None:
    """Register the networks of blindsr before all others; repeated calls have no effect."""
    architecture = RestorerArchitecture()
    others = tuple(one.architecture.id for one in registry if one.architecture.id != ARCHITECTURE)
    registry.add(ArchSupport.from_architecture(architecture, before=others), ignore_duplicates=True)


def _card_of(state: Mapping[str, Any]) -> weights.Card | None:
    """Return the card among some tensors, or that of the packaged weights with the same values."""
    if CARD in state:
        try:
            return weights.Card.model_validate_json(bytes(state[CARD].tolist()))
        except (pydantic.ValidationError, AttributeError, TypeError, ValueError):
            return None
    shapes = {name: tuple(value.shape) for name, value in state.items() if isinstance(value, Tensor)}
    for path, known in _packaged():
        if known == shapes and all(torch.equal(value, state[name]) for name, value in read_tensors(path).items()):
            return weights.read_card(path)
    return None


@lru_cache(1)
def _packaged() -> list[tuple[Any, dict[str, tuple[int, ...]]]]:
    """List the weights files of the package, with the shapes of their tensors by name."""
    return [(path, read_shapes(path)) for path in weights.available().values()]
