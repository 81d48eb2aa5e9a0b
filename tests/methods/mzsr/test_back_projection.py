from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from blindsr.contract import Hints
from blindsr.degrade import kernels, resize
from blindsr.degrade.blur import blur_and_downsample
from blindsr.methods.mzsr.back_projection import SIDE, BackProjection
from blindsr.methods.mzsr.model import MZSR, MZSRConfig


def picture(height: int, width: int, seed: int = 0) -> Tensor:
    small = torch.rand(1, 3, height // 4, width // 4, generator=torch.Generator().manual_seed(seed))
    return resize(small, 4).clamp(0, 1)


def reduced(hr: Tensor, kernel: Tensor, scale: int, down: Any) -> Tensor:
    return blur_and_downsample(hr, kernel[None], "symmetric", scale, down)


@pytest.mark.parametrize("down", ["direct", "bicubic"])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_an_hr_image_explains_its_lr_image_and_is_left_alone(scale: int, down: Any) -> None:
    hr, kernel = picture(48 * scale, 48 * scale), kernels.gaussian(15, 1.5, 0.8, torch.tensor(0.4))[0]
    lr = reduced(hr, kernel, scale, down)
    made = BackProjection.of(kernel, scale, down).applied(hr, lr, 1)
    inside = 16 * scale  # borders are replicated here and symmetric there
    middle = (..., slice(inside, -inside), slice(inside, -inside))
    torch.testing.assert_close(made[middle], hr[middle], atol=1e-5, rtol=0)


@given(
    scale=st.sampled_from([2, 3, 4]),
    down=st.sampled_from(["direct", "bicubic"]),
    along=st.floats(0.01, 3),
    across=st.floats(0.01, 3),
    seed=st.integers(0, 99),
)
def test_the_difference_falls_for_all_kernels(scale: int, down: Any, along: float, across: float, seed: int) -> None:
    kernel = kernels.gaussian(15, along, across, torch.tensor(0.3))[0]
    lr = reduced(picture(16 * scale, 16 * scale, seed), kernel, scale, down)
    sr = picture(16 * scale, 16 * scale, seed + 100)
    projection = BackProjection.of(kernel, scale, down)

    def missing(rounds: int) -> float:
        made = projection.applied(sr, lr, rounds)
        return float((reduced(made, kernel, scale, down) - lr)[..., 4:-4, 4:-4].square().mean())

    # Wide kernels leave little of the finest detail, so what is missing there returns slowly.
    assert missing(1) < missing(0)
    assert missing(8) < max(missing(1), 1e-6)
    assert missing(30) < max(0.9 * missing(8), 1e-6)


def test_it_approaches_the_solution_of_least_change() -> None:
    """The result is the nearest one, in least squares, that explains the image: that of the pseudoinverse."""
    kernel = torch.tensor([[0.1, 0.1, 0.0], [0.1, 0.4, 0.1], [0.0, 0.1, 0.1]])
    sr, lr = picture(16, 16), picture(8, 8, 1)
    projection = BackProjection.of(kernel, 2, "direct")

    def down(flat: Tensor) -> Tensor:
        image = flat.view(-1, 1, 16, 16)
        padded = torch.nn.functional.pad(image, (1,) * 4, mode="replicate")
        return torch.nn.functional.conv2d(padded, kernel[None, None], stride=2).flatten(1)

    matrix = down(torch.eye(256)).T.double()
    difference = lr[0].flatten(1).double() - sr[0].flatten(1).double() @ matrix.T
    solved = sr[0].flatten(1).double() + difference @ torch.linalg.pinv(matrix).T
    made = projection.applied(sr, lr, 400)[0]
    inside = (slice(None), slice(3, -3), slice(3, -3))  # borders are not those of the matrix's transpose
    torch.testing.assert_close(made[inside].double(), solved.view(3, 16, 16)[inside], atol=0.02, rtol=0)


@pytest.mark.parametrize(("noise", "side"), [(5.0, 15), (0.0, SIDE + 2)])
def test_it_is_off_for_noise_and_for_kernels_that_are_too_large(noise: float, side: int) -> None:
    lr, results = picture(24, 32), []
    for rounds in (0, 3):
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)
            net = MZSR(MZSRConfig(layers=3, channels=6, back_projection=rounds))
        hints = Hints(kernel=kernels.gaussian(side, 2.5), noise=noise, steps=0)
        with torch.no_grad():
            results.append(net.restore(lr, net.condition(lr, generator=torch.Generator(), hints=hints)))
    torch.testing.assert_close(results[1], results[0], atol=1e-6, rtol=0)


def test_a_smaller_kernel_is_the_same_with_zeros_around() -> None:
    small = kernels.gaussian(7, 0.8)
    wide = torch.nn.functional.pad(small, (4,) * 4)
    first, second = (BackProjection.of(kernel, 2, "bicubic") for kernel in (small, wide))
    torch.testing.assert_close(first.taps, second.taps)
    torch.testing.assert_close(first.gain, second.gain)


def test_it_is_exact_in_autocast_too() -> None:
    kernel, hr = kernels.gaussian(15, 1.2), picture(32, 32)
    lr, made = reduced(hr, kernel, 2, "bicubic"), []
    for enabled in (False, True):
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            projection = BackProjection.of(kernel, 2, "bicubic")
            made.append(projection.applied(resize(lr, 2), lr, 4))
    torch.testing.assert_close(made[1], made[0])
