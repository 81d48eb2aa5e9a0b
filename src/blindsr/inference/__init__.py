"""Application of a method to an image: one condition for the whole image, then tiled restoration."""

from blindsr.images.sources import Source
from blindsr.inference.bicubic import Bicubic
from blindsr.inference.upscaler import Upscaler

__all__ = ["Bicubic", "Source", "Upscaler"]
