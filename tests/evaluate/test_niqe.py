"""NIQE against slow oracles, and against MATLAB's value where the published parameters are at hand."""

import math
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import ndimage, special
from scipy.io import savemat
from torch import Tensor

from blindsr import images
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate.niqe import NIQE, features, fit


def _gaussian(shape: float, left: float, right: float, count: int) -> Tensor:
    """Samples of an asymmetric generalised Gaussian ``(1, 1, count)``."""
    generator = np.random.default_rng(0)
    magnitude = generator.gamma(1 / shape, 1.0, count) ** (1 / shape)
    side = generator.random(count) < left / (left + right)
    return torch.from_numpy(np.where(side, -left * magnitude, right * magnitude))[None, None]


@pytest.mark.parametrize(("shape", "left", "right"), [(2.0, 1.0, 1.0), (0.8, 0.5, 1.5), (1.2, 2.0, 1.0)])
def test_a_fit_finds_what_samples_were_drawn_from(shape: float, left: float, right: float) -> None:
    found = [float(one) for one in fit(_gaussian(shape, left, right, 400_000))]
    assert found == pytest.approx([shape, left, right], rel=0.03)


def _slow(luma: np.ndarray, block: int) -> list[float]:
    """Features of the first block by scipy."""
    normal = ndimage.gaussian_filter
    mean = normal(luma, 7 / 6, mode="nearest", radius=3)
    deviation = np.sqrt(np.abs(normal(luma**2, 7 / 6, mode="nearest", radius=3) - mean**2))
    x = ((luma - mean) / (deviation + 1))[:block, :block]
    shape, left, right = _slow_fit(x)
    found = [shape, (left + right) / 2]
    for shift in ((0, 1), (1, 0), (1, 1), (1, -1)):
        shape, left, right = _slow_fit(x * np.roll(x, shift, (0, 1)))
        found += [shape, (right - left) * special.gamma(2 / shape) / special.gamma(1 / shape), left, right]
    return found


def _slow_fit(x: np.ndarray) -> tuple[float, float, float]:
    left, right = (math.sqrt(np.mean(x[side] ** 2)) for side in (x < 0, x > 0))
    g = left / right
    wanted = np.mean(np.abs(x)) ** 2 / np.mean(x**2) * (g**3 + 1) * (g + 1) / (g**2 + 1) ** 2
    shapes = np.arange(0.2, 10.001, 0.001)
    table = special.gamma(2 / shapes) ** 2 / (special.gamma(1 / shapes) * special.gamma(3 / shapes))
    shape = shapes[np.argmin((table - wanted) ** 2)]
    scale = math.sqrt(special.gamma(1 / shape) / special.gamma(3 / shape))
    return float(shape), left * scale, right * scale


def _texture(height: int, width: int) -> Tensor:
    noise = np.random.default_rng(1).normal(0, 1, (height, width))
    return torch.from_numpy(np.round(128 + 40 * ndimage.gaussian_filter(noise, 1.5) / 0.2)).clamp(0, 255)[None, None]


def test_features_are_those_of_the_slow_way() -> None:
    luma = _texture(192, 96)
    found = features(luma)
    assert found.shape == (2, 36)
    assert found[0, :18].tolist() == pytest.approx(_slow(luma[0, 0].numpy(), 96), rel=1e-6, abs=1e-9)


def _parameters(folder: Path, mean: Tensor, covariance: Tensor) -> list[Path]:
    """The same parameters as MATLAB and as Python keep them."""
    savemat(folder / "a.mat", {"mu_prisparam": mean.numpy()[None], "cov_prisparam": covariance.numpy()})
    np.savez(folder / "b.npz", mu_pris_param=mean.numpy()[None], cov_pris_param=covariance.numpy())
    return [folder / "a.mat", folder / "b.npz"]


def test_the_score_is_the_distance_of_two_gaussians(tmp_path: Path) -> None:
    mean, covariance = torch.linspace(0, 1, 36, dtype=torch.float64), torch.eye(36, dtype=torch.float64)
    rgb = (_texture(192, 288) / 255).float().expand(-1, 3, -1, -1)
    found = features(images.luma(rgb.double()).round()).numpy()
    apart = mean.numpy() - found.mean(0)
    expected = math.sqrt(apart @ np.linalg.pinv((np.eye(36) + np.cov(found.T)) / 2) @ apart)
    for path in _parameters(tmp_path, mean, covariance):
        assert NIQE.from_file(path)(rgb).tolist() == pytest.approx([expected])


def test_what_does_not_fill_a_block_is_left_out_and_small_images_are_refused(tmp_path: Path) -> None:
    path = _parameters(tmp_path, torch.zeros(36), torch.eye(36))[0]
    niqe, rgb = NIQE.from_file(path), (_texture(200, 210) / 255).float().expand(-1, 3, -1, -1)
    assert torch.equal(niqe(rgb), niqe(rgb[..., :192, :192]))
    for height, width in ((96, 96), (95, 400)):
        with pytest.raises(BlindSRError, check=Code.TOO_SMALL.matches):
            niqe(torch.zeros(1, 3, height, width))


def test_flat_images_have_a_score_or_a_sentence(tmp_path: Path) -> None:
    niqe = NIQE.from_file(_parameters(tmp_path, torch.zeros(36), torch.eye(36))[0])
    with pytest.raises(BlindSRError, check=Code.TOO_SMALL.matches):
        niqe(torch.full((1, 3, 192, 192), 0.5))


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mat").write_bytes(b"no matrix")
    np.savez(tmp_path / "b.npz", mu_pris_param=np.zeros(35), cov_pris_param=np.zeros((36, 36)))
    np.savez(tmp_path / "c.npz", other=np.zeros(3))
    (tmp_path / "d.npz").write_bytes(b"PK")
    for name in ("a.mat", "b.npz", "c.npz", "d.npz", "none.npz", "none.mat"):
        with pytest.raises(BlindSRError, match=name):
            NIQE.from_file(tmp_path / name)


@pytest.mark.data
def test_matlabs_value() -> None:
    """Of the baboon: 5.7296 in MATLAB R2021a with the published parameters."""
    data, parameters = os.environ.get("BLINDSR_DATA"), os.environ.get("BLINDSR_NIQE")
    if not data or not parameters:
        pytest.skip("BLINDSR_DATA and BLINDSR_NIQE name the images and the published parameters")
    baboon = next(path for path in sorted(Path(data, "bench", "Set14").iterdir()) if path.stem in {"baboon", "img_001"})
    assert float(NIQE.from_file(Path(parameters))(images.read(baboon).pixels[None])) == pytest.approx(5.7296, abs=1e-4)
