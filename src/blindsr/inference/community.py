"""Networks of other projects as methods: every single-image architecture that spandrel supports.

Spandrel recognises the architecture by the names of the tensors. Such networks have no condition and do not state
their receptive field, so tiles use the customary context.
"""

import math
import weakref
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from blindsr.contract import Hints, Method, StrictModel, Traits, check_image
from blindsr.errors import BlindSRError, Code
from blindsr.nn.pretrained import read_tensors

if TYPE_CHECKING:
    from spandrel import ImageModelDescriptor

_MARGIN = 32
"""Context of a tile in LR pixels; rounded up to the required multiple of sides."""
_WIDE = 64
"""Context of a tile for networks for which spandrel discourages tiling."""
_WHOLE = 2**20
"""Context for networks with internal tiling: the whole image."""
_PROBED = 64
"""Side of the image that memory is measured with, LR pixels."""


class CommunityConfig(StrictModel):
    """Description of a network by spandrel."""

    architecture: str
    scale: int
    purpose: str
    tags: tuple[str, ...]
    channels: int
    """Channels of its images: 3, or 1, in which case each channel is restored separately."""
    multiple: int
    """Required multiple of the sides of its images."""
    minimum: int
    """Smallest side of its images."""
    square: bool
    margin: int
    """Context of a tile."""


class Community(Method[None]):
    """A network loaded by spandrel, without condition."""

    Config = CommunityConfig
    config: CommunityConfig

    def __init__(self, descriptor: "ImageModelDescriptor[nn.Module]") -> None:
        """Wrap a network.

        Raises:
            BlindSRError: the network does not map images to images of equal or larger size.
        """
        super().__init__()
        self._descriptor = descriptor
        self.network = descriptor.model.eval().requires_grad_(requires_grad=False)
        self.config = _config_of(descriptor)

    @property
    def traits(self) -> Traits:
        smallest = max(1, self._descriptor.size_requirements.minimum)
        return Traits(self.config.scale, self.config.margin, self._activations, smallest)

    @cached_property
    def _activations(self) -> int:
        return measure_activations(self)

    def condition(self, lr: Tensor, *, generator: torch.Generator, hints: Hints = Hints()) -> None:
        """Return None."""

    def restore(self, lr: Tensor, condition: None) -> Tensor:
        check_image(lr)
        height, width = lr.shape[-2:]
        image = self._padded(lr if self.config.channels == 3 else lr.flatten(0, 1)[:, None])
        precise = not self._descriptor.supports_bfloat16
        with torch.autocast(lr.device.type, enabled=torch.is_autocast_enabled(lr.device.type) and not precise):
            sr: Tensor = self._descriptor._call_fn(self.network, image)
        sr = sr[..., : self.config.scale * height, : self.config.scale * width].float()
        return sr if self.config.channels == 3 else sr[:, 0].unflatten(0, lr.shape[:2])

    forward = restore

    def describe(self, condition: None) -> dict[str, Any]:
        return {"architecture": self.config.architecture, "tags": list(self.config.tags)}

    def to_tensors(self, condition: None) -> dict[str, Tensor]:
        return {}

    def from_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Return None."""

    def _padded(self, image: Tensor) -> Tensor:
        """Pad a copy by mirroring to a supported size; some networks modify their input."""
        width, height = self._descriptor.size_requirements.get_padding(image.shape[-1], image.shape[-2])
        right, below = min(width, image.shape[-1] - 1), min(height, image.shape[-2] - 1)
        if right or below:
            image = F.pad(image, (0, right, 0, below), mode="reflect")
        if width > right or height > below:
            image = F.pad(image, (0, width - right, 0, height - below), mode="replicate")
        return image if width or height else image.clone()


def load_community(path: Path) -> Community:
    """Load a network from a file of tensors; no code in the file is executed.

    Args:
        path: safetensors file, or file saved by torch.

    Raises:
        BlindSRError: spandrel is not installed, the file contains other objects than tensors, or the network is not
            supported or does not restore single images.
    """
    try:
        from spandrel import (  # noqa: PLC0415  # an extra
            MAIN_REGISTRY,
            ImageModelDescriptor,
            UnsupportedModelError,
            canonicalize_state_dict,
        )
    except ImportError as error:
        raise BlindSRError(
            f"{path.name} was not written by blindsr; other networks require spandrel, which cannot be imported "
            f"({error}): pip install 'blindsr[community]'",
            Code.MISSING_DEPENDENCY,
        ) from None
    tensors = read_tensors(path, canonicalize_state_dict)
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            descriptor = MAIN_REGISTRY.load(tensors)
    except UnsupportedModelError:
        raise BlindSRError(f"{path} has an architecture that spandrel does not support", Code.INVALID_FILE) from None
    except Exception as error:  # architectures raise various errors if sizes do not fit
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BlindSRError(f"{path} cannot be opened by spandrel: {reason}", Code.INVALID_FILE) from None
    if not isinstance(descriptor, ImageModelDescriptor):
        raise BlindSRError(
            f"{path} is an inpainting network ({descriptor.architecture.name}), which is not supported",
            Code.INVALID_FILE,
        )
    if descriptor.purpose == "FaceSR":
        raise BlindSRError(
            f"{path} restores aligned faces only ({descriptor.architecture.name}), which is not supported",
            Code.INVALID_FILE,
        )
    network = Community(descriptor)
    _check_result(network, path)
    return network


def _config_of(descriptor: "ImageModelDescriptor[nn.Module]") -> CommunityConfig:
    name, size = descriptor.architecture.name, descriptor.size_requirements
    channels = (descriptor.input_channels, descriptor.output_channels)
    if channels not in ((3, 3), (1, 1)):
        raise BlindSRError(
            f"this {name} network maps {channels[0]} to {channels[1]} channels; expected 3 to 3 or 1 to 1",
            Code.INVALID_FILE,
        )
    margin = {"SUPPORTED": _MARGIN, "DISCOURAGED": _WIDE}.get(descriptor.tiling.name, _WHOLE)
    return CommunityConfig(
        architecture=name,
        scale=descriptor.scale,
        purpose=descriptor.purpose,
        tags=tuple(descriptor.tags),
        channels=channels[0],
        multiple=size.multiple_of,
        minimum=size.minimum,
        square=size.square,
        margin=-(-margin // size.multiple_of) * size.multiple_of,
    )


@torch.no_grad()
def _check_result(network: Community, path: Path) -> None:
    """Check that results of a network are finite and have the expected size."""
    try:
        shape = tuple(network.restore(torch.full((1, 3, 8, 9), 0.5), None).shape)
    except Exception as error:  # as above
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BlindSRError(
            f"{path} cannot be used as {network.config.architecture}: {reason}", Code.INVALID_FILE
        ) from None
    scale = network.config.scale
    if shape != (1, 3, 8 * scale, 9 * scale):
        raise BlindSRError(f"{path} has scale {scale}, but maps 9x8 to {shape[3]}x{shape[2]} pixels")


class _Peak(TorchDispatchMode):
    """Tracks the peak memory of tensors, bytes."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's
        self.held: int = 0
        self.most: int = 0
        self._seen: weakref.WeakSet[torch.UntypedStorage] = weakref.WeakSet()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, Tensor):
                self._count(tensor.untyped_storage())
        return made

    def _count(self, storage: torch.UntypedStorage) -> None:
        if storage not in self._seen:
            self._seen.add(storage)
            self.held += storage.nbytes()
            self.most = max(self.most, self.held)
            weakref.finalize(storage, self._freed, storage.nbytes())

    def _freed(self, size: int) -> None:
        self.held -= size


@torch.no_grad()
def measure_activations(network: Community) -> int:
    """Peak activation memory of a network per LR pixel, in floats; see `Traits.floats_per_pixel`.

    Uses meta tensors if the network's operators support them.
    """
    side = -(-max(_PROBED, network.config.minimum) // network.config.multiple) * network.config.multiple
    state = {**dict(network.named_parameters()), **dict(network.named_buffers())}
    shapes = {name: value.to("meta") for name, value in state.items()}
    try:
        with _Peak() as peak:
            torch.func.functional_call(network, shapes, (torch.empty(1, 3, side, side, device="meta"), None))
    except Exception:  # operators without meta kernels, or data-dependent control flow
        with _Peak() as peak:
            network.restore(torch.zeros(1, 3, side, side, device=next(network.parameters()).device), None)
    most: int = peak.most
    return math.ceil(most / (4 * side**2))
