"""Deep PPM and PGM, against files written out by hand."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blindsr.errors import BlindSRError, Code
from blindsr.images import read
from blindsr.images.codecs import ppm


@given(height=st.integers(1, 5), width=st.integers(1, 5), colour=st.booleans(), seed=st.integers(0, 9))
def test_what_is_encoded_comes_back(height: int, width: int, colour: bool, seed: int) -> None:
    shape = (height, width, 3) if colour else (height, width)
    samples = np.random.default_rng(seed).integers(0, 2**16, shape, np.uint16)
    data = ppm.encode(samples)
    assert ppm.white(io.BytesIO(data)) == 65535
    np.testing.assert_array_equal(ppm.decode(io.BytesIO(data)), samples)


def test_ascii_comments_and_another_white() -> None:
    data = b"P2 # deep\n3 1\n# white\n1023\n0 # black\n512 1023\n"
    assert ppm.white(io.BytesIO(data)) == 1023
    assert ppm.decode(io.BytesIO(data)).tolist() == [[0, round(512 * 65535 / 1023), 65535]]


@pytest.mark.parametrize("data", [b"P6", b"P6 1 1 255\n...", b"\x89PNG", b"P4 8 1\n\0"])
def test_other_files_have_the_usual_white(data: bytes) -> None:
    assert ppm.white(io.BytesIO(data)) == 255


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"P5 2 2 1000\n\0\0\0\0", "2 of 4"),
        (b"P5 1 1 1000\n\xff\xff", "exceeds the maximum"),
        (b"P5 1 1 70000\n\0\0", "header"),
        (b"P2 1 1 1000\nabc", "not a number"),
    ],
)
def test_damage_is_a_value_error(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ppm.decode(io.BytesIO(data))


@pytest.mark.parametrize("samples", [b"-3 5", b"99999999999999999999 5"])
def test_samples_beyond_all_bits_give_a_sentence(tmp_path: Path, samples: bytes) -> None:
    (tmp_path / "a.pgm").write_bytes(b"P2 2 1 65535\n" + samples)
    with pytest.raises(BlindSRError, check=Code.CANNOT_DECODE.matches):
        read(tmp_path / "a.pgm")
