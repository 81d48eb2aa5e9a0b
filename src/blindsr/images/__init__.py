"""Files on disk to pictures in memory and back, with everything that must survive on the way."""

from blindsr.images.crop import modcrop
from blindsr.images.frames import Frames, check_frames, is_animated, load, write_frames
from blindsr.images.luma import luma, quantise
from blindsr.images.picture import Metadata, Picture
from blindsr.images.read import read
from blindsr.images.write import SUFFIXES, check_output, check_sides, depth, write

__all__ = [
    "SUFFIXES",
    "Frames",
    "Metadata",
    "Picture",
    "check_frames",
    "check_output",
    "check_sides",
    "depth",
    "is_animated",
    "load",
    "luma",
    "modcrop",
    "quantise",
    "read",
    "write",
    "write_frames",
]
