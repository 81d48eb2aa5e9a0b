"""Report on the degradations of a photograph, with confidences."""

from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor

from blindsr.analysis import noise
from blindsr.analysis.jpeg_history import find_grid
from blindsr.analysis.native import native_scale
from blindsr.analysis.noise import Blur, Noise
from blindsr.analysis.windows import Planes, to_planes
from blindsr.contract import Estimate, Hints
from blindsr.degrade import kernels
from blindsr.errors import BlindSRError, Code
from blindsr.images.sources import Source, to_picture
from blindsr.inference.upscaler import Upscaler
from blindsr.weights import with_role

HARMLESS_QUALITY = 93
"""Lowest JPEG quality without visible artefacts."""


@dataclass(frozen=True)
class Compression:
    """JPEG compression that a photograph went through."""

    quality: int | None
    """On libjpeg's scale, 1 to 100; None if only the grid was detected."""
    source: Literal["file", "pixels"]
    """Source of the information."""
    confidence: float = 1.0
    """Probability that the photograph was compressed."""
    period: float = 8.0
    """Side of a block, pixels; 8 unless the image was resized after compression."""
    phase: tuple[float, float] | None = (0.0, 0.0)
    """Row and column of the first block; None if unknown."""

    @property
    def harmful(self) -> bool:
        """Whether its artefacts are visible."""
        return self.quality is None or self.quality < HARMLESS_QUALITY

    def to_dict(self) -> dict[str, Any]:
        """All fields as values for JSON."""
        return {
            "quality": self.quality,
            "known from": self.source,
            "confidence": round(self.confidence, 2),
            "period": round(self.period, 2),
            "phase": None if self.phase is None else list(self.phase),
            "harmful": self.harmful,
        }

    @property
    def sentence(self) -> str:
        """Describe in words, without a full stop."""
        if self.source == "file":
            return f"quality {self.quality}, from the file"
        place = f", sure to {self.confidence:.0%}"
        if self.period == 8 and self.phase is not None:
            grid = f"a grid of blocks from row {self.phase[0]:g} and column {self.phase[1]:g} on"
        elif round(self.period / 8, 2) == 1:
            grid = "blocks of 8 pixels"
        else:
            grid = f"blocks of {self.period:.1f} pixels, so it was resized to {self.period / 8:.0%} since"
        quality = "quality unknown" if self.quality is None else f"quality about {self.quality}"
        return f"{quality}, as the pixels show ({grid}{place})"


@dataclass(frozen=True)
class Analysis:
    """Estimated degradations of a photograph."""

    size: tuple[int, int]
    """Width and height, pixels."""
    compression: Compression | None = None
    """None if neither file nor pixels show compression."""
    noise: Noise | None = None
    """None if the image is too small."""
    blur: Blur | None = None
    """None if the image is too small."""
    native: float = 1.0
    """Native resolution: fraction of the side that keeps all detail."""
    estimate: Estimate | None = None
    """Estimate of a model, if one was given."""

    @property
    def compressed(self) -> bool:
        """Whether JPEG artefacts are visible."""
        return self.compression is not None and self.compression.harmful

    @property
    def clean(self) -> bool:
        """Whether neither noise nor JPEG artefacts are visible."""
        return not self.compressed and self.noise is not None and self.noise.level == 0

    @property
    def widths(self) -> tuple[float, float, float] | None:
        """Standard deviations of the model's kernel along and across its axis, in pixels of the result; degrees."""
        return None if self.estimate is None else kernels.widths(self.estimate.kernel)

    @property
    def warnings(self) -> list[str]:
        """Sentences on what limits the accuracy of the estimates."""
        found = []
        if self.noise is None:
            found.append("the image is too small to measure its noise and blur")
        if self.compressed:
            found.append("JPEG artefacts can pass for noise or detail")
        if self.native < 1:
            found.append(
                f"the image fills only {self.native:.0%} of its pixels per side: enlarged before, or out of focus"
            )
        return found

    def to_dict(self) -> dict[str, Any]:
        """All fields but the kernel as values for JSON."""
        compression = self.compression if self.compressed else None
        return {
            "size": list(self.size),
            "blur": self._blur(),
            "noise": None if self.noise is None else [round(value, 1) for value in self.noise.channels],
            "noise in detail": None if self.noise is None else self.noise.to_dict(),
            "jpeg quality": None if compression is None else compression.quality,
            "jpeg": None if self.compression is None else self.compression.to_dict(),
            "native": round(self.native, 3),
            "warnings": self.warnings,
        }

    def _blur(self) -> dict[str, float] | None:
        found = {} if self.blur is None else self.blur.to_dict()
        if self.widths is not None:
            found |= dict(zip(("along", "across", "angle"), (round(one, 2) for one in self.widths), strict=True))
        return found or None

    @property
    def sentences(self) -> list[str]:
        """Lines of text."""
        lines = [f"Size: {self.size[0]}x{self.size[1]}"]
        if self.blur is not None:
            lines.append(f"Blur: {self.blur.sentence}")
        if self.widths is not None:
            along, across, angle = self.widths
            lines.append(f"Kernel: {along:.1f} by {across:.1f} pixels of the result at {angle:.0f} degrees")
        if self.noise is not None:
            lines.append(f"Noise: {self.noise.sentence}")
        lines.append("JPEG: " + ("no traces" if self.compression is None else self.compression.sentence))
        return [*lines, *(f"Warning: {warning}." for warning in self.warnings)]


def analyze(source: Source, upscaler: Upscaler | None = None, *, jpeg: int | None = None) -> Analysis:
    """Estimate how a picture was degraded.

    Only windows are analysed, so that large pictures take no longer than small ones.

    Args:
        source: a picture, the path of a file, an array, or a PIL image.
        upscaler: a model that estimates the blur kernel, optional.
        jpeg: JPEG quality from the file.

    Raises:
        BlindSRError: the method does not estimate a blur kernel and a noise level.
    """
    picture = to_picture(source)
    planes = to_planes(picture.pixels)
    measured = noise.measure_noise_and_blur(planes)
    return Analysis(
        size=(picture.width, picture.height),
        compression=_compression(planes, jpeg),
        noise=None if measured is None else measured[0],
        blur=None if measured is None else measured[1],
        native=native_scale(picture.pixels),
        estimate=None if upscaler is None else _estimate(picture, upscaler),
    )


def _compression(planes: Planes, jpeg: int | None) -> Compression | None:
    """Combine the compression in file and pixels; the stronger one counts."""
    from_file = None if jpeg is None else Compression(jpeg, "file")
    if from_file is not None and from_file.harmful:
        return from_file
    grid = find_grid(planes)
    if grid is None or (from_file is not None and grid.quality is not None and grid.quality >= HARMLESS_QUALITY):
        return from_file
    return Compression(grid.quality, "pixels", grid.confidence, grid.period, grid.phase)


def _estimate(source: Source, upscaler: Upscaler) -> Estimate:
    # Adapting methods estimate before their first step, so no steps are needed.
    hints = Hints(steps=0) if "steps" in upscaler.method.supported_hints else Hints()
    estimate = upscaler.method.estimate(upscaler.estimate_condition(source, hints))
    if estimate is None:
        name, others = type(upscaler.method).__name__, ", ".join(with_role("estimate"))
        raise BlindSRError(
            f"{name} does not estimate a blur kernel and a noise level; use one of {others}", Code.UNSUPPORTED_OPTION
        )
    return estimate


def kernel_image(kernel: Tensor) -> Tensor:
    """Convert a kernel ``(k, k)`` to an image ``(3, k, k)`` whose maximum is white."""
    return (kernel / kernel.max()).clamp(0, 1).expand(3, -1, -1)
