"""CMDSR: Simple, Middle and Severe with noise (Table I) and without (Table II), all x4.

The degradation is that of the released test code: the blur wraps around the borders and is truncated to 8 bit, MATLAB's
bicubic follows, then noise, clipping and truncation to 8 bit. Severe is given by covariance eigenvalues (4, 1) and an
angle of -0.5 radians.

The paper says 7x7 kernels. At width 2.6 these cut the Gaussian off (its effective width is 1.78), which makes Middle
0.8 dB easier for bicubic than the 15x15 kernels of SRMD, UDVD and DMSR, whose numbers stand in the same table. Hence
each protocol has a variant ``-15``; compare with those papers only by it. It has no row of the paper's own.

Deviation: the result is rounded to 8 bit before it is measured, as a file would be; the released code measures the
network's own output, at most a few hundredths of a dB away.
"""

from functools import partial

from torch import Tensor

from blindsr.degrade import kernels
from blindsr.evaluate import metrics
from blindsr.evaluate.definition import PaperRow, Protocol, degradation

_SCALE = 4
_NAMES = ("simple", "middle", "severe")
_NOISE = {"simple": 15.0, "middle": 15.0, "severe": 50.0}
_KERNELS = {
    "simple": "isotropic blur 0.2",
    "middle": "isotropic blur 2.6",
    "severe": "anisotropic blur, variances 4 and 1, angle -0.5",
}
_DATA_SETS = ("Set5", "Set14", "BSD100")
_TABLE_1 = {"simple": (28.35, 26.23, 25.83), "middle": (27.10, 25.39, 25.12), "severe": (23.07, 22.14, 23.03)}
_TABLE_2 = {"simple": (31.82, 28.53, 27.60), "middle": (31.79, 28.36, 27.50), "severe": (29.94, 27.29, 26.95)}
# Table IV: the BaseNet alone, trained on the same data
_TABLE_4: dict[str, PaperRow] = {
    "SRResNet-10 w/o ConditionNet": {"Set5": 26.09},
    "SRResNet-16 w/o ConditionNet": {"Set5": 26.62},
}
_ROWS = {"cmdsr_x4.plain": "SRResNet-10 w/o ConditionNet"}


def _kernel(name: str, size: int) -> Tensor:
    if name == "severe":
        return kernels.gaussian_from_variances(size, 4.0, 1.0, -0.5)
    return kernels.gaussian(size, {"simple": 0.2, "middle": 2.6}[name])


def _protocol(kind: str, size: int, *, noisy: bool) -> Protocol:
    name = f"cmdsr-{kind}" + ("" if noisy else "-nf") + ("" if size == 7 else f"-{size}")
    noise = _NOISE[kind] if noisy else 0.0
    table, numbers = ("I", _TABLE_1) if noisy else ("II", _TABLE_2)
    paper: dict[str, PaperRow] = {"CMDSR": dict(zip(_DATA_SETS, numbers[kind], strict=True))}
    if kind == "middle" and noisy:
        paper |= _TABLE_4
    if size != 7:
        paper = {}  # measured with other kernels, which are worth 0.8 dB
    return Protocol(
        name=name,
        title=f"{_KERNELS[kind]} ({size}x{size}), bicubic x{_SCALE}, " + (f"noise {noise:g}" if noisy else "no noise"),
        source=f"CMDSR (Yin et al., 2022), Table {table}" + ("" if size == 7 else f", with kernels of {size}x{size}"),
        scale=_SCALE,
        convention=metrics.luma_convention(_SCALE),
        degradations=partial(
            degradation,
            name,
            scale=_SCALE,
            kernel=_kernel(kind, size),
            noise=noise,
            border="wrap",
            blur_rounding="floor",
            rounding="floor",
        ),
        headline="CMDSR",
        paper=paper,
        rows=_ROWS,
    )


PROTOCOLS = tuple(_protocol(kind, size, noisy=noisy) for size in (7, 15) for noisy in (True, False) for kind in _NAMES)
