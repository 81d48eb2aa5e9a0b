"""Degradations that real photographs have gone through, and a distribution over them.

A lens blurs, a sensor adds noise that a camera smooths and sharpens, programs resize, and codecs compress, once or
twice, on grids that a crop has shifted. The steps are those of BSRGAN (Zhang et al., 2021) and Real-ESRGAN (Wang et
al., 2021); a share of the samples is mild or clean, so that a network that learns from them leaves good photographs
as they are. Unlike those processes, noise enters at one place, so that its part in the result is known.
"""

import io
import math
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from blindsr.degrade import kernels, shapes
from blindsr.degrade.blur import border_index
from blindsr.degrade.families import Family
from blindsr.degrade.process import Degradation, check_jpeg, check_noise
from blindsr.degrade.resample import MODES, resize_by_mode
from blindsr.errors import BlindSRError

_SIZE = 21
_PER_IMAGE = ("factor", "mode", "mode2", "early", "poisson", "grain", "gray", "sharpen", "radius", "jpeg1", "shift")


@dataclass(frozen=True, eq=False)
class PhotoDegradation(Degradation):
    """One row a sample, as `Degradation`; ``kernels`` blur the HR image, ``jpeg`` is the last compression."""

    kind: ClassVar[str] = "photo"
    whole: ClassVar[frozenset[str]] = frozenset({"jpeg", "jpeg1", "seeds", "mode", "mode2", "shift", "webp", "full"})

    factor: Tensor = None  # type: ignore[assignment]  # a field after those with defaults needs one
    """Size of the intermediate image as a fraction of HR's, ``(n,)``; 1 / scale leaves it out."""
    mode: Tensor = None  # type: ignore[assignment]
    """Index into `MODES` of the resizing to the intermediate size, ``(n,)``."""
    mode2: Tensor = None  # type: ignore[assignment]
    """Index into `MODES` of the resizing to the LR size, ``(n,)``."""
    early: Tensor = None  # type: ignore[assignment]
    """1 where noise is added to the intermediate image instead of the LR image, ``(n,)``."""
    poisson: Tensor = None  # type: ignore[assignment]
    """Standard deviation of shot noise at white, 0..255, ``(n,)``; its variance grows with brightness."""
    grain: Tensor = None  # type: ignore[assignment]
    """Standard deviation in pixels of the Gaussian that noise is filtered with, ``(n,)``; 0 is white noise."""
    gray: Tensor = None  # type: ignore[assignment]
    """1 where all channels get the same noise, ``(n,)``."""
    sharpen: Tensor = None  # type: ignore[assignment]
    """Amount of unsharp masking of the LR image, ``(n,)``."""
    radius: Tensor = None  # type: ignore[assignment]
    """Standard deviation in pixels of the unsharp mask, ``(n,)``."""
    jpeg1: Tensor = None  # type: ignore[assignment]
    """Quality of a first compression, of the intermediate image or of the LR image; 0 for none, ``(n,)``."""
    shift: Tensor = None  # type: ignore[assignment]
    """Rows and columns, ``8 * y + x``, that a crop shifted the grid of the first compression by, ``(n,)``."""
    webp: Tensor = None  # type: ignore[assignment]
    """1 where the last compression is WebP, ``(n,)``."""
    full: Tensor = None  # type: ignore[assignment]
    """1 where JPEG keeps chroma at full resolution (4:4:4), ``(n,)``."""

    def apply(self, hr: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Degrade a batch, as `Degradation.apply` does; every image takes its own way."""
        return self.apply_and_noise(hr, generator)[0]

    def apply_and_noise(self, hr: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Degrade a batch; return also what noise added to it before the last compression, ``(n, 3, h / s, w / s)``."""
        if len(hr) != len(self):
            raise BlindSRError(f"{len(hr)} images but {len(self)} degradations; one a row is needed")
        size = (hr.shape[-2] // self.scale, hr.shape[-1] // self.scale)
        blurred = _blur(hr, self.kernels)
        rows = [self[i : i + 1]._finish(blurred[i : i + 1], size, generator) for i in range(len(self))]
        return torch.cat([lr for lr, _ in rows]), torch.cat([noise for _, noise in rows])

    def _finish(self, x: Tensor, size: tuple[int, int], generator: torch.Generator | None) -> tuple[Tensor, Tensor]:
        """All after the blur, for a single row."""
        source = generator or torch.Generator().manual_seed(int(self.seeds))
        middle = (round(x.shape[-2] * float(self.factor)), round(x.shape[-1] * float(self.factor)))
        noise = x.new_zeros(1, 3, *size)
        direct = middle == size
        if not direct:
            x = resize_by_mode(x, middle, int(self.mode))
            if bool(self.early):
                noise = self._noise(x, source)
                x = x + noise
            x = self._compress(x, first=True)
            if bool(self.early):
                noise = resize_by_mode(noise, size, int(self.mode2))
        x = resize_by_mode(x, size, int(self.mode2))
        if direct or not bool(self.early):
            noise = self._noise(x, source)
            x = x + noise
        if float(self.sharpen) > 0:
            x, noise = self._sharpened(x), self._sharpened(noise)
        if direct:
            x = self._compress(x, first=True)
        x = self._compress(x, first=False)
        return (x.clamp(0, 1) * 255).round() / 255, noise

    def _noise(self, x: Tensor, source: torch.Generator) -> Tensor:
        """White or correlated Gaussian noise whose variance is a constant plus a multiple of the brightness."""
        channels = 1 if bool(self.gray) else 3
        drawn = torch.randn(1, channels, *x.shape[2:], generator=source, device=source.device).to(x)
        grain = float(self.grain)
        if grain > 0:
            profile = kernels.gaussian(7, torch.tensor([grain]))[0].to(x)
            drawn = _blur(drawn, profile[None]) / profile.square().sum().sqrt()
        level = (self.noise.to(x).square() + self.poisson.to(x).square() * x.clamp(0, 1)).sqrt() / 255
        return level * drawn

    def _sharpened(self, x: Tensor) -> Tensor:
        smooth = _blur(x, kernels.gaussian(9, self.radius.cpu().float()).to(x))
        return x + float(self.sharpen) * (x - smooth)

    def _compress(self, x: Tensor, *, first: bool) -> Tensor:
        quality = int(self.jpeg1 if first else self.jpeg)
        if not quality:
            return x
        offset = divmod(int(self.shift), 8) if first else (0, 0)
        return _round_trip(x, quality, offset, webp=not first and bool(self.webp), full=bool(self.full))

    def checked(self) -> Self:
        """As `Degradation.checked`."""
        super().checked()
        for name in (*_PER_IMAGE, "webp", "full"):
            if getattr(self, name).shape != (len(self),):
                raise BlindSRError(f"{name} needs one number for each image")
        for level in (self.poisson, self.grain, self.sharpen, self.radius):
            check_noise(level)
        check_jpeg(self.jpeg1)
        if not bool(((self.factor > 0) & (self.factor <= 4)).all()):
            raise BlindSRError("a factor of resizing lies above 0 and is at most 4")
        for name in ("mode", "mode2"):
            if not bool(((getattr(self, name) >= 0) & (getattr(self, name) < len(MODES))).all()):
                raise BlindSRError(f"{name} is 0 to {len(MODES) - 1}: {', '.join(MODES)}")
        if not bool(((self.shift >= 0) & (self.shift < 64)).all()):
            raise BlindSRError("a shift of the grid is 8 * rows + columns, each from 0 to 7")
        return self


@dataclass(frozen=True)
class PhotoFamily(Family):
    """The distribution that weights for photographs learn from: clean, mild and strong degradations."""

    size: int = _SIZE
    noise: tuple[float, float] = (0.0, 40.0)
    clean: float = 0.15
    """Share of images that were only reduced by antialiased bicubic interpolation."""
    mild: float = 0.3
    """Share of images with little blur and noise, and JPEG of good quality."""

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

        noisy, shot = odds(0.5, 0.75), draw.chance(0.4)
        amount = level((1, 6), (1, self.noise[1]), 2.0)
        resized = odds(0.1, 0.4)
        factor = torch.where(draw.chance(0.25), draw.uniform(0.5, 1.0), draw.uniform(1.0, 3.0)) / self.scale
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
            early=draw.chance(0.5).float(),
            poisson=torch.where(noisy & shot, amount, 0),
            grain=torch.where(draw.chance(0.5), draw.uniform(0.3, 1.0), 0),
            gray=draw.chance(0.3).float(),
            sharpen=torch.where(odds(0.15, 0.25), draw.uniform(0.2, 1.5), 0),
            radius=draw.uniform(0.5, 1.5),
            jpeg1=torch.where(odds(0.05, 0.3), draw.uniform(40, 95).round(), 0).long(),
            shift=draw.whole(64),
            webp=odds(0.1, 0.1).long(),
            full=draw.chance(0.3).long(),
        )

    def _blurs(self, draw: "_Draw", widths: Tensor, clean: Tensor) -> Tensor:
        """Kernels ``(count, 21, 21)`` with standard deviations in LR pixels; none where an image is clean."""
        std = (widths * self.scale).clamp(min=0.2)
        ratio = torch.where(draw.chance(0.5), draw.uniform(0.35, 1.0), 1.0)
        covariances = shapes.covariance(std, std * ratio, draw.uniform(0, math.pi))
        beta = torch.where(draw.chance(0.2), draw.uniform(0.6, 3.0), 1.0)
        blurs = shapes.generalised(self.size, covariances, beta)
        flat = draw.chance(0.1)
        blurs[flat] = shapes.plateau(self.size, covariances[flat], draw.uniform(1.0, 2.0)[flat])
        blurs[clean] = kernels.delta(self.size).to(blurs)
        return blurs

    def _kernels(self, count: int, generator: torch.Generator) -> Tensor:
        return self.sample(count, generator).kernels


@dataclass(frozen=True)
class _Draw:
    """Random numbers for so many samples."""

    source: torch.Generator
    count: int

    def uniform(self, low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(self.count, generator=self.source, device=self.source.device)

    def chance(self, odds: float) -> Tensor:
        return self.uniform(0, 1) < odds

    def whole(self, below: int) -> Tensor:
        return torch.randint(below, (self.count,), generator=self.source, device=self.source.device)

    def modes(self) -> Tensor:
        """Half of all programs resize with antialiasing, a third by areas."""
        at = self.uniform(0, 1)
        return (at >= 0.3).long() + (at >= 0.4).long() + (at >= 0.5).long()


def _blur(x: Tensor, blurs: Tensor) -> Tensor:
    """Correlate images ``(n, c, h, w)`` with kernels ``(n, k, k)``, borders reflected, by Fourier transforms."""
    height, width = x.shape[-2:]
    radius = blurs.shape[-1] // 2
    padded = x[..., border_index(height, radius, "reflect").to(x.device), :]
    padded = padded[..., border_index(width, radius, "reflect").to(x.device)]
    size = padded.shape[-2:]
    spectrum = torch.fft.rfft2(padded) * torch.fft.rfft2(blurs.to(x), s=size).conj()[:, None]
    correlated: Tensor = torch.fft.irfft2(spectrum, s=size)
    return correlated[..., :height, :width]


def _round_trip(x: Tensor, quality: int, offset: tuple[int, int], *, webp: bool, full: bool) -> Tensor:
    """Encode and decode one image ``(1, 3, h, w)``, whose grid begins ``offset`` pixels outside of it."""
    rows, columns = offset
    padded = F.pad(x, (columns, 0, rows, 0), mode="replicate") if rows or columns else x
    array = (padded[0].detach().clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    buffer = io.BytesIO()
    if webp:
        Image.fromarray(array).save(buffer, "WEBP", quality=quality)
    else:
        Image.fromarray(array).save(buffer, "JPEG", quality=quality, subsampling="4:4:4" if full else "4:2:0")
    with Image.open(buffer) as image:
        decoded = np.array(image.convert("RGB"))
    return torch.from_numpy(decoded).permute(2, 0, 1)[None].to(x)[..., rows:, columns:] / 255
