"""What is wrong with a photograph, in numbers and with how sure they are."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from blindsr.analysis.native import native_scale
from blindsr.contract import Estimate, Hints
from blindsr.degrade import kernels
from blindsr.errors import BlindSRError
from blindsr.inference.upscaler import Source, Upscaler, picture_of

_CLEAN_NOISE, _CLEAN_JPEG = 2.0, 90
"""Noise levels (0..255) below the one and JPEG qualities from the other on are hard to see."""
_TRAINED_NOISE = 75.0
_SURE = 0.6


@dataclass(frozen=True)
class Analysis:
    """How a photograph was degraded, as far as it can be told."""

    estimate: Estimate
    jpeg: int | None
    """Quality that the file tells, 1 to 100; None if it is no JPEG."""
    size: tuple[int, int]
    """Width and height, pixels."""
    native: float = 1.0
    """The fraction of its side that would be enough to hold what it shows."""

    @property
    def widths(self) -> tuple[float, float, float]:
        """Standard deviations of the blur along and across its axis, in pixels of the result; angle in degrees."""
        return kernels.widths(self.estimate.kernel)

    @property
    def warnings(self) -> list[str]:
        """What makes the numbers doubtful, in sentences."""
        found = []
        if self.estimate.confidence is not None and self.estimate.confidence < _SURE:
            found.append("parts of the image disagree on the blur; it may be out of focus in places, or in motion")
        if float(self.estimate.noise.max()) > _TRAINED_NOISE:
            found.append(f"the noise is stronger than any that the model was trained on ({_TRAINED_NOISE:g})")
        if self.jpeg is not None and self.jpeg < _CLEAN_JPEG:
            found.append("JPEG artefacts can pass for noise or detail")
        if self.native < 1:
            found.append(
                f"the image fills only {self.native:.0%} of its pixels a side: enlarged before, or out of focus"
            )
        return found

    def to_dict(self) -> dict[str, Any]:
        """Everything but the kernel's picture, for JSON."""
        along, across, angle = self.widths
        sure = self.estimate.confidence
        return {
            "size": list(self.size),
            "blur": {
                "along": round(along, 2),
                "across": round(across, 2),
                "angle": round(angle, 1),
                "confidence": None if sure is None else round(sure, 2),
            },
            "noise": [round(value, 1) for value in self.estimate.noise.tolist()],
            "jpeg quality": self.jpeg,
            "native": round(self.native, 3),
            "warnings": self.warnings,
        }


def analyze(source: Source, upscaler: Upscaler, *, jpeg: int | None = None) -> Analysis:
    """Estimate how a picture was degraded.

    Args:
        source: a picture, the path of a file, an array, or a PIL image.
        upscaler: of a method that estimates kernel and noise.
        jpeg: quality that the file tells.

    Raises:
        BlindSRError: the method estimates nothing that has a name.
    """
    picture = picture_of(source)
    # What learns from the image need not do so here: its estimate comes before.
    hints = Hints(steps=0) if "steps" in upscaler.method.understands else Hints()
    estimate = upscaler.method.estimate(upscaler.look(picture, hints))
    if estimate is None:
        name = type(upscaler.method).__name__
        raise BlindSRError(f"{name} does not estimate blur and noise by name; analyze with a DMSR or MZSR model")
    return Analysis(estimate, jpeg, (picture.width, picture.height), native_scale(picture.pixels))


def drawn(kernel: Tensor) -> Tensor:
    """A kernel ``(k, k)`` as an image ``(3, k, k)`` whose brightest pixel is white."""
    return (kernel / kernel.max()).clamp(0, 1).expand(3, -1, -1)
