"""DMSR: the grid of Table 1 (kernel widths 0.2, 1.3, 2.6; noise 15 and 50; and 0.2 without noise for the -nf models).

Kernels are 15x15 with standard deviations in HR pixels. The paper says no more than "bicubic", so what surrounds it is
this package's usual: borders reflect, MATLAB's antialiased bicubic, noise, rounding to 8 bit. PSNR is on Y.
"""

from functools import partial

from blindsr.degrade import kernels
from blindsr.evaluate import metrics
from blindsr.evaluate.definition import PaperRow, Protocol, degradation

_SETS = ("Set5", "Set14", "BSD100")
_PAPER: dict[tuple[float, int], dict[str, tuple[tuple[float, ...], ...]]] = {
    # Rows by model; in each, the data sets; in each, x2, x3, x4
    (0.2, 15): {
        "DMSR": ((32.79, 30.64, 29.06), (30.30, 28.12, 26.74), (29.33, 27.23, 26.05)),
        "IKC-vn": ((32.54, 29.84, 28.79), (30.04, 27.76, 26.54), (29.17, 26.97, 25.93)),
    },
    (1.3, 15): {
        "DMSR": ((31.13, 29.65, 28.48), (28.51, 27.24, 26.29), (27.54, 26.46, 25.70)),
        "IKC-vn": ((30.56, 29.13, 28.26), (28.15, 26.97, 26.24), (27.34, 26.34, 25.65)),
    },
    (2.6, 15): {
        "DMSR": ((28.81, 27.79, 27.10), (26.43, 25.81, 25.30), (25.86, 25.33, 24.93)),
        "IKC-vn": ((27.57, 26.52, 26.38), (25.52, 24.86, 24.79), (25.25, 24.74, 24.64)),
    },
    (0.2, 50): {
        "DMSR": ((28.58, 26.66, 25.38), (26.93, 25.30, 24.21), (26.20, 24.83, 23.94)),
        "IKC-vn": ((28.35, 26.28, 25.12), (26.75, 25.10, 23.99), (26.06, 24.67, 23.81)),
    },
    (1.3, 50): {
        "DMSR": ((27.62, 25.96, 24.98), (25.86, 24.76, 23.90), (25.30, 24.42, 23.71)),
        "IKC-vn": ((27.27, 25.87, 24.81), (25.73, 24.65, 23.80), (25.24, 24.36, 23.67)),
    },
    (2.6, 50): {
        "DMSR": ((26.05, 24.86, 24.21), (24.56, 23.83, 23.23), (24.36, 23.75, 23.27)),
        "IKC-vn": ((25.59, 24.57, 23.85), (24.25, 23.49, 23.07), (24.17, 23.56, 23.20)),
    },
    (0.2, 0): {"DMSR-nf": ((37.96, 34.49, 32.37), (33.48, 30.34, 28.73), (32.14, 29.14, 27.65))},
}


def _protocol(width: float, noise: int, scale: int) -> Protocol:
    name = f"dmsr-{width:g}-{noise}-x{scale}"
    rows: dict[str, PaperRow] = {
        model: {data_set: values[scale - 2] for data_set, values in zip(_SETS, table, strict=True)}
        for model, table in _PAPER[width, noise].items()
    }
    return Protocol(
        name=name,
        title=f"isotropic blur {width:g} (15x15), bicubic x{scale}, " + (f"noise {noise}" if noise else "no noise"),
        source="DMSR (Yang et al., 2022), Table 1",
        scale=scale,
        convention=metrics.luma_convention(scale),
        degradations=partial(degradation, name, scale=scale, kernel=kernels.gaussian(15, width), noise=float(noise)),
        headline="DMSR" if noise else "DMSR-nf",
        paper=rows,
        rows={},
    )


PROTOCOLS = tuple(_protocol(width, noise, scale) for scale in (2, 3, 4) for width, noise in _PAPER)
