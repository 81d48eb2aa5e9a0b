from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from blindsr.degrade import resize
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate import metrics
from blindsr.evaluate.measures import Compared, artefacts, fidelity, perceptual, psnr_inside_border, score
from blindsr.nn.perceptual import AlexNet


def _compared() -> Compared:
    hr = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(0)).mul(255).round() / 255
    lr = resize(hr, 0.25).clamp(0, 1)
    bicubic = resize(lr, 4).clamp(0, 1)
    return Compared(torch.cat([bicubic, 0.9 * bicubic]), lr, hr)


def test_each_result_has_the_value_that_it_has_alone() -> None:
    compared = _compared()
    convention = metrics.luma_convention(4)
    whole = metrics.Convention("y", 0, "sr")
    measures = [*fidelity(whole), psnr_inside_border(convention), artefacts()]
    scores = score(compared, measures)
    for found, sr in zip(scores, compared.results, strict=True):
        assert found.psnr == pytest.approx(float(metrics.psnr(sr[None], compared.original, whole)))
        assert found.ssim == pytest.approx(float(metrics.ssim(sr[None], compared.original, whole)))
        assert found.values["psnr_border4"] == pytest.approx(
            float(metrics.psnr(sr[None], compared.original, convention))
        )
    assert scores[0].values["artefacts"] == pytest.approx(1, abs=1e-3)
    assert scores[1].values["artefacts"] < 0.99


def test_without_originals_there_is_no_fidelity() -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        score(Compared(torch.rand(1, 3, 32, 32), torch.rand(1, 3, 8, 8)), fidelity(metrics.luma_convention(4)))


def test_distances_are_those_of_the_result_as_a_file_would_be(tmp_path: Path) -> None:
    alex = _alex()
    torch.save(alex, tmp_path / "alex.pth")
    compared = _compared()
    measures = perceptual(alex=tmp_path / "alex.pth")
    assert [measure.name for measure in measures] == ["lpips"]
    nearly = Compared(compared.results + 0.3 / 255, compared.lr, compared.hr)
    low = Compared((compared.results * 255).round() / 255, compared.lr, compared.hr)
    (first, _), (second, _) = score(compared, measures), score(low, measures)
    assert first.values["lpips"] == pytest.approx(second.values["lpips"])
    assert first.values["lpips"] > 0
    assert score(nearly, measures)[0].values["lpips"] != first.values["lpips"]


def _alex() -> dict[str, Tensor]:
    """Random weights under the authors' names."""
    names = ("net.slice1.0", "net.slice2.3", "net.slice3.6", "net.slice4.8", "net.slice5.10")
    found: dict[str, Tensor] = {}
    for number, (name, conv) in enumerate(zip(names, AlexNet().convs, strict=True)):
        found |= {f"{name}.{kind}": value for kind, value in conv.state_dict().items()}
        found[f"lin{number}.model.1.weight"] = torch.ones(1, AlexNet.channels[number], 1, 1)
    return found


def test_nothing_is_measured_by_networks_without_files() -> None:
    build: Callable[..., object] = perceptual
    assert build() == []
