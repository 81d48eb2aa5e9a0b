"""Estimation of noise and blur from pixels.

Noise of cameras and scans is neither white nor uniform: it is spatially correlated, grows with brightness, and affects
chroma. It is estimated per channel from band energies (see `bands`) by a regression fitted to all these kinds of noise.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from blindsr.analysis import bands, regression
from blindsr.analysis.windows import Floats, Plane, Planes, boxes, jpeg_luma

_SIDE, _COUNT = 256, 6
"""Side in pixels and number of the windows in which energies are measured."""
_CHROMA = np.array([[-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]], np.float32)
_VISIBLE = 1.5
"""Levels below this, left by rounding and fine grain, count as no noise."""
_COARSE, _UNEVEN = 0.2, 1.4
"""Smallest grain, and ratio between dark and bright parts, that the description mentions."""
_FLATTEST = 0.2
_WHITE = 0.25
"""Fraction of the power of white noise that means of 2x2 pixels keep."""
_BLANK = 3.0
"""Level, 0..255, up to which the block with the most detail shows no edge by which blur could be measured."""
_CLIPPED = 12.0, 243.0
"""Range of brightness in which noise is not clipped at black or white."""


@dataclass(frozen=True)
class Noise:
    """Noise levels: standard deviations on the 0..255 scale, 0 if none is visible."""

    channels: tuple[float, float, float]
    """Levels of red, green and blue."""
    luma: float
    chroma: float
    """Level of Cb and Cr, root mean square."""
    grain: float
    """Share of luma's noise power coarser than a pixel: 0 for white noise, towards 1 for grain."""
    dark: float
    """Level of luma in the darker half of the flat parts."""
    bright: float
    """Level of luma in the brighter half of the flat parts."""

    @property
    def level(self) -> float:
        """Highest level of the channels."""
        return max(self.channels)

    def to_dict(self) -> dict[str, float]:
        """All fields but the channels as values for JSON."""
        levels = {"luma": self.luma, "chroma": self.chroma, "dark": self.dark, "bright": self.bright}
        return {**{name: round(value, 1) for name, value in levels.items()}, "grain": round(self.grain, 2)}

    @property
    def sentence(self) -> str:
        """Describe in words, without a full stop."""
        if self.level == 0:
            return "none visible"
        levels = ", ".join(f"{value:.1f}" for value in self.channels)
        parts = [f"{levels} of 255 (red, green, blue)", f"{self.luma:.1f} in luma and {self.chroma:.1f} in chroma"]
        if self.grain > _COARSE:
            parts.append(f"{self.grain:.0%} of it grain coarser than a pixel")
        if max(self.dark, self.bright) > _UNEVEN * min(self.dark, self.bright) > 0:
            parts.append(f"{self.dark:.1f} in dark and {self.bright:.1f} in bright parts")
        return "; ".join(parts)


@dataclass(frozen=True)
class Blur:
    """Blur of a photograph."""

    width: float
    """Standard deviation, pixels of the photograph."""
    confidence: float
    """Probability that the error of the width is at most 0.25 pixels or 20%, whichever is larger."""

    def to_dict(self) -> dict[str, float]:
        """Values for JSON."""
        return {"width": round(self.width, 2), "confidence": round(self.confidence, 2)}

    @property
    def sentence(self) -> str:
        """Describe in words, without a full stop."""
        return (
            f"{self.width:.1f} pixels of the photograph (standard deviation), "
            f"right to 0.25 pixels or 20% with a probability of {self.confidence:.0%}"
        )


def measure_noise_and_blur(planes: Planes) -> tuple[Noise, Blur] | None:
    """Estimate noise and blur of an image; None if it is smaller than a few blocks.

    Args:
        planes: red, green and blue, ``(3, h, w)`` in [0, 1].
    """
    parts = [part for part in _parts(planes) if min(part.shape[1:]) >= 2 * bands.BLOCK]
    if not parts:
        return None
    y = [jpeg_luma(part) for part in parts]
    energies = np.concatenate([bands.block_energies(one) for one in y], axis=2)
    values = bands.features(energies)
    channels = [_level([255 * part[channel] for part in parts]) for channel in range(3)]
    chroma = [_level([np.tensordot(255 * weights, part, 1) for part in parts]) for weights in _CHROMA]
    luma = _predicted(values)
    dark, bright = _by_brightness(energies, np.concatenate([_brightness(one) for one in y], axis=1))
    noise = Noise(
        channels=(channels[0], channels[1], channels[2]),
        luma=_visible(luma),
        chroma=_visible(math.sqrt(float(np.mean(np.square(chroma))))),
        grain=_grain(luma, bands.coarse_share(values)),
        dark=_visible(dark * luma),
        bright=_visible(bright * luma),
    )
    blur = _blur(values)
    return noise, blur if bands.strongest(energies) > _BLANK else replace(blur, confidence=0.0)


def _parts(planes: Planes) -> list[Planes]:
    """Return windows of equal height, so that their blocks can be concatenated."""
    height, width = planes.shape[1:]
    return [planes[:, rows, columns] for rows, columns in boxes(height, width, _SIDE, _COUNT, bands.BLOCK)]


def _level(parts: list[Plane]) -> float:
    energies = np.concatenate([bands.block_energies(part) for part in parts], axis=2)
    return _visible(_predicted(bands.features(energies)))


def _predicted(values: Floats) -> float:
    return max(0.0, regression.predict("noise", values)) ** 2


def _visible(level: float) -> float:
    return level if level > _VISIBLE else 0.0


def _grain(level: float, coarse: float) -> float:
    if level <= _VISIBLE:
        return 0.0
    return min(1.0, max(0.0, (coarse - _WHITE) / (1 - _WHITE)))


def _brightness(y: Plane) -> Plane:
    height, width = (side // bands.BLOCK for side in y.shape)
    cut = y[: height * bands.BLOCK, : width * bands.BLOCK]
    mean: Plane = cut.reshape(height, bands.BLOCK, width, bands.BLOCK).mean((1, 3))
    return mean


def _by_brightness(energies: bands.Blocks, brightness: Plane) -> tuple[float, float]:
    """Return the noise in the darker and the brighter half of the flat blocks, relative to that of both."""
    total, fine = energies[2:].sum(0).ravel(), energies[:2].mean(0).ravel()
    usable = (brightness.ravel() > _CLIPPED[0]) & (brightness.ravel() < _CLIPPED[1])
    if usable.sum() < 16:
        return 1.0, 1.0
    total, fine, light = total[usable], fine[usable], brightness.ravel()[usable]
    # Select the flattest blocks of each half; the few bright blocks of a dark photograph may not be flat overall.
    middle = np.median(light)
    halves = []
    for half in (light <= middle, light > middle):
        threshold = np.quantile(total[half], _FLATTEST) if half.any() else 0.0
        chosen = half & (total <= threshold)
        halves.append(float(np.sqrt(np.median(fine[chosen]))) if chosen.any() else 0.0)
    mean = math.sqrt((halves[0] ** 2 + halves[1] ** 2) / 2)
    return (halves[0] / mean, halves[1] / mean) if mean > 0 else (1.0, 1.0)


def _blur(values: Floats) -> Blur:
    width = max(0.0, regression.predict("blur", values))
    logit = regression.predict("sure", np.append(values, np.float32(width)))
    return Blur(width, 1 / (1 + math.exp(-logit)))
