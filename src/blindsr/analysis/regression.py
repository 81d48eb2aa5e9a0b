"""Small networks that predict what the analysis cannot measure, fitted by scripts in ``benchmarks/``.

`fit_analysis.py` fits those for noise and blur, from band energies; `fit_comparison.py` fits the gain of one model over
another, from the differences of their results.
"""

from functools import cache
from importlib.resources import as_file, files
from typing import Literal

import numpy as np
from safetensors.numpy import load_file

from blindsr.analysis.windows import Floats

Prediction = Literal["noise", "blur", "sure", "gain"]
"""Square root of the noise level, blur in pixels, the logit that the blur is right, and a gain in dB."""
_FILES: dict[Prediction, str] = {"gain": "comparison.safetensors"}
"""Files of predictions that are not in the first file."""


def predict(what: Prediction, features: Floats) -> float:
    """Return the prediction of a network.

    Args:
        what: the prediction.
        features: those of `bands.features`, followed by the blur for ``sure``; those of `comparison.features` for
            ``gain``.
    """
    layers = _layers(_FILES.get(what, "regression.safetensors"))
    mean, spread = layers["mean"], layers["spread"]
    standard = (features[: len(mean)] - mean) / spread
    if "limit" in layers:  # largest deviation from the mean that it was fitted with, in standard deviations
        standard = np.clip(standard, -layers["limit"], layers["limit"])
    x = np.concatenate([standard, features[len(mean) :]])
    depth = sum(1 for name in layers if name.startswith(f"{what}.")) // 2
    for index in range(depth):
        x = x @ layers[f"{what}.{index}.weight"] + layers[f"{what}.{index}.bias"]
        if index < depth - 1:
            x = np.maximum(x, 0)
    return float(x[0])


@cache
def _layers(name: str) -> dict[str, Floats]:
    with as_file(files("blindsr.analysis") / name) as path:
        layers: dict[str, Floats] = load_file(path)
    return layers
