"""MRDA: Gaussian8 (Table II), nine anisotropic kernels with noise (Table III), and DASR's nine.

Kernels are 21x21 with standard deviations in HR pixels, borders reflect, MATLAB's antialiased bicubic, noise, rounding
to 8 bit. Gaussian8 degrades every image by eight kernels; the score is the mean over all of them.

The paper shows the nine kernels of Table III as pictures only; their widths and angles here were measured off those
pictures (angles to about 3 degrees, widths to 0.1). Bicubic and RCAN on them fit the table's own numbers. DASR's nine
are another set, published in its repository.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from blindsr.degrade import Degradation, kernels
from blindsr.evaluate import metrics
from blindsr.evaluate.definition import PaperRow, Protocol, degradation

_WIDTHS = {2: (0.8, 1.6), 3: (1.35, 2.4), 4: (1.8, 3.2)}
_TABLE_2: dict[str, PaperRow] = {
    "IKC": {"Set5": 31.67, "Set14": 28.31, "BSD100": 27.37},
    "DAN": {"Set5": 31.89, "Set14": 28.42, "BSD100": 27.51},
    "DASR": {"Set5": 31.46, "Set14": 28.11, "BSD100": 27.44},
    "MRDA_S": {"Set5": 31.98, "Set14": 28.42, "BSD100": 27.55},
}
_NINE = (
    (4.0, 1.0, 0),
    (3.5, 1.5, 20),
    (3.0, 2.0, 45),
    (2.5, 2.5, 0),
    (3.0, 2.0, 0),
    (3.5, 1.5, 20),
    (4.0, 1.0, 40),
    (3.5, 2.5, 60),
    (4.0, 4.0, 0),
)
_TABLE_3 = {
    0: (27.45, 27.85, 28.04, 28.09, 28.01, 27.85, 27.64, 27.63, 26.29),
    10: (25.66, 25.81, 25.90, 25.92, 25.86, 25.80, 25.68, 25.41, 24.56),
    20: (24.71, 24.79, 24.87, 24.86, 24.90, 24.80, 24.69, 24.54, 23.81),
}
_DASR_NINE = (
    (2.0, 0.2, 0),
    (2.0, 1.0, 10),
    (3.5, 1.5, 30),
    (3.5, 2.0, 45),
    (3.5, 2.0, 90),
    (4.0, 1.5, 120),
    (4.0, 2.0, 135),
    (4.0, 3.0, 165),
    (4.0, 4.0, 180),
)
_DASR_TABLE_3 = {
    0: (27.99, 27.97, 27.53, 27.45, 27.43, 27.22, 27.19, 26.83, 26.21),
    5: (27.25, 27.18, 26.37, 26.16, 26.09, 25.96, 25.85, 25.52, 25.04),
    10: (26.57, 26.51, 25.64, 25.47, 25.43, 25.31, 25.16, 24.80, 24.43),
}


def gaussian8(scale: int) -> list[float]:
    """Eight widths, evenly spread: the range is IKC's."""
    low, high = _WIDTHS[scale]
    return [low + (high - low) * i / 7 for i in range(8)]


def _eight(protocol: str, scale: int, image: str) -> tuple[Degradation, ...]:
    each = (
        degradation(f"{protocol}-{i}", image, scale=scale, kernel=kernels.gaussian(21, width))
        for i, width in enumerate(gaussian8(scale))
    )
    return tuple(one for (one,) in each)


def _gaussian8(scale: int) -> Protocol:
    low, high = _WIDTHS[scale]
    name = f"mrda-gaussian8-x{scale}"
    return Protocol(
        name=name,
        title=f"Gaussian8: isotropic blur {low} to {high} (21x21), bicubic x{scale}, no noise",
        source="MRDA (Xia et al., 2023), Table II" if scale == 4 else "Gaussian8 of IKC (Gu et al., 2019)",
        scale=scale,
        convention=metrics.luma_convention(scale),
        degradations=partial(_eight, name, scale),
        headline="MRDA_S",
        paper=_TABLE_2 if scale == 4 else {},
        rows={},
    )


def _anisotropic(
    name: str, shape: tuple[float, float, float], noise: int, *, headline: str, source: str, psnr: float
) -> Protocol:
    first, second, angle = shape
    kernel = kernels.gaussian(21, first, second, math.radians(angle))
    return Protocol(
        name=name,
        title=f"anisotropic blur {first:g} x {second:g}, {angle:g} degrees (21x21), bicubic x4, "
        + (f"noise {noise}" if noise else "no noise"),
        source=source,
        scale=4,
        convention=metrics.luma_convention(4),
        degradations=partial(degradation, name, scale=4, kernel=kernel, noise=float(noise)),
        headline=headline,
        paper={headline: {"Set14": psnr}},
        rows={},
    )


def _grid(
    prefix: str,
    shapes: Sequence[tuple[float, float, float]],
    table: Mapping[int, Sequence[float]],
    *,
    headline: str,
    source: str,
) -> Iterator[Protocol]:
    """Yield the protocols of a table: each kernel under each noise level, with the PSNR that is printed for it."""
    for noise, values in table.items():
        for number, (shape, psnr) in enumerate(zip(shapes, values, strict=True), 1):
            name = f"{prefix}-aniso{number}-{noise}"
            yield _anisotropic(name, shape, noise, headline=headline, source=source, psnr=psnr)


def _width(width: float) -> Protocol:
    name = f"mrda-width-{width:g}-x4"
    kernel = kernels.gaussian(21, width) if width else kernels.delta()
    return Protocol(
        name=name,
        title=f"isotropic blur {width:g} (21x21), bicubic x4, no noise",
        source="MRDA (Xia et al., 2023), Table VI",
        scale=4,
        convention=metrics.luma_convention(4),
        degradations=partial(degradation, name, scale=4, kernel=kernel),
        headline="MRDA_S",
        paper={},  # Urban100 by the teacher: see the study mrda-table-6
        rows={},
    )


PROTOCOLS = (
    *(_gaussian8(scale) for scale in (4, 2, 3)),
    *(_width(width) for width in (0.0, 1.2, 2.4, 3.6)),
    *_grid("mrda", _NINE, _TABLE_3, headline="MRDA_S", source="MRDA (Xia et al., 2023), Table III"),
    *_grid("dasr", _DASR_NINE, _DASR_TABLE_3, headline="DASR", source="DASR (Wang et al., 2021), Table 3"),
)
