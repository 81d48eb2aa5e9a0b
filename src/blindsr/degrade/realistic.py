"""Degradation of photographs that went through more than one hand: the second-order process of Real-ESRGAN.

Blur, resizing, noise and JPEG happen twice, each with its own parameters; then the image is brought to its final size,
filtered once more by a sinc (ringing, as of sharpening), and compressed, in either order (Wang et al., 2021,
"Real-ESRGAN", Section 3 and Appendix A). MRDA trains its real-world models on it (Section IV-A).
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.degrade import jpeg as codec
from blindsr.degrade.blur import blur
from blindsr.degrade.process import Degradation, check_jpeg, check_kernels, check_noise
from blindsr.degrade.resample import resize_to
from blindsr.errors import BlindSRError

MODES = ("area", "bilinear", "bicubic", "antialiased")
"""How an image is resized, by the number in a record; the last one is bicubic as careful programs do it."""

_ONE_EACH = (
    "factor",
    "mode",
    "poisson",
    "gray",
    "factor2",
    "mode2",
    "noise2",
    "poisson2",
    "gray2",
    "jpeg2",
    "mode3",
    "jpeg3",
)
"""Fields with one number for each image, beyond those of `Degradation`."""


@dataclass(frozen=True, eq=False)
class RealisticDegradation(Degradation):
    """One row a sample, as `Degradation`; its kernels, noise and jpeg are those of the first round."""

    kind: ClassVar[str] = "realistic"
    whole: ClassVar[frozenset[str]] = frozenset({"jpeg", "jpeg2", "jpeg3", "seeds", "mode", "mode2", "mode3"})

    factor: Tensor = None  # type: ignore[assignment]  # a field after those with defaults needs one
    """Size after the first resizing, as a fraction of HR's, ``(n,)``."""
    mode: Tensor = None  # type: ignore[assignment]
    """Index into `MODES`, ``(n,)``."""
    poisson: Tensor = None  # type: ignore[assignment]
    """Strength ``(n,)`` of noise that grows with brightness, in place of ``noise`` where it is above 0."""
    gray: Tensor = None  # type: ignore[assignment]
    """1 where all channels get the same noise, else 0, ``(n,)``."""
    kernels2: Tensor = None  # type: ignore[assignment]
    factor2: Tensor = None  # type: ignore[assignment]
    mode2: Tensor = None  # type: ignore[assignment]
    noise2: Tensor = None  # type: ignore[assignment]
    poisson2: Tensor = None  # type: ignore[assignment]
    gray2: Tensor = None  # type: ignore[assignment]
    jpeg2: Tensor = None  # type: ignore[assignment]
    """Quality of the last compression where it comes before the last resizing, else 0."""
    mode3: Tensor = None  # type: ignore[assignment]
    sinc: Tensor = None  # type: ignore[assignment]
    """The last filter ``(n, k, k)``."""
    jpeg3: Tensor = None  # type: ignore[assignment]
    """Quality of the last compression where it comes last, else 0."""

    def apply_and_noise(self, hr: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Refuse: noise enters twice and is compressed in between, so its part in the result is not known."""
        raise BlindSRError("the noise of a second-order degradation cannot be told apart from the rest")

    def apply(self, hr: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Degrade a batch, as `Degradation.apply` does; every image takes its own way."""
        if len(hr) != len(self):
            raise BlindSRError(f"{len(hr)} images but {len(self)} degradations; one a row is needed")
        size = (hr.shape[-2] // self.scale, hr.shape[-1] // self.scale)
        blurred = blur(hr, self.kernels, self.border)
        rows = [self[i : i + 1]._finish(blurred[i : i + 1], size, generator) for i in range(len(self))]
        return torch.cat(rows)

    def _finish(self, x: Tensor, size: tuple[int, int], generator: torch.Generator | None) -> Tensor:
        """All after the first blur, for a single row."""
        source = generator or torch.Generator().manual_seed(int(self.seeds))
        full = (size[0] * self.scale, size[1] * self.scale)
        x = resize_by_mode(x, _scaled(full, float(self.factor)), int(self.mode))
        x = _add_noise(x, (self.noise, self.poisson, self.gray), source)
        x = codec.compress(x.clamp(0, 1), self.jpeg)
        x = blur(x, self.kernels2, self.border)
        x = resize_by_mode(x, _scaled(size, float(self.factor2)), int(self.mode2))
        x = _add_noise(x, (self.noise2, self.poisson2, self.gray2), source)
        x = codec.compress(x.clamp(0, 1), self.jpeg2)
        x = blur(resize_by_mode(x, size, int(self.mode3)), self.sinc, self.border)
        x = codec.compress(x.clamp(0, 1), self.jpeg3)
        return (x.clamp(0, 1) * 255).round() / 255

    def checked(self) -> Self:
        """As `Degradation.checked`."""
        super().checked()
        for name in _ONE_EACH:
            if getattr(self, name).shape != (len(self),):
                raise BlindSRError(f"{name} needs one number for each image")
        for name in ("kernels2", "sinc"):
            if getattr(self, name).ndim != 3 or len(getattr(self, name)) != len(self):
                raise BlindSRError(f"{name} needs one kernel for each image")
            check_kernels(getattr(self, name))
        for noise in (self.noise2, self.poisson, self.poisson2):
            check_noise(noise)
        for quality in (self.jpeg2, self.jpeg3):
            check_jpeg(quality)
        self._check_resizing()
        return self

    def _check_resizing(self) -> None:
        if not bool(((self.factor > 0) & (self.factor2 > 0) & (self.factor <= 4) & (self.factor2 <= 4)).all()):
            raise BlindSRError("a factor of resizing lies above 0 and is at most 4")
        for name in ("mode", "mode2", "mode3"):
            if not bool(((getattr(self, name) >= 0) & (getattr(self, name) < len(MODES))).all()):
                raise BlindSRError(f"{name} is 0 to {len(MODES) - 1}: {', '.join(MODES)}")


def _scaled(size: tuple[int, int], factor: float) -> tuple[int, int]:
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def resize_by_mode(x: Tensor, size: tuple[int, int], mode: int) -> Tensor:
    """Without antialiasing, as the published process and careless programs do it, in all modes but the last."""
    if x.shape[-2:] == size:
        return x
    name = MODES[mode]
    if name == "antialiased":
        return resize_to(x, size)
    return F.interpolate(x, size=size, mode=name, align_corners=None if name == "area" else False)


def _add_noise(x: Tensor, noise: tuple[Tensor, Tensor, Tensor], source: torch.Generator) -> Tensor:
    """White noise of a level (0..255), or noise of a Poisson process of an 8-bit image times a strength."""
    level, poisson, gray = (float(value) for value in noise)
    if poisson > 0:
        return x + poisson * _poisson(x, source, gray=bool(gray))
    channels = 1 if gray else x.shape[1]
    drawn = torch.randn(len(x), channels, *x.shape[2:], generator=source, device=source.device)
    return x + level / 255 * drawn.to(x)


def _poisson(x: Tensor, source: torch.Generator, *, gray: bool) -> Tensor:
    """What a count of photons lacks to its mean; the counts are on the scale of the image's own number of levels."""
    clean = (x.clamp(0, 1) * 255).round() / 255
    if gray:
        weights = clean.new_tensor([0.2989, 0.587, 0.114]).view(1, 3, 1, 1)
        clean = ((clean * weights).sum(1, keepdim=True) * 255).round() / 255
    levels = 2.0 ** torch.tensor(float(len(clean.unique()))).log2().ceil().item()
    counts = torch.poisson((clean * levels).to(source.device), generator=source)
    return counts.to(x) / levels - clean
