"""Degradations of real photographs, and a distribution over them.

The steps model the blur of a lens, the noise of a sensor with a camera's smoothing and sharpening, resizing, and one or
two compressions, whose block grids may be shifted by a crop. They are those of BSRGAN (Zhang et al., 2021) and
Real-ESRGAN (Wang et al., 2021); but a fraction of the samples is mild or clean, so that networks trained on them do not
change good photographs, and noise is added only once, so that its contribution to the result is known.
"""

import io
import math
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from blindsr.degrade import jpeg, kernels, shapes
from blindsr.degrade.blur import blur
from blindsr.degrade.families import Draw, Family
from blindsr.degrade.process import check_jpeg, check_noise
from blindsr.degrade.realworld.canvas import Canvas, largest_size, resize_alike
from blindsr.degrade.realworld.individual import IndividualDegradation
from blindsr.degrade.resample import MODES, resize_by_mode
from blindsr.errors import BlindSRError
from blindsr.pixels import quantise, to_bytes

_SIZE = 21
_PER_IMAGE = ("factor", "mode", "mode2", "early", "poisson", "grain", "gray", "sharpen", "radius", "jpeg1", "shift")


@dataclass(frozen=True, eq=False, kw_only=True)
class PhotoDegradation(IndividualDegradation):
    """One row per sample, as `Degradation`; ``kernels`` blur the HR image, ``jpeg`` is the last compression."""

    kind: ClassVar[str] = "photo"
    whole: ClassVar[frozenset[str]] = frozenset({"jpeg", "jpeg1", "seeds", "mode", "mode2", "shift", "webp", "full"})

    factor: Tensor
    """Size of the intermediate image as a fraction of HR's, ``(n,)``; 1 / scale for no intermediate image."""
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
        """Degrade a batch; also return the noise in the result, ``(n, 3, h / s, w / s)``.

        It is the difference from the same images degraded without noise, so noise that compression removed is not
        included.
        """
        self._check_count(hr)
        noisy = ((self.noise > 0) | (self.poisson > 0)).nonzero()[:, 0]
        rows = torch.cat((torch.arange(len(self), device=noisy.device), noisy))
        # Degrade the noisy rows again, without noise
        quiet = torch.arange(len(rows), device=rows.device) >= len(self)
        twice = self.take(rows)
        twice = replace(twice, noise=twice.noise.masked_fill(quiet, 0), poisson=twice.poisson.masked_fill(quiet, 0))
        both = twice._after_blur(self._blurred(hr)[rows.to(hr.device)], generator)
        lr, noisy = both[: len(self)], noisy.to(hr.device)
        return lr, torch.zeros_like(lr).index_copy_(0, noisy, lr[noisy] - both[len(self) :])

    def _blurred(self, hr: Tensor) -> Tensor:
        return blur(hr, self.kernels, "reflect")

    def _finish(self, x: Tensor, size: tuple[int, int], generator: torch.Generator | None) -> Tensor:
        """Apply all steps after the blur, for a single row."""
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
        """Draw white or correlated Gaussian noise whose variance is a linear function of brightness."""
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
        """Offsets ``(n, 2)`` in rows and columns of the block grid of the first compression."""
        return torch.stack((self.shift // 8, self.shift % 8), 1)

    def _finish_together(self, x: Tensor, size: tuple[int, int], source: torch.Generator) -> Tensor:
        """Batched `_finish`; only WebP is encoded image by image, on the CPU."""
        final = torch.tensor(size, device=x.device).expand(len(x), 2)
        middle = (torch.tensor(x.shape[2:], device=x.device) * self.factor.double()[:, None]).round().long()
        direct = (middle == final).all(1)
        lr = x.new_empty(len(x), x.shape[1], *size)
        once, twice = direct.nonzero()[:, 0], (~direct).nonzero()[:, 0]
        if len(once):
            lr[once] = resize_alike(x[once], size, self.mode2[once])
        if len(twice):
            lr[twice] = self.take(twice)._resized_twice(x[twice], middle[twice], size, source)
        y = Canvas.whole(lr)
        late = (self.early == 0) | direct
        y = y.changed(lr + _where(late, self._noise_together(y, source)))
        y = y.changed(self._sharpened_together(y))
        y = y.compressed(torch.where(direct, self.jpeg1, 0), full_chroma=self.full, offset=self._offsets())
        lr = y.compressed(torch.where(self.webp > 0, 0, self.jpeg), full_chroma=self.full).pixels
        return quantise(_webp(lr, torch.where(self.webp > 0, self.jpeg, 0)))

    def _resized_twice(self, x: Tensor, middle: Tensor, size: tuple[int, int], source: torch.Generator) -> Tensor:
        """Resize twice; early noise and the first compression are applied at the intermediate sizes ``(n, 2)``."""
        y = Canvas.whole(x).resized(middle, self.mode, largest_size(middle))
        y = y.changed(y.pixels + _where(self.early > 0, self._noise_together(y, source)))
        y = y.compressed(self.jpeg1, full_chroma=self.full, offset=self._offsets())
        return y.resized(torch.tensor(size, device=x.device).expand(len(x), 2), self.mode2, size).pixels

    def _noise_together(self, x: Canvas, source: torch.Generator) -> Tensor:
        """Batched `_noise`."""
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
        """Validate like `Degradation.validated`."""
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
    """Fraction of images that are only reduced by antialiased bicubic interpolation."""
    mild: float = 0.3
    """Fraction of images with little blur and noise, and JPEG of good quality."""
    skew: float = 2.0
    """Exponent of the uniform random number that gives the noise level; 1 for uniformly distributed levels."""

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
        """Draw kernels ``(count, 21, 21)`` with standard deviations in LR pixels; identity for clean images."""
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
        """Draw modes of resizing: half antialiased, a third area averaging."""
        at = self.uniform(0, 1)
        return (at >= 0.3).long() + (at >= 0.4).long() + (at >= 0.5).long()


def _where(chosen: Tensor, x: Tensor, other: Tensor | None = None) -> Tensor:
    """Select images ``(n, c, h, w)`` by a mask ``(n,)``; elsewhere, other images or zeros."""
    return torch.where(chosen.view(-1, 1, 1, 1), x, torch.zeros_like(x) if other is None else other)


def _webp(x: Tensor, quality: Tensor) -> Tensor:
    """Encode and decode images ``(n, 3, h, w)`` as WebP; unchanged if the quality is 0."""
    chosen = {row: value for row, value in enumerate(quality.tolist()) if value}
    if not chosen:
        return x
    rows = torch.tensor(list(chosen), device=x.device)
    arrays = to_bytes(x[rows]).permute(0, 2, 3, 1).cpu().numpy()
    decoded = [_webp_round_trip(*each) for each in zip(arrays, chosen.values(), strict=True)]
    return x.index_copy(0, rows, torch.from_numpy(np.stack(decoded)).permute(0, 3, 1, 2).to(x) / 255)


def _webp_round_trip(array: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "WEBP", quality=quality)
    with Image.open(buffer) as image:
        return np.array(image.convert("RGB"))
