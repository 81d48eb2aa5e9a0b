"""Protocols: a published table as code that degrades each test image and names the metric."""

import dataclasses
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from blindsr.contract import Hints
from blindsr.degrade import Border, Degradation, Downsampling, Rounding
from blindsr.degrade.record import load_record
from blindsr.evaluate import metrics
from blindsr.evaluate.metrics import Convention

PaperRow = Mapping[str, float]
"""A row of a published table: data set to mean PSNR in dB."""


@dataclass(frozen=True)
class Protocol:
    """One section of a published table."""

    name: str
    """Name on the command line, e.g. ``cmdsr-middle``."""
    title: str
    """The degradation in words."""
    source: str
    """Paper and table."""
    scale: int
    convention: Convention
    degradations: Callable[[str], tuple[Degradation, ...]]
    """From the name of a test image (without its ending) to its degradations, each of one row."""
    headline: str
    """The row of ``paper`` that models without a row of their own are compared with."""
    paper: Mapping[str, PaperRow]
    """The published PSNR of each model."""
    rows: Mapping[str, str]
    """Which row a model of ours repeats, where it is not ``headline``: by the name of its weights, by that and its
    gradient steps, as ``mzsr_x2.multi (1 step)``, or by the steps alone, as ``(1 step)``."""
    kernel_given: bool = False
    """Whether the paper gives the true blur kernel and noise level to the models."""

    def oracle_hints(self, degradation: Degradation, understands: frozenset[str]) -> Hints:
        """Ground truth that the paper gives to its models, as far as a method supports it.

        The noise level belongs to it: fine texture that a protocol without noise leaves in an image looks like some.
        """
        if not self.kernel_given:
            return Hints()
        return Hints(
            kernel=degradation.kernels[0] if "kernel" in understands else None,
            noise=float(degradation.noise[0]) if "noise" in understands else None,
        )

    def paper_row(self, model: str) -> str:
        """The name of the published row that a model is compared with; ``-`` if none has as many steps as its name."""
        _, taken, steps = model.partition(" (")
        return self.rows.get(model, self.rows.get(f"({steps}", "-") if taken else self.headline)

    def paper_psnr(self, model: str, data_set: str) -> float | None:
        """The published PSNR for a data set, whose name may be written in any case; None if there is none."""
        row = self.paper.get(self.paper_row(model), {})
        return {name.lower(): value for name, value in row.items()}.get(data_set.lower())


@dataclass(frozen=True)
class RealProtocol:
    """Photographs of unknown degradation, with LR images from files."""

    name: str
    title: str
    source: str
    paired: bool
    """Whether each photograph has an original."""
    scale: int = 0
    """0 until the images or the model decide."""
    published: Mapping[tuple[str, int, int], Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    """Published means: by data set, its number of images and the scale; then by model and the names of measures."""

    @property
    def convention(self) -> Convention:
        """PSNR and SSIM on Y of the whole 8-bit image, as the literature on real photographs has them."""
        return Convention("y", 0, "sr")


def degradation(
    protocol: str,
    image: str,
    *,
    scale: int,
    kernel: Tensor,
    noise: float = 0.0,
    border: Border = "reflect",
    down: Downsampling = "bicubic",
    blur_rounding: Rounding = "none",
    rounding: Rounding = "round",
) -> tuple[Degradation]:
    """One degradation ``(k, k)`` of one image, with the image's own seed for the noise (0..255)."""
    return (
        Degradation(
            scale=scale,
            kernels=kernel[None],
            noise=torch.tensor([noise]),
            jpeg=torch.tensor([0]),
            seeds=torch.tensor([seed_of(protocol, image)]),
            border=border,
            down=down,
            blur_rounding=blur_rounding,
            rounding=rounding,
        ),
    )


def seed_of(protocol: str, image: str) -> int:
    """The seed of an image's noise: the same on every machine, another for every image and every protocol."""
    digest = hashlib.sha256(f"{protocol}/{image}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 2


def protocol_from_record(path: Path) -> Protocol:
    """The protocol of a record that ``blindsr degrade`` wrote; each image has a seed of its own.

    Raises:
        BlindSRError: the file is no record of one image.
    """
    degradation = load_record(path)
    name = path.name.removesuffix(".json")

    def degradations(image: str) -> tuple[Degradation]:
        return (dataclasses.replace(degradation, seeds=torch.tensor([seed_of(name, image)])),)

    return Protocol(
        name=name,
        title=f"as {path.name} says, x{degradation.scale}",
        source="No published table",
        scale=degradation.scale,
        convention=metrics.luma_convention(degradation.scale),
        degradations=degradations,
        headline="no paper",
        paper={},
        rows={},
    )
