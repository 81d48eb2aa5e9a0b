from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.nn.perceptual import AlexNet


def test_it_has_torchvisions_layers(rand: Callable[..., Tensor]) -> None:
    net = AlexNet()
    assert sum(p.numel() for p in net.parameters()) == 2_469_696
    x = rand(0, 2, 3, 64, 70)
    maps = net.features(x)
    assert [tuple(one.shape[1:]) for one in maps] == [(64, 15, 16), (192, 7, 7), (384, 3, 3), (256, 3, 3), (256, 3, 3)]
    first = net.convs[0].state_dict()
    y = F.conv2d(net.normalise(x), first["weight"], first["bias"], stride=4, padding=2).relu()
    torch.testing.assert_close(maps[0], y)
    assert net.features(x[..., : net.least, : net.least])[-1].shape[-2:] == (1, 1)
