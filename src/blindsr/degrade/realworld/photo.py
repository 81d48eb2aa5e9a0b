"""Degradations of real photographs, and a distribution over them.

A lens blurs, a sensor adds noise that a camera smooths and sharpens, programs resize, and codecs compress, once or
twice, on grids that a crop has shifted. The steps are those of BSRGAN (Zhang et al., 2021) and Real-ESRGAN (Wang et
al., 2021); a share of the samples is mild or clean, so that a network that learns from them leaves good photographs
as they are. Unlike those processes, noise enters at one place, so that its part in the result is known.
"""

import io
import math
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from blindsr.degrade import jpeg, kernels, shapes
from blindsr.degrade.blur import blur
from blindsr.degrade.families import Draw, Family
from blindsr.degrade.process import check_jpeg, check_noise
from blindsr.degrade.realworld.canvas import Canvas, largest_size
from blindsr.degrade.realworld.individual import IndividualDegradation
from blindsr.degrade.resample import MODES, resize_by_mode
from blindsr.errors import BlindSRError
from blindsr.pixels import quantise, to_bytes

_SIZE = 21
_PER_IMAGE = ("factor", "mode", "mode2", "early", "poisson", "grain", "gray", "sharpen", "radius", "jpeg1", "shift")


@dataclass(frozen=True, eq=False, kw_only=True)
class PhotoDegradation(IndividualDegradation):
    """One row a sample, as `Degradation`; ``kernels`` blur the HR image, ``jpeg`` is the last compression."""

    kind: ClassVar[str] = "photo"
    whole: ClassVar[frozenset[str]] = frozenset({"jpeg", "jpeg1", "seeds", "mode", "mode2", "shift", "webp", "full"})

    factor: Tensor
    """Size of the intermediate image as a fraction of HR's, ``(n,)``; 1 / scale leaves it out."""
    mode: Tensor
    """Index into `MODES` of the resizing to the intermediate size, ``(n,)``."""
    mode2: Tensor
    """Index into `MODES` of the resizing to the LR size, ``(n,)``."""
    early: Tensor
    """1 where noise is added to the intermediate image instead of the LR image, ``(n,)``."""
    poisson: Tensor
    """Standard deviation of shot noise at white, 0..255, ``(n,)``; its variance grows with brightness."""
    grain: Tensor
    """Standard deviation in pixels of the Gaussian that noise is filtered with, ``(n,)``; 0 is white noise."""
    gray: Tensor
    """1 where all channels get the same noise, ``(n,)``."""
    sharpen: Tensor
    """Amount of unsharp masking of the LR image, ``(n,)``."""
    radius: Tensor
    """Standard deviation in pixels of the unsharp mask, ``(n,)``."""
    jpeg1: Tensor
    """Quality of a first compression, of the intermediate image or of the LR image; 0 for none, ``(n,)``."""
    shift: Tensor
    """Rows and columns, ``8 * y + x``, that a crop shifted the grid of the first compression by, ``(n,)``."""
    webp: Tensor
    """1 where the last compression is WebP, ``(n,)``."""
    full: Tensor
    """1 where JPEG keeps chroma at full resolution (4:4:4), ``(n,)``."""

    def apply_with_noise(self, hr: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Degrade a batch; return also what noise changed in it, ``(n, 3, h / s, w / s)``.

        That is the difference to the same images degraded without noise. What compression has removed of the noise is
        not part of it.
        """
        lr = self.apply(hr, generator)
        noise = torch.zeros_like(lr)
        noisy = ((self.noise > 0) | (self.poisson > 0)).nonzero()[:, 0]
        if len(noisy):
            quiet = self.take(noisy)
            quiet = replace(quiet, noise=torch.zeros_like(quiet.noise), poisson=torch.zeros_like(quiet.poisson))
            noisy = noisy.to(hr.device)
            noise[noisy] = lr[noisy] - quiet.apply(hr[noisy], generator)
        return lr, noise

    def _blurred(self, hr: Tensor) -> Tensor:
        return blur(hr, self.kernels, "reflect")

    def _finish(self, x: Tensor, size: tuple[int, int], generator: torch.Generator | None) -> Tensor:
        """All after the blur, for a single row."""
        source = generator or torch.Generator().manual_seed(int(self.seeds))
        middle = (round(x.shape[-2] * float(self.factor)), round(x.shape[-1] * float(self.factor)))
        direct = middle == size
        if not direct:
            x = resize_by_mode(x, middle, int(self.mode))
            if bool(self.early):
                x = x + self._noise(x, source)
            x = self._compress(x, first=True)
        x = resize_by_mode(x, size, int(self.mode2))
        if direct or not bool(self.early):
            x = x + self._noise(x, source)
        if float(self.sharpen) > 0:
            x = self._sharpened(x)
        if direct:
            x = self._compress(x, first=True)
        x = self._compress(x, first=False)
        return quantise(x)

    def _noise(self, x: Tensor, source: torch.Generator) -> Tensor:
        """White or correlated Gaussian noise whose variance is a constant plus a multiple of the brightness."""
        channels = 1 if bool(self.gray) else 3
        drawn = torch.randn(1, channels, *x.shape[2:], generator=source, device=source.device).to(x)
        grain = float(self.grain)
        if grain > 0:
            profile = kernels.gaussian(7, torch.tensor([grain]))[0].to(x)
            drawn = blur(drawn, profile[None], "reflect") / profile.square().sum().sqrt()
        level = (self.noise.to(x).square() + self.poisson.to(x).square() * x.clamp(0, 1)).sqrt() / 255
        return level * drawn

    def _sharpened(self, x: Tensor) -> Tensor:
        smooth = blur(x, kernels.gaussian(9, self.radius.float()).to(x), "reflect")
        return x + float(self.sharpen) * (x - smooth)

    def _compress(self, x: Tensor, *, first: bool) -> Tensor:
        if first:
            return jpeg.compress(x, self.jpeg1, full_chroma=self.full, offset=self._offsets())
        if bool(self.webp):
            return _webp(x, self.jpeg)
        return jpeg.compress(x, self.jpeg, full_chroma=self.full)

    def _offsets(self) -> Tensor:
        """Rows and columns ``(n, 2)`` that a crop shifted the grid of the first compression by."""
        return torch.stack((self.shift // 8, self.shift % 8), 1)

    def _apply_together(self, hr: Tensor, source: torch.Generator) -> Tensor:
        """Do as `apply` for all images at once on the device of ``hr``.

        WebP is the exception: its images take the way over the CPU.
        """
        own = self.to(hr.device)
        size = (hr.shape[-2] // self.scale, hr.shape[-1] // self.scale)
        final = torch.tensor(size, device=hr.device).expand(len(hr), 2)
        middle = (torch.tensor(hr.shape[2:], device=hr.device) * own.factor.double()[:, None]).round().long()
        direct = (middle == final).all(1)
        early = (own.early > 0) & ~direct
        blurred = Canvas.whole(hr).blurred(own.kernels)
        x = blurred.resized(middle, own.mode, largest_size(middle))
        x = x.changed(x.pixels + _where(early, own._noise_together(x, source))).compressed(
            torch.where(direct, 0, own.jpeg1), full_chroma=own.full, offset=own._offsets()
        )
        y = x.resized(final, own.mode2, size)
        y = y.changed(_where(~direct, y.pixels, blurred.resized(final, own.mode2, size).pixels))
        y = y.changed(y.pixels + _where(~early, own._noise_together(y, source)))
        y = y.changed(own._sharpened_together(y))
        y = y.compressed(torch.where(direct, own.jpeg1, 0), full_chroma=own.full, offset=own._offsets())
        lr = y.compressed(torch.where(own.webp > 0, 0, own.jpeg), full_chroma=own.full).pixels
        if bool(self.webp.any()):
            lr = _webp(lr, torch.where(self.webp > 0, self.jpeg, 0))
        return quantise(lr)

    def _noise_together(self, x: Canvas, source: torch.Generator) -> Tensor:
        """Do as `_noise` for all images at once."""
        pixels = x.pixels
        white = torch.randn(pixels.shape, generator=source, device=source.device, dtype=pixels.dtype).to(pixels)
        white = _where(self.gray == 0, white, white[:, :1].expand_as(white))
        profile = kernels.gaussian(7, self.grain.float().clamp(min=0.2)).to(pixels)
        grain = x.changed(white).blurred(profile).pixels / profile.square().sum((1, 2)).sqrt().view(-1, 1, 1, 1)
        drawn = _where(self.grain > 0, grain, white)
        constant, shot = (level.to(pixels).square().view(-1, 1, 1, 1) for level in (self.noise, self.poisson))
        return (constant + shot * pixels.clamp(0, 1)).sqrt() / 255 * drawn

    def _sharpened_together(self, x: Canvas) -> Tensor:
        smooth = x.blurred(kernels.gaussian(9, self.radius.float()).to(x.pixels)).pixels
        return x.pixels + self.sharpen.to(smooth).view(-1, 1, 1, 1) * (x.pixels - smooth)

    def validated(self) -> Self:
        """As `Degradation.validated`."""
        super().validated()
        for name in (*_PER_IMAGE, "webp", "full"):
            if getattr(self, name).shape != (len(self),):
                raise BlindSRError(f"{name} needs one number per image")
        for level in (self.poisson, self.grain, self.sharpen, self.radius):
            check_noise(level)
        check_jpeg(self.jpeg1)
        if not bool(((self.factor > 0) & (self.factor <= 4)).all()):
            raise BlindSRError("expected resize factors above 0 and at most 4")
        for name in ("mode", "mode2"):
            if not bool(((getattr(self, name) >= 0) & (getattr(self, name) < len(MODES))).all()):
                raise BlindSRError(f"expected {name} from 0 to {len(MODES) - 1}: {', '.join(MODES)}")
        if not bool(((self.shift >= 0) & (self.shift < 64)).all()):
            raise BlindSRError("expected a grid shift 8 * rows + columns, each from 0 to 7")
        return self


@dataclass(frozen=True)
class PhotoFamily(Family):
    """Training distribution of weights for photographs: clean, mild and strong degradations."""

    size: int = _SIZE
    noise: tuple[float, float] = (0.0, 40.0)
    clean: float = 0.15
    """Share of images that were only reduced by antialiased bicubic interpolation."""
    mild: float = 0.3
    """Share of images with little blur and noise, and JPEG of good quality."""
    skew: float = 2.0
    """Power of the uniform number that gives the level of noise; 1 makes strong noise as frequent as weak noise."""

    def sample(self, count: int = 1, generator: torch.Generator | int = 0) -> PhotoDegradation:
        """Draw ``count`` independent degradations from a generator (or a seed for a new one on the CPU)."""
        source = torch.Generator().manual_seed(generator) if isinstance(generator, int) else generator
        draw = _Draw(source, count)
        at = draw.uniform(0, 1)
        clean, mild = at < self.clean, (at >= self.clean) & (at < self.clean + self.mild)
        strong = ~clean & ~mild

        def odds(of_mild: float, of_strong: float) -> Tensor:
            chance = draw.uniform(0, 1)
            return (mild & (chance < of_mild)) | (strong & (chance < of_strong))

        def level(of_mild: tuple[float, float], of_strong: tuple[float, float], power: float = 1.0) -> Tensor:
            part = draw.uniform(0, 1) ** power
            low = torch.where(mild, of_mild[0], of_strong[0])
            return low + (torch.where(mild, of_mild[1], of_strong[1]) - low) * part

        noisy, shot = odds(0.5, 0.75), draw.bernoulli(0.4)
        amount = level((1, 6), (1, self.noise[1]), self.skew)
        resized = odds(0.1, 0.4)
        factor = torch.where(draw.bernoulli(0.25), draw.uniform(0.5, 1.0), draw.uniform(1.0, 3.0)) / self.scale
        jpeg = torch.where(odds(0.6, 0.8), level((75, 98), (30, 95)).round(), 0)
        return PhotoDegradation(
            scale=self.scale,
            kernels=self._blurs(draw, level((0.05, 0.45), (0.05, 1.0), 1.2), clean),
            noise=torch.where(noisy, torch.where(shot, 0.3, 1.0) * amount, 0),
            jpeg=jpeg.long(),
            seeds=torch.randint(2**62, (count,), generator=source, device=source.device),
            factor=torch.where(resized, factor, 1 / self.scale),
            mode=draw.modes(),
            mode2=torch.where(clean, MODES.index("antialiased"), draw.modes()),
            early=draw.bernoulli(0.5).float(),
            poisson=torch.where(noisy & shot, amount, 0),
            grain=torch.where(draw.bernoulli(0.5), draw.uniform(0.3, 1.0), 0),
            gray=draw.bernoulli(0.3).float(),
            sharpen=torch.where(odds(0.15, 0.25), draw.uniform(0.2, 1.5), 0),
            radius=draw.uniform(0.5, 1.5),
            jpeg1=torch.where(odds(0.05, 0.3), draw.uniform(40, 95).round(), 0).long(),
            shift=draw.whole((0, 63)),
            webp=odds(0.1, 0.1).long(),
            full=draw.bernoulli(0.3).long(),
        )

    def _blurs(self, draw: "_Draw", widths: Tensor, clean: Tensor) -> Tensor:
        """Kernels ``(count, 21, 21)`` with standard deviations in LR pixels; none where an image is clean."""
        std = (widths * self.scale).clamp(min=0.2)
        ratio = torch.where(draw.bernoulli(0.5), draw.uniform(0.35, 1.0), 1.0)
        covariances = shapes.covariance_from_stds(std, std * ratio, draw.uniform(0, math.pi))
        beta = torch.where(draw.bernoulli(0.2), draw.uniform(0.6, 3.0), 1.0)
        blurs = shapes.generalised_gaussian(self.size, covariances, beta)
        flat = draw.bernoulli(0.1)
        blurs = torch.where(flat.view(-1, 1, 1), shapes.plateau(self.size, covariances, draw.uniform(1.0, 2.0)), blurs)
        return torch.where(clean.view(-1, 1, 1), kernels.delta(self.size).to(blurs), blurs)

    def _kernels(self, count: int, generator: torch.Generator) -> Tensor:
        return self.sample(count, generator).kernels


@dataclass(frozen=True)
class _Draw(Draw):
    """Random numbers for a batch of samples."""

    def modes(self) -> Tensor:
        """Half of all programs resize with antialiasing, a third by areas."""
        at = self.uniform(0, 1)
        return (at >= 0.3).long() + (at >= 0.4).long() + (at >= 0.5).long()


def _where(chosen: Tensor, x: Tensor, other: Tensor | None = None) -> Tensor:
    """Images ``(n, c, h, w)`` where they are chosen, ``(n,)``; elsewhere others, or zeros."""
    return torch.where(chosen.view(-1, 1, 1, 1), x, torch.zeros_like(x) if other is None else other)


def _webp(x: Tensor, quality: Tensor) -> Tensor:
    """Encode and decode images ``(n, 3, h, w)`` as WebP; quality 0 leaves one as it is."""
    out = x.clone()
    for row, value in enumerate(quality.tolist()):
        if not value:
            continue
        array = to_bytes(x[row]).permute(1, 2, 0).cpu().numpy()
        buffer = io.BytesIO()
        Image.fromarray(array).save(buffer, "WEBP", quality=int(value))
        with Image.open(buffer) as image:
            decoded = np.array(image.convert("RGB"))
        out[row] = torch.from_numpy(decoded).permute(2, 0, 1).to(x) / 255
    return out
