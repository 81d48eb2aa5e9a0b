"""Fit the network that predicts whether weights for clean, sharp photographs restore a photograph better.

    python benchmarks/fit_comparison.py --data TRAIN --out src/blindsr/analysis/comparison.safetensors

TRAIN holds folders of photographs. They are reduced to a quarter, and degraded or left clean; both models restore them,
and the network learns to predict the gain in PSNR-Y of the weights for clean photographs over the general-purpose ones
from `blindsr.analysis.comparison.features`. Photographs that are not reduced have no original to compare with; as they
come from a camera, which smooths, sharpens and compresses, they count as a loss. Every fourth photograph is held out;
the table is of these. choice.py measures what `auto` makes of the prediction. To be run again when one of the two
models changes.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from choice import compressed, opened, quantised, reduced  # stands beside this file
from numpy.typing import NDArray
from safetensors.numpy import save_file
from scipy.linalg import block_diag
from table import Row, show  # stands beside this file
from torch import Tensor

from blindsr.analysis.artefacts import smoothed
from blindsr.analysis.choice import Auto
from blindsr.analysis.comparison import features
from blindsr.analysis.trial import windows_of
from blindsr.degrade.realworld.photo import PhotoFamily
from blindsr.degrade.resample import resize_to
from blindsr.evaluate import metrics
from blindsr.inference.load import load
from blindsr.inference.upscaler import Upscaler

if TYPE_CHECKING:
    from sklearn.neural_network import MLPRegressor

Array = NDArray[np.float32]
_SCALE = 4
_SIDES = (256, 320, 384, 480)
_OTHERS = ("noise", "grain", "blur", "enlarged", "jpeg", "blur and noise", "resized", "sharpened", "webp")
_KINDS = (*("clean",) * 4, *("photo",) * 5, *_OTHERS)
"""Degradations, each as often as it is named; ``photo`` is what the general-purpose weights were trained with."""
_MOST = 1.0
"""Largest gain or loss that is learned, dB; larger ones are learned as this, so that they do not outweigh the sign."""
_NOT_REDUCED = -0.5
"""What counts as the gain of a photograph that is not reduced, dB."""
_LIMIT = 4.0
"""Largest deviation of a feature from its mean, in standard deviations; larger ones are learned as this."""
_NETWORKS = 5
"""Number of networks, fitted from different initial weights, whose mean is stored as one network."""


def main() -> None:
    """Draw samples, or read those that were kept, and fit."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=3, help="reduced samples of each photograph")
    parser.add_argument("--part", type=int, nargs=2, default=(0, 1), help="draw only photographs I of every N")
    parser.add_argument("--samples", type=Path, action="append", default=[], help="where samples are kept between runs")
    chosen = parser.parse_args()
    kept = [path for path in chosen.samples if path.is_file()]
    if kept:
        parts = [np.load(path) for path in kept]
        x, gain, photo = (np.concatenate([part[name] for part in parts]) for name in ("x", "gain", "photo"))
    else:
        x, gain, photo = samples(sorted(chosen.data.glob("*/*.jpg")), chosen.draws, *chosen.part)
        for path in chosen.samples:
            np.savez(path, x=x, gain=gain, photo=photo)
    show(fit(x, gain, photo, chosen.out))


def samples(paths: list[Path], draws: int, first: int = 0, step: int = 1) -> tuple[Array, Array, NDArray[np.int64]]:
    """Features, gains in dB and indices of photographs."""
    models = _models()
    x, gain, photo = [], [], []
    for index in range(first, len(paths), step):
        rng, other = np.random.default_rng([7, index]), np.random.default_rng([8, index])
        image = opened(paths[index])
        for _ in range(draws):
            hr = _crop(image, rng)
            lr = quantised(degraded(hr, rng).clamp(0, 1))
            results = [model(lr).float().clamp(0, 1) for model in models]
            scores = [float(metrics.psnr(sr, hr, metrics.luma_convention(_SCALE))) for sr in results]
            x.append(_features(lr, results))
            gain.append(scores[0] - scores[1])
        lr = _crop(image, other, _SCALE)
        x.append(_features(lr, [model(lr).float().clamp(0, 1) for model in models]))
        gain.append(_NOT_REDUCED)
        photo += [index] * (draws + 1)
    return np.stack(x), np.array(gain, np.float32), np.array(photo)


def _models() -> tuple[Upscaler, Upscaler]:
    auto = Auto(partial(load, device="cpu", precision="fp32"))
    narrow = next(name for name, suits in auto.suited.items() if suits.compared)
    return auto.load(narrow), auto.load(auto.general_name)


def _crop(image: Tensor, rng: np.random.Generator, smaller: int = 1) -> Tensor:
    side = int(rng.choice(_SIDES)) // smaller
    top, left = (int(rng.integers(0, max(1, length - side + 1))) for length in image.shape[-2:])
    cut = image[..., top : top + side, left : left + side]
    return cut[..., : cut.shape[-2] // _SCALE * _SCALE, : cut.shape[-1] // _SCALE * _SCALE]


def _features(lr: Tensor, results: list[Tensor]) -> Array:
    found = []
    for top, left, height, width in windows_of(lr[0]):
        rows, columns = (slice(_SCALE * a, _SCALE * (a + b)) for a, b in ((top, height), (left, width)))
        parts = [sr[..., rows, columns] for sr in results]
        found.append(features(lr[..., top : top + height, left : left + width], parts[0], parts[1]))
    mean: Array = np.mean(found, 0)
    return mean


def degraded(hr: Tensor, rng: np.random.Generator) -> Tensor:
    """Reduce a photograph to a quarter, with a degradation drawn from `_KINDS`; widths are LR pixels."""
    kind, generator = str(rng.choice(_KINDS)), torch.Generator().manual_seed(int(rng.integers(2**31)))
    width = float(rng.choice([rng.uniform(0.1, 0.5), rng.uniform(0.3, 1.2)]))
    small, noisy = partial(reduced, hr), partial(_with_noise, rng=rng, generator=generator)
    ways: dict[str, Callable[[], Tensor]] = {
        "clean": small,
        "photo": lambda: PhotoFamily(_SCALE, clean=0.0, mild=0.5).sample(1, generator).apply(hr, generator),
        "noise": lambda: noisy(small(), 0.0),
        "grain": lambda: noisy(small(), rng.uniform(0.3, 1)),
        "blur": lambda: small(width),
        "enlarged": lambda: _through(hr, small(), rng.uniform(1.3, 3)),
        "jpeg": lambda: compressed(quantised(small(width if rng.random() < 0.3 else 0.0)), int(rng.integers(40, 99))),
        "blur and noise": lambda: noisy(small(width), 0.0 if rng.random() < 0.5 else rng.uniform(0.3, 1)),
        "resized": lambda: _through(small(), small(), rng.uniform(1.05, 1.6)),
        "sharpened": lambda: _sharpened(small(width / 2), rng.uniform(0.2, 1)),
        "webp": lambda: compressed(quantised(small()), int(rng.integers(50, 98)), "WEBP"),
    }
    return ways[kind]()


def _through(source: Tensor, like: Tensor, factor: float) -> Tensor:
    """Resize to the size of an image divided by a factor, and then to its size."""
    height, width = like.shape[-2:]
    return resize_to(resize_to(source, (round(height / factor), round(width / factor))), (height, width))


def _sharpened(lr: Tensor, amount: float) -> Tensor:
    return lr + amount * (lr - smoothed(lr, 1.0))


def _with_noise(lr: Tensor, grain: float, rng: np.random.Generator, generator: torch.Generator) -> Tensor:
    level = float(rng.choice([rng.uniform(0.5, 3), rng.uniform(2, 10)]))
    noise = torch.randn(lr.shape, generator=generator)
    noise = smoothed(noise, grain) if grain else noise
    noise = noise / noise.std()
    return lr + level / 255 * (noise if rng.random() < 0.5 else noise[:, :1].expand_as(noise))


def fit(x: Array, gain: Array, photo: NDArray[np.int64], out: Path) -> list[Row]:
    """Fit, store the layers, and return a table of the photographs that were held out."""
    from sklearn.neural_network import MLPRegressor

    held = photo % 4 == 0
    mean, spread = x[~held].mean(0), x[~held].std(0) + 1e-6
    standard = np.clip((x - mean) / spread, -_LIMIT, _LIMIT)
    networks = [
        MLPRegressor(
            hidden_layer_sizes=(32, 16),
            alpha=0.3,
            max_iter=400,
            early_stopping=True,
            n_iter_no_change=15,
            learning_rate_init=2e-3,
            random_state=seed,
        ).fit(standard[~held], np.clip(gain, -_MOST, _MOST)[~held])
        for seed in range(_NETWORKS)
    ]
    layers = {"mean": mean, "spread": spread, "limit": np.array(_LIMIT)}
    for index, (weight, bias) in enumerate(_mean_of(networks)):
        layers[f"gain.{index}.weight"], layers[f"gain.{index}.bias"] = weight, bias
    save_file({name: np.ascontiguousarray(value, np.float32) for name, value in layers.items()}, out)
    return by_limit(np.mean([network.predict(standard[held]) for network in networks], 0), gain[held])


def _mean_of(networks: "list[MLPRegressor]") -> list[tuple[Array, Array]]:
    """Weights and biases of one network whose output is the mean of several: side by side, not connected."""
    first, *between, last = zip(*(network.coefs_ for network in networks), strict=True)
    weights = [np.hstack(first), *(block_diag(*blocks) for blocks in between), np.vstack(last) / len(networks)]
    *biases, last_bias = (np.stack(ones) for ones in zip(*(network.intercepts_ for network in networks), strict=True))
    return list(zip(weights, [*(bias.ravel() for bias in biases), last_bias.mean(0)], strict=True))


def by_limit(predicted: Array, gain: Array) -> list[Row]:
    """A table: how many are taken above a predicted gain, and what that gains and loses for each photograph."""
    rows: list[Row] = [("taken above", "taken", "gained, dB", "lost by those that are worse, dB", "best possible, dB")]
    best = f"{np.maximum(gain, 0).mean():.3f}"
    for limit in np.arange(0, 0.45, 0.05):
        taken = np.where(predicted > limit, gain, 0)
        lost = np.minimum(taken, 0).mean()
        rows.append((f"{limit:.2f}", f"{(predicted > limit).mean():.0%}", f"{taken.mean():.3f}", f"{lost:.3f}", best))
    return rows


if __name__ == "__main__":
    main()
