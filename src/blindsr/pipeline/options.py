"""Options of restoration, shared by the command line, Python and clusters."""

import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from blindsr import images
from blindsr.analysis import native as resolution
from blindsr.analysis.choice import Auto
from blindsr.contract import Hints
from blindsr.degrade import kernels
from blindsr.degrade.kernel_io import load_kernel
from blindsr.devices import Precision
from blindsr.errors import BlindSRError, Code, check_conflicts
from blindsr.images import formats
from blindsr.images.sources import Source, to_picture
from blindsr.images.write import check_quality
from blindsr.inference import size as sizes
from blindsr.inference.size import Size
from blindsr.inference.transparency import network_input
from blindsr.inference.upscaler import Upscaler
from blindsr.pipeline import condition_io, memory
from blindsr.pipeline.planning.plan import TEMPLATE, Naming
from blindsr.runtimes.session import Runtime
from blindsr.weights import name_of

if TYPE_CHECKING:
    from torch import Tensor, device

Existing: TypeAlias = Literal["refuse", "skip", "replace"]
"""Treatment of existing results."""
FileFormat: TypeAlias = Literal["keep", "png", "jpeg", "webp", "tiff", "avif", "heic", "bmp", "ppm", "gif"]
Region: TypeAlias = tuple[int, int, int, int]
"""Left, top, width and height, pixels of the image."""

DEFAULT_MODEL = "auto"
_LEAST_KERNEL = 15
"""Smallest side of Gaussian kernels, HR pixels; most methods were trained with it."""
_HINTS = ("support", "kernel", "blur", "noise", "denoise", "steps", "time_limit")
_UPSCALER_OPTIONS = ("detail", "device", "precision", "seed", "tile", "tta", "runtime")


@dataclass(frozen=True, kw_only=True, eq=False)
class Options:
    """Options of restoration, named as those of ``blindsr upscale``.

    Values may be strings as on the command line, or the corresponding objects.

    Examples:
        >>> import blindsr
        >>> options = blindsr.Options(size="3000x", strength=0.7, quality=90)
        >>> options.model
        'auto'
    """

    model: str | Path | Upscaler | Auto = DEFAULT_MODEL
    """Name of weights, path of a weights file, ``bicubic`` or ``auto``; or an `Upscaler`."""
    scale: float | None = None
    """Enlargement factor; that of the model if not given."""
    size: str | None = None
    """Instead of ``scale``: ``3000x2000`` to fit into, ``3000x`` or ``x2000``."""
    megapixels: float | None = None
    """Instead of ``scale``: megapixels of a result."""
    native: str | float | None = None
    """Fraction of the side that an image is reduced to before restoration: ``auto``, ``off`` or a number.

    If not given, ``auto`` models decide it for each image, and other models use 1."""
    strength: float = 1.0
    """0 is the bicubic enlargement, 1 the model's result."""
    detail: float | None = None
    """From 0, weights for fidelity, to 1, weights of the same network for perceptual quality.

    If not given, ``auto`` models use a little of it for photographs (`Suitability.detail`), and other models none."""
    support: Sequence[Source] | None = None
    """Images with the same degradation, to estimate the condition from."""
    tta: bool = False
    """Eight-fold self-ensemble."""
    preview: str | Region | None = None
    """Restore only the region ``X,Y,WIDTH,HEIGHT``, as in the whole result."""
    compare: Path | None = None
    """File for a side-by-side comparison of image and result."""
    condition: Any = None
    """Stored condition of the same camera: a file of ``blindsr condition``, or a `StoredCondition`."""
    kernel: "str | Path | Tensor | None" = None
    """Known blur kernel ``(k, k)`` in pixels of the result, or its file: .npy, .mat, .png or .tif."""
    blur: float | None = None
    """Instead of ``kernel``: standard deviation of a Gaussian, pixels of the result."""
    noise: float | None = None
    """Known standard deviation of the noise, 0 to 255."""
    denoise: float | None = None
    """Factor of the estimated noise: 0 keeps it, 1 removes it."""
    steps: int | None = None
    """Gradient steps on each image."""
    time_limit: str | float | None = None
    """Time limit for adapting to an image: ``5s``, ``2m``, or seconds."""
    report: bool = False
    """Report findings, and write a residual map next to each result."""
    name: str | None = None
    """Template of file names in a folder, with ``{stem}``, ``{scale}`` and ``{model}``."""
    format: FileFormat = "keep"
    """Format of results in a folder; ``keep`` uses that of the image."""
    quality: int = 95
    """Quality of JPEG, WebP, AVIF and HEIC results, 1 to 100."""
    bits: str | int = "keep"
    """Bit depth of a result: 8, 16, or 32 for floats; ``keep`` uses that of the image if the format supports it."""
    device: "str | device" = "auto"
    precision: Precision = "auto"
    runtime: Runtime = "auto"
    """Library that runs the network: ``torch``, ``onnxruntime``, ``openvino``, or ``auto`` for the fastest."""
    seed: int = 0
    """Seed of a method's random choices."""
    tile: int | str = "auto"
    """Side of a tile, pixels of the image."""
    max_memory: str | int = "auto"
    """Memory limit, such as ``2GB``, or bytes; larger images are restored in strips, to PNG, TIFF or JPEG."""
    codec: str = "libx264"
    """Encoder of a video, by its FFmpeg name."""
    crf: int = 16
    """Quality of a video, 0 to 63; lower is better."""
    overwrite: bool = False
    """Replace existing results."""
    skip_existing: bool = False
    """Keep existing results."""

    def __post_init__(self) -> None:
        """Check all options.

        Raises:
            BlindSRError: an option is invalid or contradicts another one.
        """
        self._check_contradictions()
        for parsed in ("existing", "result_size", "shrinking", "region", "memory_limit", "tile_side", "depth"):
            getattr(self, parsed)
        check_quality(self.quality)
        if not 0 <= self.strength <= 1:
            raise BlindSRError(f"expected a strength between 0 and 1, got {self.strength:g}")
        if self.detail is not None and not 0 <= self.detail <= 1:
            raise BlindSRError(f"expected a detail between 0 and 1, got {self.detail:g}")
        if not 0 <= self.crf <= 63:
            raise BlindSRError(f"expected a crf between 0 and 63, got {self.crf}")
        for name, least in (("noise", 0), ("denoise", 0)):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value >= least):
                raise BlindSRError(f"expected --{name} to be a number of at least {least}, got {value}")
        if self.compare is not None:
            images.check_output(self.compare)

    def _check_contradictions(self) -> None:
        hinted = any(getattr(self, name) is not None for name in _HINTS)
        sized = self.scale or self.size or self.megapixels
        check_conflicts(
            (
                self.overwrite and self.skip_existing,
                "--overwrite cannot be combined with --skip-existing",
            ),
            (
                self.condition is not None and hinted,
                "--condition cannot be combined with hints (--support, --kernel, --blur, --noise, --denoise, --steps, "
                "--time-limit)",
            ),
            (
                self.preview and (sized or self.strength < 1),
                "--preview cannot be combined with a size or --strength",
            ),
            (
                isinstance(self.model, Auto) and (hinted or self.condition is not None),
                "automatic selection of models does not support hints or a condition; name a model",
            ),
            (
                self.preview and self.native not in (None, "off", 1),
                "--preview cannot be combined with --native",
            ),
            (
                isinstance(self.model, Upscaler | Auto)
                and any(getattr(self, name) != getattr(type(self), name) for name in _UPSCALER_OPTIONS),
                "an Upscaler has its own detail, device, precision, runtime, seed, tile and ensemble; remove these "
                "options",
            ),
        )

    @property
    def existing(self) -> Existing:
        """Treatment of existing results."""
        return "replace" if self.overwrite else "skip" if self.skip_existing else "refuse"

    @property
    def result_size(self) -> Size:
        """Requested size."""
        return sizes.parse_size(self.scale, self.size, self.megapixels)

    @property
    def shrinking(self) -> resolution.NativeOption | None:
        """Requested native resolution."""
        return None if self.native is None else resolution.parse_native(str(self.native))

    @property
    def region(self) -> Region | None:
        """Requested region."""
        if self.preview is None or isinstance(self.preview, tuple):
            return self.preview
        match = re.fullmatch(r"(\d+),(\d+),(\d+),(\d+)", self.preview)
        if match is None:
            raise BlindSRError(f"expected a region X,Y,WIDTH,HEIGHT in pixels of the image, got {self.preview!r}")
        left, top, width, height = map(int, match.groups())
        return left, top, width, height

    @property
    def memory_limit(self) -> int | None:
        """Memory limit in bytes; None for most of the available memory."""
        return None if self.max_memory == "auto" else memory.parse_memory(str(self.max_memory))

    @property
    def tile_side(self) -> int | Literal["auto"]:
        """Requested tile size."""
        if self.tile == "auto":
            return "auto"
        if not str(self.tile).isdecimal():
            raise BlindSRError(f"expected a tile size in pixels, or auto, got {self.tile!r}")
        return int(self.tile)

    @property
    def depth(self) -> int | None:
        """Requested bit depth; None for that of the image."""
        if self.bits == "keep":
            return None
        if str(self.bits) not in ("8", "16", "32"):
            raise BlindSRError(f"expected 8, 16 or 32 bits, or keep, got {self.bits!r}")
        return int(self.bits)

    def hints(self) -> Hints:
        """Build the hints of these options; reads files.

        Raises:
            BlindSRError: a file cannot be read, or a value is invalid.
        """
        limit = parse_duration(self.time_limit) if isinstance(self.time_limit, str) else self.time_limit
        return Hints(
            support=[network_input(to_picture(one)) for one in self.support] if self.support else None,
            kernel=self._known_kernel(),
            noise=self.noise,
            denoise=self.denoise,
            steps=self.steps,
            seconds=limit,
        )

    def _known_kernel(self) -> "Tensor | None":
        if self.kernel is not None and self.blur is not None:
            raise BlindSRError("--kernel cannot be combined with --blur", Code.CONFLICTING_OPTIONS)
        if self.kernel is not None:
            return load_kernel(Path(self.kernel)) if isinstance(self.kernel, str | Path) else self.kernel
        if self.blur is None:
            return None
        if not (math.isfinite(self.blur) and 0 < self.blur <= 20):
            raise BlindSRError(f"expected --blur to be a width between 0 and 20 pixels, got {self.blur}")
        return kernels.gaussian(max(_LEAST_KERNEL, 2 * math.ceil(3 * self.blur) + 1), self.blur)

    def naming(self, scale: float) -> Naming:
        """Naming of results in a folder.

        Args:
            scale: scale of the model.
        """
        sized = self.size or (f"{self.megapixels:g}MP" if self.megapixels else None)
        template = self.name if self.name is not None else "{stem}_{scale}" if sized else TEMPLATE
        if self.format != "keep" and Path(template).suffix.lower() not in formats.WRITTEN:
            template += f".{self.format}"
        model = name_of(self.model) if isinstance(self.model, str | Path) else ""
        return Naming(sized or self.scale or scale, model, template)

    def portable(self) -> "Options":
        """Replace paths by the content of their files, for other machines.

        Raises:
            BlindSRError: a file cannot be read, or the model is an `Upscaler`.
        """
        if isinstance(self.model, Upscaler | Auto):
            raise BlindSRError("on a cluster, the model must be given by name", Code.MISSING_OPTION)
        known, condition = self.hints(), self.condition
        return replace(
            self,
            support=known.support and [one[0] for one in known.support],
            kernel=known.kernel,
            blur=None,
            condition=condition_io.read_condition(condition) if isinstance(condition, str | os.PathLike) else condition,
        )


def parse_duration(text: str) -> float:
    """Convert ``45s``, ``90m`` or ``2h`` to seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text)
    if match is None:
        raise BlindSRError(f"expected a duration such as 45s, 90m or 2h, got {text!r}")
    return float(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]]


OPTION_NAMES = tuple(field.name for field in fields(Options))
