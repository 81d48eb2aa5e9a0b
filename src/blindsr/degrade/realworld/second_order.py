"""Second-order degradations (Real-ESRGAN).

Blur, resizing, noise and JPEG are applied twice, with separate parameters; then the image is resized to its final size,
filtered by a sinc (which models ringing from sharpening), and compressed, in either order (Wang et al., 2021,
"Real-ESRGAN", Section 3 and Appendix A). MRDA trains its real-world models with it (Section IV-A).
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from blindsr.degrade import jpeg as codec
from blindsr.degrade.blur import blur
from blindsr.degrade.process import Rows, check_jpeg, check_kernels, check_noise
from blindsr.degrade.realworld.canvas import Canvas, largest_size, scaled_sizes
from blindsr.degrade.realworld.individual import IndividualDegradation
from blindsr.degrade.resample import MODES, resize_by_mode
from blindsr.errors import BlindSRError, Code
from blindsr.pixels import quantise

_NUMBERS = ("factor", "mode", "noise", "poisson", "gray", "jpeg")
"""Fields of a round with one number for each image."""

_RENAMED = {"mode3": "last_mode", "jpeg3": "last_jpeg"}
"""Entries with other names in records of version 1."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Round(Rows):
    """Blur, resizing, noise and compression, in this order."""

    whole: ClassVar[frozenset[str]] = frozenset({"jpeg", "mode"})

    kernels: Tensor
    """``(n, k, k)``, of sum 1."""
    factor: Tensor
    """Size after the resizing, ``(n,)``: as a fraction of HR's in the first round, of LR's in the second."""
    mode: Tensor
    """Index into `MODES`, ``(n,)``."""
    noise: Tensor
    """Standard deviation of white noise, 0..255, ``(n,)``."""
    poisson: Tensor
    """Strength ``(n,)`` of noise that grows with brightness, in place of ``noise`` where it is above 0."""
    gray: Tensor
    """1 where all channels get the same noise, else 0, ``(n,)``."""
    jpeg: Tensor
    """Quality, or 0 for none, ``(n,)``."""

    def check(self, count: int, name: str) -> None:
        """Check that the values are valid for ``count`` images; ``name`` is used in messages."""
        for field in _NUMBERS:
            if getattr(self, field).shape != (count,):
                raise BlindSRError(f"{field} of the {name} round needs one number per image")
        _check_filters(self.kernels, count, f"kernels of the {name} round")
        check_noise(self.noise)
        check_noise(self.poisson)
        check_jpeg(self.jpeg)
        check_modes(self.mode)
        if not bool(((self.factor > 0) & (self.factor <= 4)).all()):
            raise BlindSRError("expected resize factors above 0 and at most 4")


@dataclass(frozen=True, eq=False, kw_only=True)
class RealisticDegradation(IndividualDegradation):
    """One row per sample, as `Degradation`; its kernels, noise and jpeg are those of the first round."""

    kind: ClassVar[str] = "realistic"
    version: ClassVar[int] = 2
    whole: ClassVar[frozenset[str]] = frozenset({"jpeg", "seeds", "mode", "last_mode", "last_jpeg"})

    factor: Tensor
    mode: Tensor
    poisson: Tensor
    gray: Tensor
    """These four fields also belong to the first round; see `Round`."""
    second: Round
    """Second round; its compression is the last one, unless ``last_jpeg`` is set."""
    last_mode: Tensor
    """Index into `MODES` of the resizing to the LR size, ``(n,)``."""
    sinc: Tensor
    """Last filter ``(n, k, k)``."""
    last_jpeg: Tensor
    """Quality of a compression after the last filter, instead of the second round's, ``(n,)``; 0 for none."""

    @property
    def first(self) -> Round:
        """The first round."""
        names = ("kernels", *_NUMBERS)
        return Round(**{name: getattr(self, name) for name in names})

    def apply_with_noise(self, hr: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Raise an error: noise is added twice and compressed in between, so its contribution is unknown."""
        raise BlindSRError("a second-order degradation does not support separate noise", Code.UNSUPPORTED_OPTION)

    def _finish(self, x: Tensor, size: tuple[int, int], generator: torch.Generator | None) -> Tensor:
        """Apply all steps after the first blur, for a single row."""
        source = generator or torch.Generator().manual_seed(int(self.seeds))
        full = (size[0] * self.scale, size[1] * self.scale)
        x = _after_blur(x, self.first, full, source)
        x = _after_blur(blur(x, self.second.kernels, self.border), self.second, size, source)
        x = blur(resize_by_mode(x, size, int(self.last_mode)), self.sinc, self.border)
        x = codec.compress(x.clamp(0, 1), self.last_jpeg)
        return quantise(x)

    def _finish_together(self, x: Tensor, size: tuple[int, int], source: torch.Generator) -> Tensor:
        """Batched `_finish`."""
        full = (size[0] * self.scale, size[1] * self.scale)
        first, second = scaled_sizes(full, self.factor), scaled_sizes(size, self.second.factor)
        shapes = largest_size(first), largest_size(second)
        y = _after_blur_together(Canvas.whole(x), self.first, (first, shapes[0]), source)
        y = _after_blur_together(y.blurred(self.second.kernels), self.second, (second, shapes[1]), source)
        last = torch.tensor(size, device=x.device).expand(len(x), 2)
        y = y.resized(last, self.last_mode, size).blurred(self.sinc)
        y = y.changed(y.pixels.clamp(0, 1)).compressed(self.last_jpeg)
        return quantise(y.pixels)

    @classmethod
    def upgraded(cls, values: dict[str, Any], version: object) -> dict[str, Any]:
        """Nest the second round's entries, which records of version 1 have as ``noise2`` and so on."""
        if version != 1:
            return super().upgraded(values, version)
        names = {f"{name}2": name for name in ("kernels", *_NUMBERS)}
        missing = [name for name in names if name not in values]
        if missing:
            raise BlindSRError(f"a degradation record has missing entries: {', '.join(missing)}", Code.INVALID_FILE)
        rest = {_RENAMED.get(name, name): value for name, value in values.items() if name not in names}
        return {**rest, "second": {name: values[old] for old, name in names.items()}}

    def validated(self) -> Self:
        """Validate like `Degradation.validated`."""
        super().validated()
        self.first.check(len(self), "first")
        self.second.check(len(self), "second")
        for name in ("last_mode", "last_jpeg"):
            if getattr(self, name).shape != (len(self),):
                raise BlindSRError(f"{name} needs one number per image")
        check_modes(self.last_mode)
        check_jpeg(self.last_jpeg)
        _check_filters(self.sinc, len(self), "sinc")
        return self


def check_modes(modes: Tensor) -> None:
    """Check that resizing modes ``(n,)`` are valid."""
    if not bool(((modes >= 0) & (modes < len(MODES))).all()):
        raise BlindSRError(f"expected a mode from 0 to {len(MODES) - 1}: {', '.join(MODES)}")


def _check_filters(kernels: Tensor, count: int, name: str) -> None:
    if kernels.ndim != 3 or len(kernels) != count:
        raise BlindSRError(f"{name} needs one kernel per image")
    check_kernels(kernels)


def _after_blur(x: Tensor, each: Round, size: tuple[int, int], source: torch.Generator) -> Tensor:
    """Apply a round without its blur, for a single row."""
    x = resize_by_mode(x, _scaled(size, float(each.factor)), int(each.mode))
    x = _add_noise(x, each, source)
    return codec.compress(x.clamp(0, 1), each.jpeg)


def _after_blur_together(
    x: Canvas, each: Round, sizes: tuple[Tensor, tuple[int, int]], source: torch.Generator
) -> Canvas:
    """Batched `_after_blur`; ``sizes`` are those of the images, ``(n, 2)``, and that of the canvas."""
    x = _noisy(x.resized(sizes[0], each.mode, sizes[1]), each, source)
    return x.changed(x.pixels.clamp(0, 1)).compressed(each.jpeg)


def _scaled(size: tuple[int, int], factor: float) -> tuple[int, int]:
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _add_noise(x: Tensor, each: Round, source: torch.Generator) -> Tensor:
    """Add white noise of a level (0..255), or scaled Poisson noise of the 8-bit image."""
    level, poisson, gray = (float(value) for value in (each.noise, each.poisson, each.gray))
    if poisson > 0:
        return x + poisson * _poisson(x, source, gray=bool(gray))
    channels = 1 if gray else x.shape[1]
    drawn = torch.randn(len(x), channels, *x.shape[2:], generator=source, device=source.device)
    return x + level / 255 * drawn.to(x)


def _poisson(x: Tensor, source: torch.Generator, *, gray: bool) -> Tensor:
    """Draw Poisson noise; the mean counts are the image times the number of its different levels."""
    clean = quantise(x)
    if gray:
        clean = _luma(clean)
    levels = 2.0 ** torch.tensor(float(len(clean.unique()))).log2().ceil().item()
    counts = torch.poisson((clean * levels).to(source.device), generator=source)
    return counts.to(x) / levels - clean


def _luma(x: Tensor) -> Tensor:
    weights = x.new_tensor([0.2989, 0.587, 0.114]).view(1, 3, 1, 1)
    return quantise((x * weights).sum(1, keepdim=True))


def _noisy(x: Canvas, each: Round, source: torch.Generator) -> Canvas:
    """Batched `_add_noise`."""
    level, poisson, gray = (values.to(x.pixels).view(-1, 1, 1, 1) for values in (each.noise, each.poisson, each.gray))
    white = torch.randn(x.pixels.shape, generator=source, device=source.device, dtype=x.pixels.dtype)
    clean = quantise(x.pixels)
    clean = torch.where(gray > 0, _luma(clean), clean)
    levels = 2.0 ** _count_levels(clean, x.inside).log2().ceil().view(-1, 1, 1, 1)
    shot = torch.poisson(clean * levels, generator=source) / levels - clean
    white, shot = (torch.where(gray > 0, noise[:, :1], noise) for noise in (white, shot))
    return x.changed(x.pixels + torch.where(poisson > 0, poisson * shot, level / 255 * white))


def _count_levels(clean: Tensor, inside: Tensor) -> Tensor:
    """Count the different 8-bit levels ``(n,)`` of each image ``(n, c, h, w)`` where ``inside`` is true."""
    levels = torch.where(inside, (clean * 255).round().long(), 256).flatten(1)
    found = torch.zeros(len(clean), 257, device=clean.device).scatter_(1, levels, 1.0)
    return found[:, :256].sum(1)
