"""Degradations: blur, subsampling, noise and compression (Eq. 1 of the papers)."""

from blindsr.degrade.blur import Border, Downsampling, blur
from blindsr.degrade.families import Family
from blindsr.degrade.process import Degradation, Rounding, degrade
from blindsr.degrade.resample import resize

__all__ = ["Border", "Degradation", "Downsampling", "Family", "Rounding", "blur", "degrade", "resize"]
