"""Files on disk to pictures in memory and back, with everything that must survive on the way."""

from blindsr.images.crop import modcrop
from blindsr.images.luma import luma, quantise
from blindsr.images.picture import Metadata, Picture
from blindsr.images.read import read
from blindsr.images.write import SUFFIXES, check_output, write

__all__ = ["SUFFIXES", "Metadata", "Picture", "check_output", "luma", "modcrop", "quantise", "read", "write"]
