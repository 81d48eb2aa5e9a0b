"""Small networks that predict noise and blur from band energies, fitted by `benchmarks/fit_analysis.py`."""

from functools import cache
from importlib.resources import as_file, files
from typing import Literal

import numpy as np
from safetensors.numpy import load_file

from blindsr.analysis.windows import Floats

Prediction = Literal["noise", "blur", "sure"]
"""Square root of the noise level, blur in pixels, and the logit that the blur is right."""


def predict(what: Prediction, features: Floats) -> float:
    """Return the prediction of a network for `bands.features`; ``sure`` also requires the blur."""
    layers = _layers()
    mean, spread = layers["mean"], layers["spread"]
    x = np.concatenate([(features[: len(mean)] - mean) / spread, features[len(mean) :]])
    depth = sum(1 for name in layers if name.startswith(f"{what}.")) // 2
    for index in range(depth):
        x = x @ layers[f"{what}.{index}.weight"] + layers[f"{what}.{index}.bias"]
        if index < depth - 1:
            x = np.maximum(x, 0)
    return float(x[0])


@cache
def _layers() -> dict[str, Floats]:
    with as_file(files("blindsr.analysis") / "regression.safetensors") as path:
        layers: dict[str, Floats] = load_file(path)
    return layers
