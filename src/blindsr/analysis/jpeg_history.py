"""Detection of JPEG compression from pixels, whatever the file format.

JPEG rounds the DCT coefficients of 8x8 blocks to multiples of steps that depend on frequency and quality. This can be
detected in the decoded pixels (Fan and de Queiroz: Identification of bitmap compression history. IEEE TIP, 2003): on
the correct block grid, coefficients are close to multiples of the correct steps; on other grids they are not. Phase and
quality are those with the largest likelihood, over all 64 phases and all qualities of libjpeg's table.

An image that was resized afterwards has a grid of another period. In flat parts, the differences of diagonal neighbours
then have spectral peaks at multiples of one frequency (as in blockiness measures: Chen and Hsu, ICPR 2008), along both
axes. After resampling to a period of 8, the quality of such an image may still be detected.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from blindsr.analysis.filters import maximum_filter, mean_filter, median_filter
from blindsr.analysis.windows import Floats, Plane, Planes, boxes, jpeg_luma, middle
from blindsr.degrade.jpeg import quantisation_tables

_LEAST = 16
"""Side of the smallest window that contains a block of every phase, pixels."""
_SIDE, _COUNT = 64, 9
"""Side in pixels and number of the windows in which coefficients are counted."""
_COMB_SIDE = 640
_RESAMPLED = 320
"""Side of the window in which other periods are searched."""
_LAST = 4
_ORDERS = [(u, v) for u in range(_LAST + 1) for v in range(_LAST + 1 - u)]
"""Frequencies whose quantisation steps are estimated; higher ones are mostly rounded to zero."""
_BIN, _BINS = 0.25, 512
"""Width and number of the bins of coefficients' absolute values."""
_STEPS = 122
_SPREADS = (0.45, 1.3, 3.5)
"""Standard deviations of coefficients around the multiples: rounding of pixels, and more where noise was added."""
_INLIERS = 0.9
_QUALITIES = np.arange(8, 101)
_EVIDENCE = 40.0
"""Smallest log-likelihood ratio of a grid of period 8; see ``benchmarks/analysis.py``."""
_DISTINCT = 16
"""Smallest number of different values that must support the grid."""
_PERIODS = (5.3, 12.8)
"""Least and greatest period of a resized grid, pixels."""
_HARMONICS = 6
_COMB = 21.0
"""Smallest score of a resized grid; see ``benchmarks/analysis.py``."""
_COMB_AXIS = 6.0
"""Smallest score of each axis; periodic textures often have a high score along one axis only."""
_COMB_SLOPE = 0.8
"""Steps of luma at quality 50: Annex K of ITU-T T.81."""


@dataclass(frozen=True)
class Grid:
    """Grid of JPEG blocks."""

    quality: int | None
    """Quality on libjpeg's scale, 1 to 100; None if only the grid is visible."""
    period: float
    """Side of a block, pixels: 8 unless the image was resized since."""
    phase: tuple[float, float] | None
    """Row and column at which a block begins, below the period; None if unknown."""
    confidence: float
    """Probability that the grid exists."""


def find_grid(planes: Planes) -> Grid | None:
    """Find the block grid of the last JPEG compression; None if no grid is found.

    Args:
        planes: red, green and blue, ``(3, h, w)`` in [0, 1].
    """
    height, width = planes.shape[1:]
    if min(height, width) < _LEAST:
        return None
    windows = [jpeg_luma(planes[:, rows, columns]) for rows, columns in boxes(height, width, _SIDE, _COUNT)]
    evidence, quality, phase = _best(_histograms(windows))
    if evidence > _EVIDENCE:
        return Grid(quality, 8.0, phase, 1 - 0.5 * math.exp(-(evidence - _EVIDENCE) / 20))
    y = jpeg_luma(planes[:, *middle(height, width, _COMB_SIDE)])
    comb = comb_score(y)
    if comb is None or not comb.found:
        return None
    return Grid(_resized_quality(y, comb.periods), round(float(np.mean(comb.periods)), 2), None, comb.confidence)


def steps(quality: int) -> NDArray[np.int64]:
    """Quantisation steps ``(8, 8)`` of luma at a quality of libjpeg's scale."""
    luma, _ = quantisation_tables(torch.tensor([quality], device="cpu"))
    table: NDArray[np.int64] = luma[0].numpy()
    return table


def _histograms(windows: list[Plane]) -> Floats:
    """Compute histograms of absolute coefficients, ``(64, orders, bins)``, for each phase of the grid.

    Args:
        windows: parts of an image that start at multiples of 8 pixels.
    """
    counts = np.zeros((64, len(_ORDERS), _BINS + 1), np.float32)
    windows = [window - 128 for window in windows if min(window.shape) >= _LEAST]
    for shape in {window.shape for window in windows}:
        alike = np.stack([window for window in windows if window.shape == shape])
        height, width = ((side - 7) // 8 * 8 for side in shape)
        phases = (8 * (np.arange(height)[:, None] % 8) + np.arange(width) % 8).astype(np.int32) * (_BINS + 1)
        rows = [_sliding(alike, _dct()[u], 1, height) for u in range(_LAST + 1)]
        for index, (u, v) in enumerate(_ORDERS):
            both = np.abs(_sliding(rows[u], _dct()[v], 2, width))
            both *= 1 / _BIN
            bins = np.minimum(both, _BINS, out=both).astype(np.int32)
            bins += phases
            counts[:, index] += np.bincount(bins.ravel(), minlength=counts[:, index].size).reshape(64, -1)
    return counts[..., :_BINS]  # larger values are ignored


def _sliding(stack: Floats, taps: Floats, axis: int, length: int) -> Floats:
    """Compute inner products of 8 taps with all 8 successive values along an axis."""
    cut = [slice(None)] * axis
    products = (stack[(*cut, slice(at, at + length))] * tap for at, tap in enumerate(taps))
    total: Floats = next(products)
    for product in products:
        total += product
    return total


@cache
def _dct() -> Floats:
    """Return the DCT matrix of 8 samples."""
    at = np.arange(8)
    matrix = np.cos((2 * at[None] + 1) * at[:, None] * np.pi / 16) / 2
    matrix[0] = math.sqrt(1 / 8)
    return matrix.astype(np.float32)


@cache
def _ratios(spread: float) -> Floats:
    """Compute log-likelihood ratios of values rounded to multiples of a step, ``(bins, steps)``.

    Values that are rounded to zero are ignored, since they are equally common in smooth parts of any image.
    """
    value = (np.arange(_BINS)[:, None] + 0.5) * _BIN
    step = np.maximum(np.arange(_STEPS), 1)[None]
    multiple = np.round(value / step)
    error = value - multiple * step
    density = sum(np.exp(-0.5 * ((error + shift * step) / spread) ** 2) for shift in (-1, 0, 1))
    density = density * step / (math.sqrt(2 * math.pi) * spread)
    ratio = np.log(_INLIERS * density + 1 - _INLIERS)
    ratio[(multiple == 0) | (value < max(1.0, 1.5 * spread))] = 0
    ratio[:, :2] = 0
    single: Floats = ratio.astype(np.float32)
    return single


@cache
def _tables() -> NDArray[np.int64]:
    """Return the quantisation steps of all qualities, ``(qualities, orders)``."""
    return np.array([[min(steps(int(q))[order], _STEPS - 1) for order in _ORDERS] for q in _QUALITIES])


def _best(counts: Floats) -> tuple[float, int, tuple[float, float]]:
    """Return the evidence, quality and phase with the highest likelihood."""
    best: tuple[float, int, tuple[float, float]] = (0.0, 100, (0.0, 0.0))
    rows = counts.reshape(-1, counts.shape[-1])  # one product, since BLAS threads spin after each
    for spread in _SPREADS:
        ratio = (rows @ _ratios(spread)).reshape(*counts.shape[:2], -1)  # (phases, orders, steps)
        total = sum(ratio[:, index, _tables()[:, index]] for index in range(len(_ORDERS)))
        assert isinstance(total, np.ndarray)
        phase, quality = np.unravel_index(total.argmax(), total.shape)
        # Coefficients of drawings may be multiples of a step for every phase.
        evidence = float(total[phase, quality] - np.median(total[:, quality]))
        if evidence > best[0] and _distinct(counts[phase], _tables()[quality], spread) >= _DISTINCT:
            best = evidence, int(_QUALITIES[quality]), (float(phase // 8), float(phase % 8))
    return best


def _distinct(counts: Floats, table: NDArray[np.int64], spread: float) -> int:
    """Count the different values that support the steps; repeated patterns have few."""
    support = _ratios(spread)[:, table].T > 0
    return int((support & (counts > 0)).sum())


@dataclass(frozen=True)
class Comb:
    """Peaks at multiples of one frequency along both axes."""

    score: float
    weaker: float
    """Lower one of the scores of the two axes."""
    periods: tuple[float, float]
    """Periods of rows and columns, pixels."""

    @property
    def found(self) -> bool:
        """Whether the score is high enough for a grid."""
        return self.score > _COMB and self.weaker > _COMB_AXIS

    @property
    def confidence(self) -> float:
        """Probability that there is a grid, by a logistic curve."""
        return 1 / (1 + math.exp(-_COMB_SLOPE * (self.score - _COMB)))


def comb_score(y: Plane) -> Comb | None:
    """Score grids of periods near 8 in luma ``(h, w)``, 0..255; None for small images."""
    if min(y.shape) < 64:
        return None
    cross = np.abs(y[1:, 1:] + y[:-1, :-1] - y[1:, :-1] - y[:-1, 1:])
    profiles = _profile(cross), _profile(cross.T)
    frequency = 1 / np.exp(np.arange(math.log(_PERIODS[0]), math.log(_PERIODS[1]), 0.001))
    columns, rows = (_peaks(profile, frequency) for profile in profiles)
    # Sides are rounded to integers when resizing, so the two periods may differ slightly.
    near = 4
    total = columns + maximum_filter(rows, 2 * near + 1)
    at = int(total.argmax())
    first = max(0, at - near)
    other = first + int(rows[first : at + near + 1].argmax())
    scores = float(columns[at]), float(rows[other])
    return Comb(sum(scores), min(scores), (float(1 / frequency[other]), float(1 / frequency[at])))


def _profile(cross: Floats) -> Floats:
    """Average differences per column, detrended and weighted by flatness."""
    around = mean_filter(cross, (9, 17)) + 0.5
    weight = around**-1.5
    signal = (np.minimum(cross, 3 * around) * weight).mean(0) / weight.mean()
    signal = (signal - median_filter(signal, 9)).astype(np.float64)
    signal -= signal.mean()
    limit = 3 * signal.std()
    clipped: Floats = np.clip(signal, -limit, limit)
    return clipped


def _peaks(signal: Floats, frequency: Floats) -> Floats:
    """Compute the prominence of the multiples of each frequency in the spectrum."""
    length = 1 << math.ceil(math.log2(8 * len(signal)))
    power = np.abs(np.fft.rfft(signal * np.hanning(len(signal)), length)) ** 2
    coarse = power[::4]
    level = median_filter(coarse, max(9, len(coarse) // 8) | 1) / math.log(2)
    level = np.interp(np.arange(len(power)), 4 * np.arange(len(coarse)), level) + 1e-12
    ratio = np.log1p(power / level)
    multiples = np.outer(frequency, np.arange(1, _HARMONICS + 1)) % 1
    multiples = np.minimum(multiples, 1 - multiples)  # the samples show higher ones folded
    found: Floats = np.interp(multiples * length, np.arange(len(ratio)), ratio).sum(1)
    return found


def _resized_quality(y: Plane, periods: tuple[float, float]) -> int | None:
    """Estimate the quality of a resized image, if its coefficients still show it."""
    part = y[middle(y.shape[0], y.shape[1], _RESAMPLED)]
    best: tuple[float, int] = (0.0, 0)
    for down in (0.0, 0.5):
        for right in (0.0, 0.5):
            rows = _sampling(part.shape[0], periods[0] / 8, down)
            columns = _sampling(part.shape[1], periods[1] / 8, right)
            even = (rows @ part @ columns.T).astype(np.float32)
            windows = [even[box] for box in boxes(even.shape[0], even.shape[1], _SIDE, _COUNT)]
            evidence, quality, _ = _best(_histograms(windows))
            best = max(best, (evidence, quality))
    return best[1] if best[0] > _EVIDENCE else None


def _sampling(length: int, stride: float, start: float) -> Floats:
    """Return the matrix of cubic interpolation at ``start``, ``start + stride`` and so on (Keys)."""
    place = np.arange(start, length - 1, stride)
    first = np.floor(place).astype(int)
    matrix = np.zeros((len(place), length))
    for tap in (-1, 0, 1, 2):
        distance = np.abs(place - first - tap)
        near = 1.5 * distance**3 - 2.5 * distance**2 + 1
        far = -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2
        index = np.clip(first + tap, 0, length - 1)
        np.add.at(matrix, (np.arange(len(place)), index), np.where(distance <= 1, near, far))
    return matrix
