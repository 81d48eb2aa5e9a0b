"""Building blocks that several methods share."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, TypeVar

import torch
from torch import Tensor, nn

_Module = TypeVar("_Module", bound=nn.Module)


def initialise(module: nn.Module, follows: Literal["linear", "relu"] = "linear", gain: float = 1.0) -> None:
    """Let all convolutions below a module keep the variance of the signal (He et al., 2015), times ``gain``.

    Deep networks without normalisation learn from it at once; torch's own makes the signal smaller with every layer.

    Args:
        module: the convolution itself, or what holds it.
        follows: what stands after the convolutions.
        gain: less than 1 for the last convolution of a residual block, so that it starts close to the identity.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity=follows)
            layer.weight.data.mul_(gain)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def windows(image: Tensor, side: int, count: int) -> Tensor:
    """Input for the condition of an image: itself, or evenly spaced windows of an image with more pixels than these.

    Args:
        image: ``(1, c, h, w)``.
        side: of a window; those of a strip that is narrower are as narrow as the strip.
        count: how many of them at most, in a grid.

    Returns:
        ``(1, c, h, w)`` or ``(n, c, min(side, h), min(side, w))``.
    """
    height, width = image.shape[-2:]
    if height * width <= count * side**2:
        return image
    tall, wide = min(side, height), min(side, width)
    # Windows of a strip lie in a row, of all else in a grid.
    rows = 1 if height < side else count if width < side else math.isqrt(count)
    columns = count // rows
    tops = [round((height - tall) * (i + 0.5) / rows) for i in range(rows)]
    lefts = [round((width - wide) * (i + 0.5) / columns) for i in range(columns)]
    return torch.cat([image[..., top : top + tall, left : left + wide] for top in tops for left in lefts])


def with_tensors(module: _Module, tensors: Mapping[str, Tensor]) -> _Module:
    """Copy a network with other tensors in a few places; everything else is shared with the original.

    Unlike ``torch.func.functional_call``, which exchanges the tensors of the module itself for the time of a call, this
    leaves the original untouched: other threads can use it meanwhile. Gradients reach the shared parameters.

    Args:
        module: the network.
        tensors: parameters and buffers by their names in it.

    Raises:
        KeyError: the network has no tensor of such a name.
    """
    copy = _shared(module)
    for name, tensor in tensors.items():
        owner, _, leaf = name.rpartition(".")
        held = vars(copy.get_submodule(owner))
        places = [held[kind] for kind in ("_parameters", "_buffers") if leaf in held[kind]]
        if not places:
            raise KeyError(name)
        places[0][leaf] = tensor
    return copy


def _shared(module: _Module) -> _Module:
    """A module with containers of its own for the same parameters and buffers, and its submodules alike."""
    copy = module.__new__(type(module))
    held = dict(vars(module))
    held |= {kind: dict(held[kind]) for kind in ("_parameters", "_buffers")}
    held["_modules"] = {name: None if child is None else _shared(child) for name, child in held["_modules"].items()}
    vars(copy).update(held)
    return copy


@contextmanager
def frozen(net: nn.Module) -> Iterator[None]:
    """Freeze the parameters of a network within a context; gradients pass through it."""
    parameters = [parameter for parameter in net.parameters() if parameter.requires_grad]
    for parameter in parameters:
        parameter.requires_grad = False
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad = True
