"""ICC profiles of code points (ITU-T H.273), and the code points of such profiles."""

import struct
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

_D65 = (0.3127, 0.3290)
_C = (0.310, 0.316)
PRIMARIES: dict[int, tuple[tuple[float, float], ...]] = {
    1: ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65),
    4: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _C),
    5: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
    6: ((0.63, 0.34), (0.31, 0.595), (0.155, 0.07), _D65),
    7: ((0.63, 0.34), (0.31, 0.595), (0.155, 0.07), _D65),
    8: ((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), _C),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
    22: ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), _D65),
}
"""Chromaticities of red, green, blue and white (H.273, Table 2)."""
UNKNOWN = 2
LIKE_SRGB = frozenset({1, 2, 6, 13, 14, 15})
"""Transfer characteristics, including those of video, for which still images are displayed with the curve of sRGB."""
GAMMA = {4: 2.2, 5: 2.8, 8: 1.0, 17: 2.6}
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_D50 = np.array([0.9642, 1.0, 0.8249])
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def code_points(icc: bytes) -> tuple[int, int] | None:
    """Read colour primaries and transfer characteristics from a profile's ``cicp`` tag (ICC.1:2022, 9.2.17), if any."""
    (count,) = struct.unpack_from(">I", icc.ljust(132, b"\0"), 128)
    for entry in range(132, min(len(icc) - 11, 132 + 12 * count), 12):
        tag, offset = struct.unpack_from(">4sI", icc, entry)
        if tag == b"cicp" and offset + 12 <= len(icc):
            return icc[offset + 8], icc[offset + 9]
    return None


@cache
def make_profile(primaries: int, transfer: int) -> bytes:
    """Create a matrix profile (ICC.1:2010) for code points.

    Args:
        primaries: one of 1, 4 to 9, 11, 12 and 22.
        transfer: one of 1, 2, 4 to 6, 8, 13 to 15 and 17.
    """
    *colours, white = (_xyz(xy) for xy in PRIMARIES[primaries])
    columns = np.stack(colours, 1)
    matrix = columns * np.linalg.solve(columns, white)
    adapted = np.linalg.solve(_BRADFORD, np.diag(_BRADFORD @ _D50 / (_BRADFORD @ white)) @ _BRADFORD)
    curve = _curve(transfer)
    tags = {
        b"desc": _text(f"H.273 primaries {primaries}, transfer {transfer}"),
        b"cprt": _text("No copyright"),
        b"wtpt": _numbers(b"XYZ ", _D50),
        b"chad": _numbers(b"sf32", adapted.ravel()),
        **{
            name + b"XYZ": _numbers(b"XYZ ", column)
            for name, column in zip((b"r", b"g", b"b"), (adapted @ matrix).T, strict=True)
        },
        **{name + b"TRC": curve for name in (b"r", b"g", b"b")},
        b"cicp": b"cicp\0\0\0\0" + bytes([primaries, transfer, 0, 1]),
    }
    return _assembled(tags)


def _xyz(xy: tuple[float, float]) -> NDArray[np.float64]:
    x, y = xy
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _curve(transfer: int) -> bytes:
    if transfer in GAMMA:
        return b"para\0\0\0\0\0\0\0\0" + _fixed([GAMMA[transfer]])
    return b"para\0\0\0\0\0\3\0\0" + _fixed(_SRGB_CURVE)


def _text(text: str) -> bytes:
    encoded = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(encoded), 28) + encoded


def _numbers(kind: bytes, values: NDArray[np.float64]) -> bytes:
    return kind + bytes(4) + _fixed(values.tolist())


def _fixed(values: Sequence[float]) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _assembled(tags: dict[bytes, bytes]) -> bytes:
    """Concatenate the header, the table of tags, and their data, aligned to 4 bytes."""
    table, body = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = struct.pack(">I4x4s4s4s4s12x4s", start + len(body), b"\x04\x30\0\0", b"mntr", b"RGB ", b"XYZ ", b"acsp")
    header = header.ljust(68, b"\0") + _fixed(_D50.tolist())
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body
