"""Two small test images, so that a protocol can be run in a moment."""

from pathlib import Path

import pytest
import torch

from blindsr import images
from blindsr.degrade import resize


@pytest.fixture
def hr_folder(tmp_path: Path) -> Path:
    """``Set5`` with ``a.png`` (46x41, RGB) and ``b.png`` (40x40, gray)."""
    folder = tmp_path / "hr" / "Set5"
    folder.mkdir(parents=True)
    generator = torch.Generator().manual_seed(0)
    a = resize(torch.rand(1, 3, 14, 15, generator=generator), 4)[0, :, :41, :46].clamp(0, 1)
    b = resize(torch.rand(1, 1, 10, 10, generator=generator), 4)[0].clamp(0, 1).expand(3, -1, -1)
    images.write(images.Picture(a), folder / "a.png")
    images.write(images.Picture(b, metadata=images.Metadata(gray=True)), folder / "b.png")
    return folder
