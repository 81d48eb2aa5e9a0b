"""From one degraded picture to one restored picture: condition once, then tiles."""

from blindsr.restore.bicubic import Bicubic
from blindsr.restore.upscaler import Source, Upscaler

__all__ = ["Bicubic", "Source", "Upscaler"]
