"""LPIPS against its formula, written out with the weights under the authors' own names."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.errors import BlindSRError, Code
from blindsr.nn.perceptual import LPIPS, VGG

_SLICES = ("1.0", "2.3", "3.6", "4.8", "5.10")
Rand = Callable[..., Tensor]


def _saved(tensors: dict[str, Tensor], folder: Path) -> Path:
    torch.save(tensors, folder / "lpips.pth")
    return folder / "lpips.pth"


def test_it_is_the_formula(alex: dict[str, Tensor], tmp_path: Path, rand: Rand) -> None:
    a, b = rand(0, 2, 3, 40, 48), rand(1, 2, 3, 40, 48)
    expected = torch.zeros(2)
    x, y = ((2 * one - 1 - alex["scaling_layer.shift"]) / alex["scaling_layer.scale"] for one in (a, b))
    options = ({"stride": 4, "padding": 2}, {"padding": 2}, {"padding": 1}, {"padding": 1}, {"padding": 1})
    for number, name in enumerate(_SLICES):
        if number in (1, 2):
            x, y = F.max_pool2d(x, 3, 2), F.max_pool2d(y, 3, 2)
        kernel, bias = alex[f"net.slice{name}.weight"], alex[f"net.slice{name}.bias"]
        x, y = (F.conv2d(one, kernel, bias, **options[number]).relu() for one in (x, y))
        difference = (F.normalize(x, dim=1) - F.normalize(y, dim=1)).square()
        expected += (difference * alex[f"lin{number}.model.1.weight"]).sum(1).mean((1, 2))
    torch.testing.assert_close(LPIPS.from_file(_saved(alex, tmp_path))(a, b), expected)


def test_on_vgg_it_weighs_the_features_of_the_five_relus(vgg: dict[str, Tensor], tmp_path: Path, rand: Rand) -> None:
    path = _saved(vgg, tmp_path)
    a, b = rand(0, 2, 3, 32, 40), rand(1, 2, 3, 32, 40)
    net, expected = VGG.from_file(path, 16), torch.zeros(2)
    for number, (x, y) in enumerate(zip(net(a), net(b), strict=True)):
        difference = (F.normalize(x.relu(), dim=1) - F.normalize(y.relu(), dim=1)).square()
        expected += (difference * vgg[f"lin{number}.model.1.weight"]).sum(1).mean((1, 2))
    torch.testing.assert_close(LPIPS.from_file(path, "vgg")(a, b), expected)


def test_vgg_in_the_authors_file_is_the_same(
    vgg: dict[str, Tensor], authors_vgg: dict[str, Tensor], tmp_path: Path, rand: Rand
) -> None:
    a, b = rand(0, 1, 3, 32, 32), rand(1, 1, 3, 32, 32)
    mine, theirs = (LPIPS.from_file(_saved(one, tmp_path), "vgg")(a, b) for one in (vgg, authors_vgg))
    assert torch.equal(mine, theirs)


def test_equal_images_and_small_ones(alex: dict[str, Tensor], tmp_path: Path, rand: Rand) -> None:
    net = LPIPS.from_file(_saved(alex, tmp_path))
    assert net(rand(0, 1, 3, 40, 40), rand(0, 1, 3, 40, 40)) == 0
    with pytest.raises(BlindSRError, check=Code.TOO_SMALL.matches):
        net(rand(0, 1, 3, 31, 40), rand(0, 1, 3, 31, 40))


def test_one_image_may_stand_for_all(alex: dict[str, Tensor], tmp_path: Path, rand: Rand) -> None:
    net = LPIPS.from_file(_saved(alex, tmp_path))
    a, b = rand(0, 3, 3, 40, 40), rand(1, 1, 3, 40, 40)
    torch.testing.assert_close(net(a, b), net(a, b.expand(3, -1, -1, -1)))


def test_it_can_be_a_loss(alex: dict[str, Tensor], tmp_path: Path, rand: Rand) -> None:
    net = LPIPS.from_file(_saved(alex, tmp_path))
    sr = rand(0, 1, 3, 40, 40).requires_grad_()
    net(sr, rand(1, 1, 3, 40, 40)).sum().backward()
    assert sr.grad is not None
    assert bool(sr.grad.isfinite().all())
    assert float(sr.grad.abs().sum()) > 0
    assert all(p.grad is None for p in net.parameters())
    black = torch.zeros(1, 3, 40, 40, requires_grad=True)  # features may be silent everywhere
    net(black, sr.detach()).sum().backward()
    assert black.grad is not None
    assert bool(black.grad.isfinite().all())


def test_other_files_are_refused(alex: dict[str, Tensor], vgg: dict[str, Tensor], tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        LPIPS.from_file(_saved(alex, tmp_path), "vgg")
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        LPIPS.from_file(_saved(vgg, tmp_path))
    incomplete = {name: value for name, value in alex.items() if name != "lin3.model.1.weight"}
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        LPIPS.from_file(_saved(incomplete, tmp_path))
