"""Protocols: the degradations, metric and published values of a table."""

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
"""Row of a published table: mean PSNR in dB by data set."""


@dataclass(frozen=True)
class Protocol:
    """One section of a published table."""

    name: str
    """Name on the command line, e.g. ``cmdsr-middle``."""
    title: str
    """Description of the degradation."""
    source: str
    """Paper and table."""
    scale: int
    convention: Convention
    degradations: Callable[[str], tuple[Degradation, ...]]
    """Returns the degradations of a test image by its name without extension, each with one row."""
    headline: str
    """Row of ``paper`` that models are compared with, unless ``rows`` has another one."""
    paper: Mapping[str, PaperRow]
    """Published PSNR of each model."""
    rows: Mapping[str, str]
    """Row to compare weights of this package with, other than ``headline``: by their name, by name and number of
    gradient steps, as ``mzsr_x2.multi (1 step)``, or by the steps only, as ``(1 step)``."""
    kernel_given: bool = False
    """Whether the paper gives the true blur kernel and noise level to the models."""

    def oracle_hints(self, degradation: Degradation, understands: frozenset[str]) -> Hints:
        """Return the ground truth that the paper gives to its models, if the method supports these hints.

        It includes the noise level, since in protocols without noise, fine texture could be estimated as noise.
        """
        if not self.kernel_given:
            return Hints()
        return Hints(
            kernel=degradation.kernels[0] if "kernel" in understands else None,
            noise=float(degradation.noise[0]) if "noise" in understands else None,
        )

    def paper_row(self, model: str) -> str:
        """Return the name of the row that a model is compared with; ``-`` if there is none for its number of steps."""
        _, taken, steps = model.partition(" (")
        return self.rows.get(model, self.rows.get(f"({steps}", "-") if taken else self.headline)

    def paper_psnr(self, model: str, data_set: str) -> float | None:
        """Return the published PSNR for a data set, by its name in any case; None if there is none."""
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
    """0 if the images or the model determine it."""
    published: Mapping[tuple[str, int, int], Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    """Published means: by data set, its number of images and the scale; then by model and the names of measures."""

    @property
    def convention(self) -> Convention:
        """PSNR and SSIM on Y of the whole 8-bit image, as usual for real photographs."""
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
    """Create the degradation of an image by a kernel ``(k, k)`` and noise (0..255), whose seed depends on the image."""
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
    """Return the seed of an image's noise; it depends only on the names of the protocol and the image."""
    digest = hashlib.sha256(f"{protocol}/{image}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 2


def protocol_from_record(path: Path) -> Protocol:
    """Create a protocol from a record that ``blindsr degrade`` wrote; the seed of the noise depends on the image.

    Raises:
        BlindSRError: the file is not a record of one image.
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
