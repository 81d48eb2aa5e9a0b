"""JPEG by the codec, one quality a sample."""

import io

import numpy as np
import torch
from PIL import Image

from blindsr.degrade import jpeg


def test_values_beyond_the_range_are_clipped_not_wrapped() -> None:
    x = torch.cat((torch.full((1, 3, 16, 16), -0.2), torch.full((1, 3, 16, 16), 1.2)), 3)
    torch.testing.assert_close(jpeg.compress(x, torch.tensor([95])), x.clamp(0, 1), atol=2 / 255, rtol=0)
    assert float(x.min()) < 0


def test_each_row_is_what_pillow_makes_of_it() -> None:
    x = (torch.rand(3, 3, 24, 40, generator=torch.Generator().manual_seed(0)) * 255).round() / 255
    out = jpeg.compress(x, torch.tensor([0, 30, 95]))
    assert torch.equal(out[0], x[0])
    for row, quality in ((1, 30), (2, 95)):
        buffer = io.BytesIO()
        image = Image.fromarray((x[row] * 255).round().byte().permute(1, 2, 0).numpy())
        image.save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
        expected = np.asarray(Image.open(buffer).convert("RGB"))
        assert np.array_equal((out[row] * 255).round().byte().permute(1, 2, 0).numpy(), expected)
