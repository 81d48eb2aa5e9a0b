import numpy as np

from blindsr.analysis import regression
from blindsr.analysis.bands import LENGTH, block_energies, features


def of_noise(level: float) -> np.ndarray:
    return features(block_energies(np.random.default_rng(0).normal(128, level, (256, 256)).astype(np.float32)))


def test_coefficients_fit_the_features() -> None:
    seen = of_noise(10)
    assert seen.shape == (LENGTH,)
    blur = regression.predict("blur", seen)
    for value in (blur, regression.predict("sure", np.append(seen, np.float32(blur)))):
        assert np.isfinite(value)


def test_pure_noise_is_read_as_its_level() -> None:
    levels = [regression.predict("noise", of_noise(level)) ** 2 for level in (3, 10, 25)]
    assert np.allclose(levels, (3, 10, 25), rtol=0.15, atol=1.5)
