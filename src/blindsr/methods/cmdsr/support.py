"""Support sets of CMDSR: random patches of images."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from blindsr.degrade.blur import border_index

_LOOKS = 4
"""How often, on average, the patches of an image's support sets show each of its pixels, if there are enough sets."""


def support_sets(images: Sequence[Tensor], sets: int, count: int, size: int, generator: torch.Generator) -> Tensor:
    """Draw sets of patches of images that were degraded alike.

    Small images get fewer sets: one set of 20 patches of 48x48 shows an image of 107x107 pixels four times already.

    Args:
        images: each ``(1, 3, h, w)``, of any size; each patch is from one of them, chosen at random.
        sets: largest number of sets.
        count: patches in a set.
        size: side of a patch.
        generator: source of the numbers.

    Returns:
        Patches ``(sets, count, 3, size, size)``.
    """
    pixels = sum(image[0, 0].numel() for image in images)
    sets = max(1, min(sets, math.ceil(_LOOKS * pixels / (count * size**2))))
    chosen = torch.randint(len(images), (sets * count,), generator=generator, device=generator.device)
    patches = images[0].new_empty(sets * count, 3, size, size)
    for number, image in enumerate(images):
        rows = (chosen == number).nonzero()[:, 0]
        patches[rows] = crop_patches(_at_least(image, size), len(rows), size, generator)[0][0]
    return patches.view(sets, count, 3, size, size)


def crop_patches(images: Tensor, count: int, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Random patches of each image, overlapping allowed, without leaving the device.

    Args:
        images: ``(n, 3, h, w)``, no side shorter than ``size``.
        count: patches an image.
        size: side of a patch.
        generator: on the device of ``images``, or on the CPU.

    Returns:
        Patches ``(n, count, 3, size, size)`` and the positions ``(n, count, 2)`` of their top left pixels.
    """
    n, _, height, width = images.shape
    room = torch.tensor([height - size + 1, width - size + 1], device=generator.device)
    corners = (
        (torch.rand(n, count, 2, generator=generator, dtype=torch.float32, device=generator.device) * room)
        .long()
        .to(images.device)
    )
    return take_patches(images, corners, size), corners


def take_patches(images: Tensor, corners: Tensor, size: int) -> Tensor:
    """Patches ``(n, count, c, size, size)`` of ``images`` ``(n, c, h, w)`` at ``corners`` ``(n, count, 2)``."""
    rows, columns = corners.unbind(-1)
    image = torch.arange(len(images), device=images.device)[:, None].expand_as(rows)
    # All windows as a view, so that one index copies whole rows instead of single pixels
    return images.unfold(2, size, 1).unfold(3, size, 1)[image, :, rows, columns]


def _at_least(image: Tensor, size: int) -> Tensor:
    """Continue an image ``(1, 3, h, w)`` by mirroring until no side is shorter than ``size``."""
    for axis in (-2, -1):
        missing = size - image.shape[axis]
        if missing > 0:
            index = border_index(image.shape[axis], missing, "symmetric")[missing:]
            image = image.index_select(axis, index.to(image.device))
    return image
