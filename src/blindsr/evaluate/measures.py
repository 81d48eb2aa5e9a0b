"""Measures of a result: against the original, against bicubic interpolation, or without reference."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from blindsr import images
from blindsr.analysis.artefacts import fine_structure
from blindsr.errors import BlindSRError
from blindsr.evaluate.metrics import Convention, psnr, ssim
from blindsr.evaluate.niqe import NIQE
from blindsr.nn.perceptual import DISTS, LPIPS


@dataclass(frozen=True)
class Compared:
    """Results for one image, with their references; RGB in [0, 1]."""

    results: Tensor
    """``(n, 3, h, w)``."""
    lr: Tensor
    """The LR image, ``(1, 3, h', w')``."""
    hr: Tensor | None = None
    """The original, ``(1, 3, h, w)``, if there is one."""

    @property
    def original(self) -> Tensor:
        """Return the HR image.

        Raises:
            BlindSRError: there is no HR image.
        """
        if self.hr is None:
            raise BlindSRError("no HR images to compare with")
        return self.hr


@dataclass(frozen=True)
class Measure:
    """Measure that gives one number per result."""

    name: str
    """Key in JSON."""
    label: str
    """Heading in a table."""
    digits: int
    """Decimals in a table."""
    of: Callable[[Compared], Tensor]
    """Computes the values, ``(n,)``."""

    def text(self, value: float) -> str:
        """Format a value for a table."""
        return f"{value:.{self.digits}f}"


@dataclass(frozen=True)
class Score:
    """Values of one result, or means over many, by the names of measures."""

    values: dict[str, float]

    @property
    def psnr(self) -> float:
        """In dB; infinite where images are equal."""
        return self.values["psnr"]

    @property
    def ssim(self) -> float:
        """Structural similarity."""
        return self.values["ssim"]


@torch.no_grad()
def score(compared: Compared, measures: Sequence[Measure]) -> list[Score]:
    """Apply measures to each result."""
    columns = {measure.name: measure.of(compared).tolist() for measure in measures}
    return [Score({name: column[row] for name, column in columns.items()}) for row in range(len(compared.results))]


def fidelity(convention: Convention) -> list[Measure]:
    """Return PSNR and SSIM under a convention."""
    return [
        Measure("psnr", "PSNR in dB", 2, partial(_by_convention, psnr, convention)),
        Measure("ssim", "SSIM", 4, partial(_by_convention, ssim, convention)),
    ]


def psnr_inside_border(convention: Convention) -> Measure:
    """Return PSNR under an additional convention; its name contains the border."""
    border = convention.border
    return Measure(f"psnr_border{border}", f"PSNR, border {border}", 2, partial(_by_convention, psnr, convention))


def perceptual(
    *, alex: Path | None = None, vgg: Path | None = None, device: torch.device | str = "cpu"
) -> list[Measure]:
    """Return LPIPS on AlexNet, LPIPS on VGG-16 and DISTS, on RGB of whole 8-bit images, if their weights are given.

    Args:
        alex: file of LPIPS on AlexNet.
        vgg: file of VGG-16 with the weights of LPIPS, of DISTS, or both.
        device: device that runs the networks.

    Raises:
        BlindSRError: a file cannot be read, or contains other weights.
    """
    found: list[tuple[str, str, nn.Module]] = []
    if alex is not None:
        found.append(("lpips", "LPIPS", LPIPS.from_file(alex)))
    if vgg is not None:
        found.append(("lpips_vgg", "LPIPS (VGG)", LPIPS.from_file(vgg, "vgg")))
        found.append(("dists", "DISTS", DISTS.from_file(vgg)))
    for _, _, net in found:  # a fifth faster on a CPU
        net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
    return [Measure(name, label, 4, partial(_distance, net, device)) for name, label, net in found]


def artefacts() -> Measure:
    """Return the measure of fine structure in flat parts relative to bicubic interpolation; needs no original."""

    def of(compared: Compared) -> Tensor:
        return torch.tensor([fine_structure(compared.lr, one[None]) for one in compared.results])

    return Measure("artefacts", "artefacts", 2, of)


def niqe_measure(parameters: Path) -> Measure:
    """Return NIQE with the parameters of pristine photographs from a file.

    Raises:
        BlindSRError: the file cannot be read, or has other content.
    """
    niqe = NIQE.from_file(parameters)
    return Measure("niqe", "NIQE", 3, lambda compared: niqe(compared.results))


def _by_convention(
    metric: Callable[[Tensor, Tensor, Convention], Tensor], convention: Convention, compared: Compared
) -> Tensor:
    return metric(compared.results, compared.original.expand_as(compared.results), convention)


def _distance(net: nn.Module, device: torch.device | str, compared: Compared) -> Tensor:
    found: Tensor = net(images.quantise(compared.results).to(device), compared.original.to(device))
    return found.cpu()
