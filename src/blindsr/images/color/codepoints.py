"""Colours defined by code points (ITU-T H.273) instead of a profile: nclx of HEIC and AVIF, cICP of PNG.

They are converted to an equivalent ICC profile, which all other functions support.
"""

from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from blindsr.errors import BlindSRError, Code
from blindsr.images.codecs import isobmff, png
from blindsr.images.color import profile
from blindsr.images.color.profile import GAMMA, LIKE_SRGB, PRIMARIES, UNKNOWN
from blindsr.images.picture import Metadata

_HDR = {16: "PQ", 18: "HLG"}


def add_profile(metadata: Metadata, file: BinaryIO, path: Path, *, gray: bool) -> Metadata:
    """Add the profile that is equivalent to the code points of a file, if there are any.

    Args:
        metadata: metadata with the ICC profile of the file.
        file: PNG, HEIC or AVIF file; other formats have no code points.
        path: path of the file, for messages.
        gray: whether the file has a single channel, which needs no primaries.

    Raises:
        BlindSRError: the values are HDR (PQ or HLG), which the networks were not trained on.
    """
    points = _points(metadata, file)
    if points is None:
        return metadata
    primaries, transfer = points
    if transfer in _HDR:
        raise BlindSRError(
            f"{path} contains HDR values ({_HDR[transfer]}); convert it to SDR first, such as sRGB",
            Code.UNSUPPORTED_CONTENT,
        )
    if primaries not in (*PRIMARIES, UNKNOWN) or transfer not in (*LIKE_SRGB, *GAMMA):
        note = f"colours of primaries {primaries} and transfer {transfer} (H.273) are taken for sRGB"
        return replace(metadata, notes=(*metadata.notes, note))
    if primaries in (1, UNKNOWN) and transfer in LIKE_SRGB:
        return replace(metadata, icc=None) if primaries == 1 else metadata
    if gray:
        note = f"gray of transfer {transfer} (H.273) is taken for that of sRGB"
        return metadata if transfer in LIKE_SRGB else replace(metadata, notes=(*metadata.notes, note))
    return replace(metadata, icc=profile.make_profile(1 if primaries == UNKNOWN else primaries, transfer))


def _points(metadata: Metadata, file: BinaryIO) -> tuple[int, int] | None:
    """Return the valid code points: cICP precedes a profile, which precedes nclx and may contain code points itself."""
    if metadata.format == "png" and (points := png.code_points(file)) is not None:
        return points
    if metadata.icc is not None:
        points = profile.code_points(metadata.icc)
        return points if points is not None and points[1] in _HDR else None
    return isobmff.code_points(file) if metadata.format in ("heic", "avif") else None
