"""DISTS against its formula, written out in float64."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.errors import BlindSRError, Code
from blindsr.nn.perceptual import DISTS

Rand = Callable[..., Tensor]
_STAGES = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))


@pytest.fixture
def path(vgg: dict[str, Tensor], tmp_path: Path) -> Path:
    torch.save(vgg, tmp_path / "vgg.pth")
    return tmp_path / "vgg.pth"


def _maps(x: Tensor, weights: dict[str, Tensor]) -> list[Tensor]:
    window = torch.outer(torch.hann_window(5, periodic=False), torch.hann_window(5, periodic=False))[
        1:-1, 1:-1
    ].double()
    window = window / window.sum()
    found = [x]
    x = (x - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)) / torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    for stage, names in enumerate(_STAGES):
        if stage:
            planes = (x * x).flatten(0, 1)[:, None]
            x = F.conv2d(planes, window[None, None], stride=2, padding=1).sqrt().view(*x.shape[:2], *_half(x))
        for name in names:
            kernel, bias = (weights[f"features.{name}.{kind}"].double() for kind in ("weight", "bias"))
            x = F.conv2d(x, kernel, bias, padding=1).relu()
        found.append(x)
    return found


def _half(x: Tensor) -> tuple[int, int]:
    return (x.shape[-2] + 1) // 2, (x.shape[-1] + 1) // 2


def _expected(a: Tensor, b: Tensor, weights: dict[str, Tensor]) -> float:
    alpha, beta = (weights[f"dists.{name}"].flatten().double() for name in ("alpha", "beta"))
    total, at, similar = float(alpha.sum() + beta.sum()), 0, 0.0
    for x, y in zip(_maps(a.double(), weights), _maps(b.double(), weights), strict=True):
        for p, q in zip(x[0].flatten(1), y[0].flatten(1), strict=True):
            luminance = (2 * p.mean() * q.mean() + 1e-6) / (p.mean() ** 2 + q.mean() ** 2 + 1e-6)
            covariance = ((p - p.mean()) * (q - q.mean())).mean()
            structure = (2 * covariance + 1e-6) / (p.var(correction=0) + q.var(correction=0) + 1e-6)
            similar += float(alpha[at] * luminance + beta[at] * structure) / total
            at += 1
    return 1 - similar


def test_it_is_the_formula(path: Path, vgg: dict[str, Tensor], rand: Rand) -> None:
    a, b = rand(0, 1, 3, 33, 40), rand(1, 1, 3, 33, 40)
    assert float(DISTS.from_file(path)(a, b)) == pytest.approx(_expected(a, b, vgg), abs=1e-4)


def test_equal_images_are_at_no_distance_and_small_ones_refused(path: Path, rand: Rand) -> None:
    net = DISTS.from_file(path)
    a = rand(0, 2, 3, 32, 32)
    torch.testing.assert_close(net(a, a), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(net(a, a[:1])[1], net(a[1:], a[:1])[0])
    with pytest.raises(BlindSRError, check=Code.TOO_SMALL.matches):
        net(rand(0, 1, 3, 15, 40), rand(0, 1, 3, 15, 40))


def test_it_can_be_a_loss(path: Path, rand: Rand) -> None:
    net, sr = DISTS.from_file(path), rand(0, 1, 3, 32, 32).requires_grad_()
    net(sr, rand(1, 1, 3, 32, 32)).sum().backward()
    assert sr.grad is not None
    assert float(sr.grad.abs().sum()) > 0
    assert bool(sr.grad.isfinite().all())


def test_other_files_are_refused(vgg: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save({name: value for name, value in vgg.items() if name != "dists.beta"}, tmp_path / "vgg.pth")
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        DISTS.from_file(tmp_path / "vgg.pth")
