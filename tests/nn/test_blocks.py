"""Windows."""

import torch

from blindsr.nn.blocks import windows


def test_large_images_are_judged_by_windows_spread_over_them() -> None:
    assert windows(torch.rand(1, 3, 32, 32), 16, 4).shape == (1, 3, 32, 32)  # as many pixels: seen whole
    image = torch.arange(60.0 * 70).view(1, 1, 60, 70)
    found = windows(image, 16, 4)
    assert found.shape == (4, 1, 16, 16)
    corners = [(11, 14), (11, 40), (33, 14), (33, 40)]
    for window, (top, left) in zip(found, corners, strict=True):
        assert torch.equal(window, image[0, :, top : top + 16, left : left + 16])


def test_a_strip_is_judged_by_windows_as_narrow_as_itself() -> None:
    strip = torch.arange(8.0 * 900).view(1, 1, 8, 900)
    lefts = [110, 332, 552, 774]
    for image, found in (
        (strip, windows(strip, 16, 4)),
        (strip.mT, windows(strip.mT, 16, 4)),
    ):
        across = image is strip
        assert found.shape == ((4, 1, 8, 16) if across else (4, 1, 16, 8))
        for window, left in zip(found, lefts, strict=True):
            assert torch.equal(window if across else window.mT, strip[0, :, :, left : left + 16])


def test_windows_fill_a_grid_and_no_more() -> None:
    assert [len(windows(torch.rand(1, 1, 90, 90), 16, count)) for count in (1, 4, 5, 6, 9)] == [1, 4, 4, 6, 9]
