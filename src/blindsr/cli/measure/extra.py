"""Measures in addition to PSNR and SSIM, whose weights are in files that the user names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blindsr.evaluate import Measure


def extra_measures(lpips: Path | None, vgg: Path | None, niqe: Path | None, device: str) -> list[Measure]:
    """Return the measures for which there is a file."""
    from blindsr.devices import find_device
    from blindsr.evaluate import measures

    found = measures.perceptual(alex=lpips, vgg=vgg, device=find_device(device)) if lpips or vgg else []
    return [*found, measures.niqe_measure(niqe)] if niqe else found
