"""Base of the feature extractors: torchvision's input normalisation, and reading of weights with other names."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from blindsr.errors import BlindSRError, Code
from blindsr.nn.pretrained import read_tensors

_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)


class Trunk(nn.Module):
    """A frozen classification network that yields feature maps."""

    mean: Tensor
    std: Tensor
    channels: tuple[int, ...]
    """Channels of each feature map."""
    least: int
    """Smallest side of an image, pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(_MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(_STD).view(3, 1, 1), persistent=False)

    def normalise(self, x: Tensor) -> Tensor:
        """Normalise RGB in [0, 1] by the mean and standard deviation of ImageNet."""
        return (x - self.mean) / self.std

    def features(self, x: Tensor) -> list[Tensor]:
        """Map ``(n, 3, h, w)``, RGB in [0, 1], to feature maps after their ReLU."""
        raise NotImplementedError

    def check(self, x: Tensor, name: str) -> None:
        """Check that images are large enough for all layers."""
        if min(x.shape[-2:]) < self.least:
            width, height = x.shape[-1], x.shape[-2]
            raise BlindSRError(
                f"{name} needs images of at least {self.least}x{self.least} pixels, not {width}x{height}",
                Code.TOO_SMALL,
            )


def fill_weights(
    net: nn.Module, tensors: Mapping[str, Tensor], names: Mapping[str, str], path: Path, what: str
) -> None:
    """Copy tensors into a network and freeze it.

    Args:
        net: the network.
        tensors: tensors of the file.
        names: names of the tensors in the file, by their names in the network.
        path: path of the file, for messages.
        what: expected weights, for messages, such as ``"VGG-16 as torchvision names them"``.

    Raises:
        BlindSRError: a tensor is missing or has another size.
    """
    own = net.state_dict()
    try:
        named = {name: tensors[names[name]].reshape(tensor.shape) for name, tensor in own.items()}
    except (KeyError, RuntimeError):
        raise BlindSRError(f"{path} does not contain the weights of {what}", Code.INVALID_FILE) from None
    net.load_state_dict(named)
    net.eval().requires_grad_(requires_grad=False)


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a file, in float32."""
    return {name: tensor.float() for name, tensor in read_tensors(path).items()}
