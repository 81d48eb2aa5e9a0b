import math
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from torch import Tensor

from blindsr.benchmark import exact
from blindsr.benchmark.exact import LEVEL, Mode
from blindsr.benchmark.suite import Suite
from blindsr.degrade.resample import resize, resize_by_mode
from blindsr.errors import BlindSRError, Code

MODES: tuple[Mode, ...] = ("area", "bilinear", "bicubic", "antialiased")


def levels(height: int, width: int, seed: int = 0) -> Tensor:
    return torch.randint(256, (3, height, width), generator=torch.Generator().manual_seed(seed))


def test_blur_is_the_sum_in_whole_numbers() -> None:
    kernel = torch.tensor([[0, -3, 1], [5, 50, 4], [2, 2, 3]], dtype=torch.float64)
    x = levels(5, 6)
    found = exact.blur(exact.from_levels(x), kernel, "replicate")
    for y in range(5):
        for column in range(6):
            total = sum(
                int(kernel[i, j]) * int(x[1, min(max(y + i - 1, 0), 4), min(max(column + j - 1, 0), 5)]) * LEVEL
                for i in range(3)
                for j in range(3)
            )
            assert int(found[1, y, column]) == (total + 32) // 64


def test_both_ways_to_blur_give_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = torch.randint(1, 2000, (21, 21), generator=torch.Generator().manual_seed(1)).double()
    kernel[10, 10] += 2**20 - kernel.sum()
    x = exact.from_levels(levels(61, 47))
    results = []
    for cheaper in (True, False):
        monkeypatch.setattr(
            sys.modules["blindsr.degrade.blur"], "_fourier_is_cheaper", lambda *_, way=cheaper: way
        )  # the package has a function of that name
        results.append(exact.blur(x, kernel, "symmetric"))
    assert torch.equal(*results)


@pytest.mark.parametrize(("length", "out"), [(7, 3), (12, 3), (5, 5), (3, 11), (321, 80)])
def test_antialiased_weights_are_those_of_fractions(length: int, out: int) -> None:
    found = exact.resampling_matrix(length, out, "antialiased")
    stretch = min(Fraction(out, length), Fraction(1))
    for row in range(out):
        centre = Fraction(2 * row + 1, 2) * Fraction(length, out) - Fraction(1, 2)
        weights = [Fraction(0)] * length
        for tap in range(math.floor(centre - 4 / stretch), math.ceil(centre + 4 / stretch) + 1):
            x = abs(centre - tap) * stretch
            at = tap % (2 * length)
            weights[at if at < length else 2 * length - 1 - at] += keys(x)
        whole = sum(weights)
        wanted = torch.tensor([float(weight / whole * 2**20) for weight in weights], dtype=torch.float64)
        # Each tap is rounded by itself, and one of them takes what is left; mirrored taps fall on one pixel.
        assert float((found[row] - wanted).abs().max()) < 16
        assert int(found[row].sum()) == 2**20


def keys(x: Fraction) -> Fraction:
    if x <= 1:
        return Fraction(3, 2) * x**3 - Fraction(5, 2) * x**2 + 1
    return -Fraction(1, 2) * x**3 + Fraction(5, 2) * x**2 - 4 * x + 2 if x < 2 else Fraction(0)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [(9, 31), (40, 12), (20, 24)])
def test_resizing_is_that_of_floats_but_for_rounding(mode: Mode, size: tuple[int, int]) -> None:
    x = levels(20, 24)
    found = exact.resize(exact.from_levels(x), size, mode) / LEVEL
    wanted = resize_by_mode(x[None].double(), size, MODES.index(mode))[0]
    assert float((found - wanted).abs().max()) < 0.01


def test_reduction_is_that_of_the_protocols() -> None:
    x = levels(48, 64)
    found = exact.resize(exact.from_levels(x), (12, 16), "antialiased") / LEVEL
    assert float((found - resize(x[None].double(), 1 / 4)[0]).abs().max()) < 0.01


def test_halves_go_up_and_floor_goes_down() -> None:
    x = torch.tensor([-0.5, 0.5, 1.5, 254.5, 255.5, 2.9997]).mul(LEVEL).double().view(1, 1, -1)
    assert (exact.round_levels(x, "round") / LEVEL).flatten().tolist() == [0, 1, 2, 255, 255, 3]
    assert (exact.round_levels(x, "floor") / LEVEL).flatten().tolist() == [0, 0, 1, 254, 255, 2]


def test_noise_is_normal_and_another_for_each_seed() -> None:
    flat = torch.zeros(3, 200, 300, dtype=torch.float64)
    found = exact.add_noise(flat, 20.0, "a") / LEVEL
    assert float(found.std()) == pytest.approx(20, rel=0.01)
    assert float(found.mean()) == pytest.approx(0, abs=0.2)
    assert float((found.abs() < 20).double().mean()) == pytest.approx(0.6827, abs=0.005)
    other = exact.add_noise(flat, 20.0, "b") / LEVEL
    assert abs(float(torch.corrcoef(torch.stack((found.flatten(), other.flatten())))[0, 1])) < 0.02


def test_gray_noise_is_the_same_in_all_channels() -> None:
    found = exact.add_noise(torch.zeros(3, 4, 5, dtype=torch.float64), 9.0, "a", gray=True)
    assert torch.equal(found[0], found[1])
    assert float(found.std()) > 0


def test_shot_noise_grows_with_the_root_of_the_level() -> None:
    flat = torch.stack([torch.full((200, 200), value) for value in (16, 64, 144)])
    found = exact.add_shot_noise(exact.from_levels(flat), 1.5, "a") / LEVEL - flat
    assert found.std((1, 2)).tolist() == pytest.approx([6.0, 12.0, 18.0], rel=0.02)


def test_no_quantile_lies_near_a_half() -> None:
    from statistics import NormalDist

    normal = NormalDist()
    upper = [normal.inv_cdf((2**15 + i + 0.5) / 2**16) * 2**16 for i in range(2**15)]
    nearest = min(abs(value - math.floor(value) - 0.5) for value in upper)
    # A logarithm that is wrong by some units of its last place moves a quantile by less than 1e-9.
    assert nearest > 1e-6
    table = exact.normal_table()
    assert torch.equal(table, -table.flip(0))
    assert bool((table.diff() > 0).all())


def test_jpeg_is_that_of_libjpeg() -> None:
    from blindsr.degrade.jpeg import compress_by_libjpeg

    x = levels(33, 45)
    found = exact.to_levels(exact.compress_jpeg(exact.from_levels(x), 40, offset=(3, 5)))
    wanted = compress_by_libjpeg(x[None].float() / 255, torch.tensor([40]), offset=torch.tensor([[3, 5]]))
    assert torch.equal(found, (wanted[0] * 255).round().to(torch.uint8))


def test_kernels_with_too_many_digits_are_refused() -> None:
    kernel = torch.full((3, 3), 0.3, dtype=torch.float64)
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        exact.blur(exact.from_levels(levels(5, 5)), kernel, "reflect")
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        exact.resampling_matrix(5000, 100, "area")


SUMS = [
    "34d88b8c60f05226221dcaf25535065d75d1de8408a8561c96521ab38d1716f7",
    "8577235c189cbb1693de08a1f59a2f54259fbdbaabc55a4cf5a67d5e125c49f8",
    "da17fee8afa71f2d8957f2e6f22044e429b0e014a5ccb17ca6148f191ad1badb",
]
_PROGRAM = """
import sys, torch
sys.path.insert(0, {folder!r})
from conftest import frozen
suite = frozen()
print(torch.backends.cpu.get_cpu_capability(), *(case.sha256["Two"] for case in suite.cases))
"""


def sums(capability: str, threads: str) -> list[str]:
    environment = {**os.environ, "ATEN_CPU_CAPABILITY": capability, "OMP_NUM_THREADS": threads}
    code = _PROGRAM.format(folder=str(Path(__file__).parent))
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    found, *rest = done.stdout.split()
    assert found.lower() == capability
    return rest


def test_sums_do_not_depend_on_the_processor() -> None:
    """The sums are those of an AMD EPYC; they hold without vector instructions and with other numbers of threads."""
    assert sums("default", "3") == SUMS


def test_sums_are_stored_ones(suite: Suite) -> None:
    assert [case.sha256["Two"] for case in suite.cases] == SUMS
