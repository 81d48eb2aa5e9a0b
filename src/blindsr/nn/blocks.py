"""Building blocks that several methods share."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, TypeVar

import torch
from torch import Tensor, nn

_Module = TypeVar("_Module", bound=nn.Module)


def initialise(module: nn.Module, follows: Literal["linear", "relu"] = "linear", gain: float = 1.0) -> None:
    """Initialise all convolutions in a module to preserve the variance of features (He et al., 2015), times ``gain``.

    Deep networks without normalisation need this; with torch's initialisation, features become smaller in every layer.

    Args:
        module: a convolution, or a module that contains convolutions.
        follows: activation after the convolutions.
        gain: less than 1 for the last convolution of a residual block, so that the block is close to the identity.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity=follows)
            layer.weight.data.mul_(gain)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def windows(image: Tensor, side: int, count: int) -> Tensor:
    """Return an image for estimating its condition, or evenly spaced windows if it has more pixels than these.

    Args:
        image: ``(1, c, h, w)``.
        side: side of a window, unless the image is narrower.
        count: maximum number of windows, in a grid.

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
    """Copy a network and replace some of its tensors; all others are shared with the original.

    Unlike ``torch.func.functional_call``, which temporarily replaces the tensors of the module itself, this does not
    change the original, so that other threads can use it. Shared parameters receive gradients.

    Args:
        module: the network.
        tensors: parameters and buffers by name.

    Raises:
        KeyError: the network has no tensor with such a name.
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
    """Copy a module and its submodules; parameters and buffers are shared."""
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
