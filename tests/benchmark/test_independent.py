"""`blindsr benchmark` on published images and weights against code that shares nothing with it.

Files are read and enlarged by Pillow; PSNR and SSIM are scikit-image's, on luma that is written out here; LPIPS is its
formula with torch's convolutions. The limits are what a reader of the numbers can see: 0.01 dB, 1e-4, 1e-3.
"""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

from blindsr.cli.main import run

pytestmark = pytest.mark.data
CASE, BORDER = "cmdsr-middle", 4


@pytest.fixture
def hr() -> Path:
    root = os.environ.get("BLINDSR_DATA")
    if root is None:
        pytest.skip("BLINDSR_DATA names no folder with bench/Set5 in it")
    return Path(root) / "bench" / "Set5"


@pytest.fixture
def alex() -> Path:
    path = Path(
        os.environ.get("BLINDSR_LPIPS") or Path(os.environ["BLINDSR_DATA"], "../weights/lpips_alex.safetensors")
    )
    if not path.is_file():
        pytest.skip("BLINDSR_LPIPS names no file with the weights of LPIPS")
    return path


def test_psnr_ssim_and_lpips(hr: Path, alex: Path, tmp_path: Path) -> None:
    """The numbers of a submission are those of other code."""
    lr, sr, out = tmp_path / "lr", tmp_path / "sr", tmp_path / "submission.json"
    chosen = ("blind-classic-1", "--data", hr, "--case", CASE, "--data-set", "Set5")
    program("benchmark", "prepare", *chosen, "-o", lr)
    for path in sorted((lr / CASE / "Set5").iterdir()):
        enlarged = sr / CASE / "Set5" / path.name
        enlarged.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(path) as image:
            image.resize((4 * image.width, 4 * image.height), Image.Resampling.BICUBIC).save(enlarged)
    program("benchmark", "score", *chosen, "--results", sr, "--lpips", alex, "-o", out)
    from blindsr.benchmark.submission import load_submission

    (result,) = load_submission(out).results
    tensors = load_file(alex)
    originals = {image.stem: image for image in hr.iterdir()}
    assert len(result.images) == 5
    for name, values in result.images.items():
        ours, original = pixels(sr / CASE / "Set5" / f"{name}.png"), pixels(originals[name])
        original = original[: len(ours), : ours.shape[1]]  # cropped to a multiple of the scale
        a, b = luma(original), luma(ours)
        wanted = peak_signal_noise_ratio(a, b, data_range=255)  # type: ignore[no-untyped-call]
        _, alike = structural_similarity(  # type: ignore[no-untyped-call]
            a, b, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
        )
        assert values["psnr"] == pytest.approx(wanted, abs=0.01)
        assert values["ssim"] == pytest.approx(alike[5:-5, 5:-5].mean(), abs=1e-4)
        assert values["lpips"] == pytest.approx(lpips(tensors, original, ours), abs=1e-3)


def program(*arguments: object) -> None:
    with pytest.raises(SystemExit) as ended:
        run([str(argument) for argument in arguments])
    assert not ended.value.code


def pixels(path: Path) -> NDArray[np.float64]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"), dtype=np.float64)


def luma(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Y of BT.601 in studio range, without the border."""
    inside = rgb[BORDER:-BORDER, BORDER:-BORDER] / 255
    y: NDArray[np.float64] = 16 + inside @ np.array([65.481, 128.553, 24.966])
    return y


def lpips(tensors: dict[str, Tensor], one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """LPIPS 0.1 on AlexNet (Zhang et al., 2018)."""
    x, y = (torch.from_numpy(rgb / 127.5 - 1).permute(2, 0, 1)[None].float() for rgb in (one, other))
    x, y = ((image - tensors["scaling_layer.shift"]) / tensors["scaling_layer.scale"] for image in (x, y))
    total = 0.0
    for number, (layer, stride, padding) in enumerate(
        (("1.0", 4, 2), ("2.3", 1, 2), ("3.6", 1, 1), ("4.8", 1, 1), ("5.10", 1, 1))
    ):
        if number in (1, 2):
            x, y = F.max_pool2d(x, 3, 2), F.max_pool2d(y, 3, 2)
        weight, bias = tensors[f"net.slice{layer}.weight"], tensors[f"net.slice{layer}.bias"]
        x, y = (F.conv2d(image, weight, bias, stride, padding).relu() for image in (x, y))
        units = [image / image.square().sum(1, keepdim=True).sqrt().clamp(min=1e-10) for image in (x, y)]
        difference = (units[0] - units[1]).square()
        total += float((difference * tensors[f"lin{number}.model.1.weight"]).sum(1).mean())
    return total
