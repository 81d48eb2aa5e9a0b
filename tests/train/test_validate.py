"""Validation is repeatable and judges bicubic as bicubic."""

from contextlib import nullcontext

import pytest
import torch

from blindsr.degrade.families import Isotropic
from blindsr.inference import Bicubic
from blindsr.photos import Photos
from blindsr.train.validate import Validation

FAMILY = Isotropic(4, 15, noise=(0, 75), std=(0.2, 4.0), step=0.1)


def test_bicubic_scores_what_the_baseline_says() -> None:
    source = torch.Generator().manual_seed(0)
    pixels = tuple(torch.randint(256, (3, 70, 90 + i), generator=source).byte() for i in range(3))
    photos = Photos(("a", "b", "c"), pixels)
    first = Validation.prepare(photos, FAMILY, torch.device("cpu"))
    second = Validation.prepare(photos, FAMILY, torch.device("cpu"))
    for one, two in zip(first.pairs, second.pairs, strict=True):
        assert torch.equal(one.lr, two.lr)
        assert torch.equal(one.hr, two.hr)
        assert one.hr.shape[-2:] == (4 * one.lr.shape[-2], 4 * one.lr.shape[-1])
    scores = first.run(Bicubic(4), nullcontext())
    assert scores["psnr"] == pytest.approx(scores["bicubic"], abs=0.01)


def test_a_method_is_told_what_its_paper_tells_it() -> None:
    pixels = (torch.randint(256, (3, 70, 90), generator=torch.Generator().manual_seed(0)).byte(),)
    photos, cpu = Photos(("a",), pixels), torch.device("cpu")
    assert Validation.prepare(photos, FAMILY, cpu).hints[0].given() == []
    (hints,) = Validation.prepare(photos, FAMILY, cpu, frozenset({"kernel", "noise"})).hints
    truth = FAMILY.sample(1, 0)
    assert hints.given() == ["kernel", "noise"]
    assert hints.kernel is not None
    assert torch.equal(hints.kernel, truth.kernels[0])
    assert hints.noise == float(truth.noise[0])
