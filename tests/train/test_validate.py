"""Validation is repeatable and judges bicubic as bicubic."""

from contextlib import nullcontext

import pytest
import torch

from blindsr.degrade import families
from blindsr.photos import Photos
from blindsr.restore import Bicubic
from blindsr.train.validate import Validation


def test_bicubic_scores_what_the_baseline_says() -> None:
    source = torch.Generator().manual_seed(0)
    pixels = tuple(torch.randint(256, (3, 70, 90 + i), generator=source).byte() for i in range(3))
    photos = Photos(("a", "b", "c"), pixels)
    first = Validation.prepare(photos, families.cmdsr(4), torch.device("cpu"))
    second = Validation.prepare(photos, families.cmdsr(4), torch.device("cpu"))
    for (lr, hr), (lr2, hr2) in zip(first.pairs, second.pairs, strict=True):
        assert torch.equal(lr, lr2)
        assert torch.equal(hr, hr2)
        assert hr.shape[-2:] == (4 * lr.shape[-2], 4 * lr.shape[-1])
    scores = first.run(Bicubic(4), nullcontext())
    assert scores["psnr"] == pytest.approx(scores["bicubic"], abs=0.01)
