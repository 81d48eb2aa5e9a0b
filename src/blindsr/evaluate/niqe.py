"""NIQE (Mittal et al., SPL 2013): naturalness of an image from the statistics of its luma, without a reference.

Generalised Gaussians are fitted to locally normalised luma, in blocks of 96x96 pixels at two scales. The score is the
distance between the distribution of their parameters and that of pristine photographs. The latter is published with the
authors' MATLAB code (``modelparameters.mat``) and in several Python packages; it is read from a file given by the user,
since scores with different parameters are not comparable.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr import images
from blindsr.degrade import resize
from blindsr.errors import BlindSRError, Code

_BLOCK = 96
"""Side of a block, pixels; half of it at the second scale."""
_FEATURES = 36
_SHIFTS = ((0, 1), (1, 0), (1, 1), (1, -1))
"""Positions of the neighbours for products: right, below, and both diagonals."""
_KEYS = (("mu_prisparam", "cov_prisparam"), ("mu_pris_param", "cov_pris_param"))
"""Names of the mean and the covariance in published files."""


@dataclass(frozen=True)
class NIQE:
    """NIQE with the distribution of the features of pristine photographs."""

    mean: Tensor
    """``(36,)``, float64."""
    covariance: Tensor
    """``(36, 36)``, float64."""

    @classmethod
    def from_file(cls, path: Path) -> "NIQE":
        """Read the distribution from a ``.mat`` or ``.npz`` file.

        Raises:
            BlindSRError: the file cannot be read, or has other content.
        """
        found = _arrays(path)
        for keys in _KEYS:
            if all(key in found for key in keys):
                mean, covariance = (torch.as_tensor(np.asarray(found[key], dtype=np.float64)) for key in keys)
                if mean.numel() == _FEATURES and covariance.shape == (_FEATURES, _FEATURES):
                    return cls(mean.flatten(), covariance)
        raise BlindSRError(
            f"{path} does not contain NIQE parameters: a mean of 36 and a covariance of 36x36 values", Code.INVALID_FILE
        )

    def __call__(self, x: Tensor) -> Tensor:
        """Measure whole images.

        Args:
            x: ``(n, 3, h, w)``, RGB in [0, 1]; it and its luma (BT.601, studio range) are rounded to 8 bits first.

        Returns:
            ``(n,)``, float64; lower is more natural.

        Raises:
            BlindSRError: the images do not contain two textured blocks of 96x96 pixels.
        """
        height, width = (side // _BLOCK * _BLOCK for side in x.shape[-2:])
        if height * width < 2 * _BLOCK**2:
            raise BlindSRError(
                f"NIQE needs images of at least 192x96 pixels, not {x.shape[-1]}x{x.shape[-2]}", Code.TOO_SMALL
            )
        luma = images.luma(images.quantise(x).double()).round()[..., :height, :width]
        return torch.stack([self._one(one[None]) for one in luma])

    def _one(self, luma: Tensor) -> Tensor:
        found = features(luma)
        complete = found[~found.isnan().any(1)]
        if len(complete) < 2:
            raise BlindSRError("NIQE needs images with at least two textured blocks of 96x96 pixels", Code.TOO_SMALL)
        mean, covariance = torch.nanmean(found, 0), torch.cov(complete.T)
        apart = self.mean - mean
        squared: Tensor = apart @ torch.linalg.pinv((self.covariance + covariance) / 2) @ apart
        return squared.clamp_min(0).sqrt()


def features(luma: Tensor) -> Tensor:
    """Compute the parameters of each block at both scales: ``(1, 1, h, w)``, 0..255, to ``(blocks, 36)``."""
    half = resize(luma / 255, 0.5) * 255
    return torch.cat([_features_at_scale(luma, _BLOCK), _features_at_scale(half, _BLOCK // 2)], 1)


def _features_at_scale(luma: Tensor, block: int) -> Tensor:
    """Compute 18 parameters of each block, ``(blocks, 18)``."""
    blocks = F.unfold(_normalised(luma), block, stride=block)[0].T.view(-1, block, block)
    shape, left, right = fit(blocks)
    found = [shape, (left + right) / 2]
    for shift in _SHIFTS:
        shape, left, right = fit(blocks * blocks.roll(shift, (1, 2)))
        ratio = torch.lgamma(2 / shape) - torch.lgamma(1 / shape)
        found += [shape, (right - left) * ratio.exp(), left, right]
    return torch.stack(found, 1)


def _normalised(luma: Tensor) -> Tensor:
    """Normalise luma by its local mean, and its local standard deviation plus 1 (Eq. 1 to 3)."""
    at = torch.arange(-3, 4, dtype=luma.dtype)
    line = torch.exp(-(at**2) / (2 * (7 / 6) ** 2))
    line = line / line.sum()

    def blurred(x: Tensor) -> Tensor:
        rows = F.conv2d(F.pad(x, (3, 3, 3, 3), mode="replicate"), line.view(1, 1, -1, 1))
        return F.conv2d(rows, line.view(1, 1, 1, -1))

    mean = blurred(luma)
    deviation = (blurred(luma * luma) - mean * mean).abs().sqrt()
    return (luma - mean) / (deviation + 1)


def fit(blocks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Fit an asymmetric generalised Gaussian to each block by its moments (Lasmar et al., ICIP 2009).

    Args:
        blocks: ``(n, h, w)``.

    Returns:
        Shape, left scale and right scale, each ``(n,)``; NaN for blocks with values on one side of 0 only.
    """
    x = blocks.flatten(1)
    left, right = (_deviation(x, side) for side in (x < 0, x > 0))
    ratio = left / right
    moments = x.abs().mean(1).square() / x.square().mean(1)
    wanted = moments * (ratio**3 + 1) * (ratio + 1) / (ratio**2 + 1).square()
    shapes = torch.arange(200, 10_001, dtype=x.dtype) / 1000
    table = torch.exp(2 * torch.lgamma(2 / shapes) - torch.lgamma(1 / shapes) - torch.lgamma(3 / shapes))
    # The table grows with the shape, so the nearest entry is one of two.
    after = torch.searchsorted(table, wanted.contiguous()).clamp(1, len(table) - 1)
    nearer = (wanted - table[after - 1]) <= (table[after] - wanted)
    shape = shapes[torch.where(nearer, after - 1, after)]
    shape = torch.where(wanted.isnan(), wanted, shape)
    scale = torch.exp((torch.lgamma(1 / shape) - torch.lgamma(3 / shape)) / 2)
    return shape, left * scale, right * scale


def _deviation(x: Tensor, side: Tensor) -> Tensor:
    """Compute the root mean square of the values on one side of 0."""
    return (torch.where(side, x, 0).square().sum(1) / side.sum(1)).sqrt()


def _arrays(path: Path) -> Mapping[str, Any]:
    try:
        if path.suffix.lower() == ".npz":
            with np.load(path) as file:
                return {name: file[name] for name in file.files}
        from scipy.io import loadmat  # noqa: PLC0415  # takes time, and few need it

        found: dict[str, Any] = loadmat(path)
    except OSError as error:
        raise BlindSRError(f"cannot read {path}: {error.strerror or error}", Code.CANNOT_READ) from None
    except Exception as error:  # scipy and numpy raise various errors for invalid files
        raise BlindSRError(
            f"{path} is not a .mat or .npz file: {' '.join(str(error).split())}", Code.INVALID_FILE
        ) from None
    return found
