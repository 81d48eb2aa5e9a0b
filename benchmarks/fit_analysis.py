"""Fit the regressions by which `blindsr analyze` reads noise and blur off band energies.

    python benchmarks/fit_analysis.py --data TRAIN --out src/blindsr/analysis/regression.safetensors

TRAIN holds folders of photographs (BSDS500's train and test, and textured crops). They are degraded by random amounts:
blur, subsampling, white, blurred, gray and brightness-dependent noise, JPEG. Every tenth photograph is held out; the
errors printed at the end are theirs. analysis.py measures the stored regressions on photographs of another set.
"""

import argparse
import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from safetensors.numpy import save_file
from scipy import ndimage
from table import Row, show  # stands beside this file

from blindsr.analysis import bands

if TYPE_CHECKING:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

Array = NDArray[np.float32]
_NEAR, _NEAR_SHARE = 0.25, 0.2
"""A blur counts as right within this many pixels or this share of it."""


def main() -> None:
    """Draw samples, or read those that were kept, and fit."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=2, help="degradations of each crop; of whole photographs, thrice")
    parser.add_argument("--seed", type=int, default=0, help="of the degradations")
    parser.add_argument("--samples", type=Path, help="where samples are kept between runs")
    chosen = parser.parse_args()
    if chosen.samples and chosen.samples.is_file():
        stored = np.load(chosen.samples)
        x, y, photo = stored["x"], stored["y"], stored["photo"]
    else:
        x, y, photo = samples(sorted(chosen.data.glob("*/*.jpg")), chosen.draws, chosen.seed)
        if chosen.samples:
            np.savez(chosen.samples, x=x, y=y, photo=photo)
    show(fit(x, y, photo, chosen.out))


def samples(paths: list[Path], draws: int, seed: int = 0) -> tuple[Array, Array, NDArray[np.int64]]:
    """Features, targets (noise and blur; NaN where that is not known) and indices of photographs."""
    x, y, photo = [], [], []
    for index, path in enumerate(paths):
        rng = np.random.default_rng([seed, index])
        with Image.open(path) as image:
            clean = np.asarray(image.convert("RGB"), np.float32)
        for _ in range(3 * draws if min(clean.shape[:2]) < 400 else draws):
            clean8, noisy8, blur = degraded(clean, rng)
            for plane in rng.choice(6, 2, replace=False):
                row, target = _sample(clean8, noisy8, plane, blur)
                x.append(row)
                y.append(target)
                photo.append(index)
    return np.stack(x), np.array(y, np.float32), np.array(photo)


def degraded(clean: Array, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.uint8], float]:
    """Degrade a crop at random: the image before noise was added, the image, and its blur; NaN if that is not known."""
    fraction = rng.choice([1.0, 1.0, 0.75, 0.5])
    blur = 0.0 if rng.random() < 0.35 else rng.uniform(0.1, 3.0)
    side = round(int(rng.choice([64, 128, 240, 480, 480])) / fraction)
    top, left = (int(rng.integers(0, max(1, length - side + 1))) for length in clean.shape[:2])
    image = clean[top : top + side, left : left + side]
    if rng.random() < 0.08:  # flat, so that pure noise is read as what it is
        image = image.mean((0, 1)) + np.linspace(-20, 20, image.shape[1])[:, None] + np.zeros_like(image)
        image, blur = image.astype(np.float32), 3.0
    if blur:
        image = ndimage.gaussian_filter(image, (blur / fraction, blur / fraction, 0), truncate=3)
    if fraction < 1:
        size = round(image.shape[1] * fraction), round(image.shape[0] * fraction)
        planes = [Image.fromarray(image[..., c]).resize(size, Image.Resampling.BICUBIC) for c in range(3)]
        image = np.stack([np.asarray(plane) for plane in planes], 2)
    noisy = image + _noise(image, rng)
    clean8, noisy8 = (np.clip(np.round(one), 0, 255).astype(np.uint8) for one in (image, noisy))
    if rng.random() < 0.3:
        quality, sampling = int(rng.integers(30, 96)), int(rng.choice([0, 2]))
        clean8, noisy8 = (_jpeg(one, quality, sampling) for one in (clean8, noisy8))
    # Photographs are known to be sharp only where they were reduced.
    return clean8, noisy8, blur if fraction < 1 or blur > 1 else float("nan")


def _noise(image: Array, rng: np.random.Generator) -> Array:
    if rng.random() < 0.15:
        return np.zeros_like(image)
    level = rng.uniform(0, 35) if rng.random() < 0.7 else rng.uniform(0, 6)
    noise = rng.standard_normal(image.shape).astype(np.float32)
    if rng.random() < 0.3:
        noise = np.repeat(noise[..., :1], 3, 2)
    if rng.random() < 0.55:
        width = rng.uniform(0.3, 1.8)
        noise = ndimage.gaussian_filter(noise, (width, width, 0))
    noise *= level / noise.std()
    if rng.random() < 0.3:
        noise *= np.sqrt((np.maximum(image, 0) + 10) / (np.maximum(image, 0).mean() + 10))
    return noise


def _jpeg(image: NDArray[np.uint8], quality: int, sampling: int) -> NDArray[np.uint8]:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality, subsampling=sampling)
    with Image.open(buffer) as decoded:
        return np.asarray(decoded)


def _plane(image: NDArray[np.uint8], index: int) -> Array:
    rgb = image.astype(np.float32)
    if index < 3:
        return rgb[..., index]
    weights = ([0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813])[index - 3]
    return rgb @ np.array(weights, np.float32)


def _sample(
    clean: NDArray[np.uint8], noisy: NDArray[np.uint8], plane: int, blur: float
) -> tuple[Array, tuple[float, float]]:
    seen = _plane(noisy, plane)
    noise = seen - _plane(clean, plane)
    row = bands.features(bands.block_energies(seen))
    return row, (float(noise.std()), blur if plane in {1, 3} else float("nan"))


def fit(x: Array, y: Array, photo: NDArray[np.int64], out: Path) -> list[Row]:
    """Fit, print the errors on photographs that were held out, store the layers, and judge the confidence."""
    from sklearn.neural_network import MLPRegressor

    held = photo % 10 == 0
    mean, spread = x[~held].mean(0), x[~held].std(0) + 1e-6
    x = (x - mean) / spread
    layers = {"mean": mean, "spread": spread}
    network = MLPRegressor(hidden_layer_sizes=(48, 24), alpha=1e-2, max_iter=150, early_stopping=True, random_state=0)
    network.fit(x[~held], np.sqrt(y[~held, 0]))
    layers |= _layers("noise", network)
    error = np.square(np.maximum(network.predict(x[held]), 0)) - y[held, 0]
    print("noise mean absolute error", np.abs(error).mean().round(2), "bias", error.mean().round(2))
    trusted = _fit_blur(x, y[:, 1], photo, layers)
    save_file({name: np.ascontiguousarray(value, np.float32) for name, value in layers.items()}, out)
    return trusted


def _fit_blur(x: Array, blur: Array, photo: NDArray[np.int64], layers: dict[str, Array]) -> list[Row]:
    """Fit the blur on two thirds of the photographs and the confidence on the rest, whose blur was not learned.

    Returns:
        A table: for ranges of the confidence, the share of blurs that were right, and of how many.
    """
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    known = np.isfinite(blur)
    held, third = photo % 10 == 0, photo % 3 == 0
    learn, judge = known & ~held & ~third, known & ~held & third
    network = MLPRegressor(hidden_layer_sizes=(48, 24), alpha=1e-2, max_iter=150, early_stopping=True, random_state=0)
    network.fit(x[learn], blur[learn])
    found = np.maximum(network.predict(x), 0)
    right = is_right(found, blur)
    with_blur = np.concatenate([x, found[:, None]], 1).astype(np.float32)
    judgement = MLPClassifier(hidden_layer_sizes=(16,), alpha=1e-1, max_iter=150, early_stopping=True, random_state=0)
    judgement.fit(with_blur[judge], right[judge])
    layers |= _layers("blur", network)
    layers |= _layers("sure", judgement)
    test = known & held
    sure = judgement.predict_proba(with_blur[test])[:, 1]
    print("blur mean absolute error", np.abs(found - blur)[test].mean().round(3), "right", right[test].mean().round(3))
    return by_confidence(sure, right[test])


def is_right(found: Array, blur: Array) -> NDArray[np.bool_]:
    """Whether widths of blurs are right to 0.25 pixels or 20%, as `blindsr.analysis.noise.Blur` promises."""
    right: NDArray[np.bool_] = np.abs(found - blur) < np.maximum(_NEAR, _NEAR_SHARE * blur)
    return right


def by_confidence(sure: Array, right: NDArray[np.bool_]) -> list[Row]:
    """A table: for ranges of the confidence, the share of blurs that were right, and of how many."""
    rows: list[Row] = [("confidence", "share that was right", "photographs")]
    for low in np.arange(0, 1, 0.1):
        one = (sure >= low) & (sure < low + 0.1)
        if one.any():
            rows.append((f"{low:.1f} to {low + 0.1:.1f}", f"{right[one].mean():.2f}", int(one.sum())))
    return rows


def _layers(name: str, network: "MLPRegressor | MLPClassifier") -> dict[str, Array]:
    found = {}
    for index, (weight, bias) in enumerate(zip(network.coefs_, network.intercepts_, strict=True)):
        found[f"{name}.{index}.weight"], found[f"{name}.{index}.bias"] = weight, bias
    return found


if __name__ == "__main__":
    main()
