"""Windows."""

import torch

from blindsr.blocks import windows


def test_large_images_are_judged_by_windows_spread_over_them() -> None:
    assert windows(torch.rand(1, 3, 32, 32), 16, 4).shape == (1, 3, 32, 32)  # as many pixels: seen whole
    image = torch.arange(60.0 * 70).view(1, 1, 60, 70)
    found = windows(image, 16, 4)
    assert found.shape == (4, 1, 16, 16)
    corners = [(11, 14), (11, 40), (33, 14), (33, 40)]
    for window, (top, left) in zip(found, corners, strict=True):
        assert torch.equal(window, image[0, :, top : top + 16, left : left + 16])
    assert windows(torch.rand(1, 3, 8, 900), 16, 4).shape == (1, 3, 8, 900)  # too low for a window
