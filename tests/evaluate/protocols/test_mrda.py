import pytest
import torch

from blindsr.degrade import kernels, resize
from blindsr.degrade.blur import blur
from blindsr.evaluate import protocol, protocols
from blindsr.evaluate.protocols.mrda import gaussian8


def test_names() -> None:
    names = set(protocols())
    assert {f"mrda-gaussian8-x{scale}" for scale in (2, 3, 4)} <= names
    assert {f"mrda-aniso{i}-{noise}" for i in range(1, 10) for noise in (0, 10, 20)} <= names
    assert {f"dasr-aniso{i}-{noise}" for i in range(1, 10) for noise in (0, 5, 10)} <= names


def test_gaussian8_is_ikcs() -> None:
    assert gaussian8(4) == pytest.approx([1.8, 2.0, 2.2, 2.4, 2.6, 2.8, 3.0, 3.2])
    assert gaussian8(3) == pytest.approx([1.35, 1.5, 1.65, 1.8, 1.95, 2.1, 2.25, 2.4])


def test_every_image_is_degraded_by_all_eight() -> None:
    hr = torch.rand(1, 3, 40, 48, generator=torch.Generator().manual_seed(0))
    records = protocol("mrda-gaussian8-x4").degradations("baby")
    assert len(records) == 8
    for record, width in zip(records, gaussian8(4), strict=True):
        expected = resize(blur(hr, kernels.gaussian(21, width)[None], "reflect"), 0.25).clamp(0, 1)
        torch.testing.assert_close(record.apply(hr), (expected * 255).round() / 255, atol=1.01 / 255, rtol=0)


def test_noise_differs_between_kernels_that_are_alike() -> None:
    hr = torch.full((1, 3, 40, 48), 0.5)
    (second,), (sixth,) = (protocol(f"mrda-aniso{i}-20").degradations("baby") for i in (2, 6))
    assert torch.equal(second.kernels, sixth.kernels)
    difference = 255 * (second.apply(hr) - sixth.apply(hr))
    assert float(difference.std()) == pytest.approx(20 * 2**0.5, rel=0.15)


def test_numbers_of_the_papers() -> None:
    assert protocol("mrda-gaussian8-x4").paper_psnr("mrda_x4.iso", "Set14") == 28.42
    assert protocol("mrda-aniso3-10").paper_psnr("mrda_x4.aniso", "Set14") == 25.90
    assert protocol("dasr-aniso9-5").paper_psnr("mrda_x4.aniso", "Set14") == 25.04
    assert protocol("mrda-gaussian8-x2").paper_psnr("mrda_x2.iso", "Set14") is None
