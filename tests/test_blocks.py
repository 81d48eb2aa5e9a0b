"""Shared modules against their textbook forms."""

import torch
from torch import nn

from blindsr.blocks import PixelShuffle


def test_it_is_pixel_shuffle_up_to_the_order_of_channels() -> None:
    x = torch.rand(2, 5 * 9, 4, 6)
    textbook = x.view(2, 9, 5, 4, 6).transpose(1, 2).reshape(2, 45, 4, 6)
    assert torch.equal(PixelShuffle(3)(x), nn.PixelShuffle(3)(textbook))
