"""Families stay within what the papers say, and vary by sample."""

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from blindsr.degrade import families, kernels
from blindsr.degrade.realworld.photo import PhotoDegradation, PhotoFamily
from blindsr.errors import BlindSRError, Code

seeds = st.integers(0, 2**31)
GRID = families.Isotropic(4, 15, noise=(0, 75), std=(0.2, 4.0), step=0.1)


def eigenvalues(kernel: Tensor) -> list[float]:
    at = torch.arange(len(kernel), dtype=torch.float64) - len(kernel) // 2
    k = kernel.double()
    x, y = at[None, :], at[:, None]
    moments = torch.stack([(k * x * x).sum(), (k * x * y).sum(), (k * x * y).sum(), (k * y * y).sum()]).view(2, 2)
    return [float(value) for value in torch.linalg.eigvalsh(moments)]


@settings(deadline=None, max_examples=10)
@given(seeds)
def test_widths_are_drawn_from_a_grid_and_noise_from_its_range(seed: int) -> None:
    drawn = GRID.sample(16, seed)
    grid = kernels.gaussian(15, 0.2 + 0.1 * torch.arange(39))
    distance = (drawn.kernels[:, None] - grid).abs().amax((-2, -1)).amin(1)
    assert float(distance.max()) < 1e-6
    assert 0 <= float(drawn.noise.min()) <= float(drawn.noise.max()) <= 75
    assert len({float(level) for level in drawn.noise}) == 16


def test_widths_reach_both_ends_of_the_grid() -> None:
    drawn = GRID.sample(2000, 0).kernels
    for std in (0.2, 4.0):
        assert bool(((drawn - kernels.gaussian(15, std)).abs().amax((-2, -1)) < 1e-6).any())


def test_anisotropic_families_draw_every_direction() -> None:
    at = torch.arange(61) - 30.0
    k = families.Anisotropic(4, 61).sample(64, 0).kernels
    tilt = (k * at[:, None] * at[None, :]).sum((1, 2))
    assert float(tilt.min()) < -1
    assert float(tilt.max()) > 1


@settings(deadline=None, max_examples=10)
@given(seeds)
def test_anisotropic_widths_stay_in_their_range(seed: int) -> None:
    drawn = families.Anisotropic(4, 61, noise=(0, 25)).sample(8, seed)
    for kernel in drawn.kernels:
        assert eigenvalues(kernel)[1] <= 16 + 1e-2
    assert float(drawn.noise.max()) <= 25


def test_a_pool_holds_the_same_tasks_for_ever() -> None:
    pool = families.Pool.of(GRID, 8, seed=1)
    other = families.Pool.of(GRID, 8, seed=2)
    assert pool.tasks is not None
    assert other.tasks is not None
    assert not torch.equal(pool.tasks.noise, other.tasks.noise)
    seen = {float(level) for seed in range(20) for level in pool.sample(8, seed).noise}
    assert len(seen) == 8
    assert len(set(pool.sample(8, 0).seeds.tolist())) == 8
    assert len(set(pool.sample(8, 0).noise.tolist())) == 8  # without replacement
    twice = pool.sample(12, 0).noise.tolist()
    assert sorted(set(twice[:8])) == sorted(seen)
    assert len(set(twice[8:])) == 4


@settings(deadline=None, max_examples=10)
@given(seeds, st.floats(0, 50), st.floats(0, 25), st.floats(0.6, 2), st.floats(0, 1))
def test_ranges_may_be_others(seed: int, noise: float, more: float, width: float, wider: float) -> None:
    for family in (families.Isotropic(4, 15), families.Anisotropic(4, 21)):
        drawn = families.with_ranges(family, (noise, noise + more), (width, width + wider)).sample(8, seed)
        assert float(drawn.noise.min()) >= noise - 1e-4
        assert float(drawn.noise.max()) <= noise + more + 1e-4
        for kernel in drawn.kernels:
            low, high = eigenvalues(kernel)
            assert high**0.5 <= width + wider + 0.05
            assert low**0.5 >= width - 0.05
    assert families.with_ranges(GRID, None, None) == GRID


def test_only_gaussians_have_widths() -> None:
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
        families.with_ranges(PhotoFamily(4), None, (0.2, 2.0))


def test_a_pool_keeps_all_parts_of_a_task_together() -> None:
    pool = families.Pool.of(PhotoFamily(4), 6, seed=1)
    assert pool.tasks is not None
    drawn = pool.sample(12, 0)
    assert isinstance(drawn, PhotoDegradation)
    assert isinstance(pool.tasks, PhotoDegradation)
    known = [dataclasses.replace(pool.tasks[i : i + 1], seeds=torch.zeros(1)).to_plain() for i in range(6)]
    for row in range(12):
        assert dataclasses.replace(drawn[row : row + 1], seeds=torch.zeros(1)).to_plain() in known


def test_drawn_numbers_keep_to_their_limits() -> None:
    draw = families.Draw(torch.Generator().manual_seed(0), 2000)
    uniform, whole = draw.uniform(-1, 3), draw.whole((2, 5))
    assert -1 <= float(uniform.min()) < -0.9
    assert 2.9 < float(uniform.max()) <= 3
    assert set(whole.tolist()) == {2, 3, 4, 5}
    assert 0.25 < float(draw.bernoulli(0.3).float().mean()) < 0.35
