import torch

from blindsr.degrade import resize
from blindsr.degrade.blur import blur
from blindsr.degrade.realworld.realesrgan import RealESRGAN
from blindsr.degrade.resample import MODES


def same(count: int) -> torch.Tensor:
    """An HR image so many times."""
    small = torch.rand(1, 3, 12, 16, generator=torch.Generator().manual_seed(0))
    return resize(small, 4).clamp(0, 1).expand(count, -1, -1, -1)


def test_the_distribution_has_the_published_ranges_and_odds() -> None:
    drawn = RealESRGAN(4, 21).sample(1500, 0).validated()
    second = drawn.second
    assert drawn.kernels.shape == second.kernels.shape == drawn.sinc.shape == (1500, 21, 21)
    for noise, poisson, top, strongest in (
        (drawn.noise, drawn.poisson, 30, 3.0),
        (second.noise, second.poisson, 25, 2.5),
    ):
        white = noise > 0
        assert 0.45 < float(white.float().mean()) < 0.55
        assert bool((white ^ (poisson > 0)).all())
        assert 1 <= float(noise[white].min()) <= float(noise.max()) <= top
        assert 0.05 <= float(poisson[~white].min()) <= float(poisson.max()) <= strongest
    assert 0.15 <= float(drawn.factor.min()) < float(drawn.factor.max()) <= 1.5
    assert 0.3 <= float(second.factor.min()) < float(second.factor.max()) <= 1.2
    assert 0.07 < float((drawn.factor == 1).float().mean()) < 0.13
    assert 0.17 < float((drawn.factor > 1).float().mean()) < 0.23
    assert bool(((second.jpeg > 0) ^ (drawn.last_jpeg > 0)).all())
    assert 30 <= int(drawn.jpeg.min()) <= int(drawn.jpeg.max()) <= 95
    unfiltered = (drawn.sinc[:, 10, 10] == 1).float().mean()
    assert 0.17 < float(unfiltered) < 0.23
    assert 0.17 < float((second.kernels[:, 10, 10] == 1).float().mean()) < 0.23
    negative = (drawn.kernels.amin((1, 2)) < -1e-6).float().mean()
    assert 0.05 < float(negative) < 0.13  # sinc filters ring


def test_every_sample_goes_its_own_way() -> None:
    lr = RealESRGAN(4, 21).sample(4, 3).apply(same(4), torch.Generator().manual_seed(0))
    assert lr.shape == (4, 3, 12, 16)
    assert 0 <= float(lr.min()) <= float(lr.max()) <= 1
    assert all(not torch.equal(lr[i], lr[j]) for i in range(4) for j in range(i))


def test_the_same_seed_is_the_same_draw() -> None:
    family = RealESRGAN(4, 21)
    assert family.sample(3, 5).to_json() == family.sample(3, 5).to_json() != family.sample(3, 6).to_json()


def test_a_share_of_them_has_one_round() -> None:
    drawn = RealESRGAN(4, 21, once=0.4).sample(1500, 0).validated()
    once = drawn.sinc[:, 10, 10] == 1
    once &= (drawn.second.jpeg == 0) & (drawn.last_jpeg == 0)
    assert 0.36 < float(once.float().mean()) < 0.44
    assert set(drawn.mode[once].tolist()) == {0, 1, 2, 3}
    assert set(drawn.mode[~once].tolist()) == {0, 1, 2}
    assert bool((drawn.factor[once] == 0.25).all())
    assert bool(((drawn.second.jpeg > 0) ^ (drawn.last_jpeg > 0))[~once].all())
    assert bool((drawn.jpeg[once] >= 30).all())


def test_with_one_round_it_is_blur_resizing_noise_and_jpeg() -> None:
    hr = same(12)
    drawn = RealESRGAN(4, 21, once=1).sample(12, 0)
    drawn.noise[:], drawn.poisson[:], drawn.jpeg[:], drawn.mode[:] = 0, 0, 0, MODES.index("antialiased")
    plain = resize(blur(hr, drawn.kernels, "reflect"), 0.25).clamp(0, 1)
    torch.testing.assert_close(drawn.apply(hr), (plain * 255).round() / 255, atol=1.01 / 255, rtol=0)
