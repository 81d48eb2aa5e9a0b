"""Reading and writing of images, with metadata, colour profiles and bit depth."""

from blindsr.images.frames import Frames, check_frames, is_animated, read_file, write_frames
from blindsr.images.picture import Metadata, Picture
from blindsr.images.read import read
from blindsr.images.write import SUFFIXES, check_output, check_sides, stored_depth, write
from blindsr.pixels import luma, modcrop, quantise

__all__ = [
    "SUFFIXES",
    "Frames",
    "Metadata",
    "Picture",
    "check_frames",
    "check_output",
    "check_sides",
    "is_animated",
    "luma",
    "modcrop",
    "quantise",
    "read",
    "read_file",
    "stored_depth",
    "write",
    "write_frames",
]
