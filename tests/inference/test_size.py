from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blindsr.errors import BlindSRError, Code
from blindsr.inference.size import Size, parse_size


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (800, 400)),
        ({"factor": 2.5}, (500, 250)),
        ({"factor": 1.0}, (200, 100)),
        ({"box": "600x"}, (600, 300)),
        ({"box": "x150"}, (300, 150)),
        ({"box": "600x100"}, (200, 100)),
        ({"box": "300x900"}, (300, 150)),
        ({"megapixels": 0.08}, (400, 200)),
    ],
)
def test_ways_to_say_it(options: dict[str, Any], expected: tuple[int, int]) -> None:
    assert parse_size(**options).resolve(200, 100, 4) == expected


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"factor": 0.0}, Code.INVALID_VALUE),
        ({"factor": float("nan")}, Code.INVALID_VALUE),
        ({"megapixels": -1.0}, Code.INVALID_VALUE),
        ({"box": "x"}, Code.INVALID_VALUE),
        ({"box": "0x5"}, Code.INVALID_VALUE),
        ({"box": "axb"}, Code.INVALID_VALUE),
        ({"factor": 2.0, "box": "3x"}, Code.CONFLICTING_OPTIONS),
    ],
)
def test_nonsense_is_one_sentence(options: dict[str, Any], code: Code) -> None:
    with pytest.raises(BlindSRError, check=code.matches):
        parse_size(**options)


@pytest.mark.parametrize("factor", [8.0001, 8.00000001, 8.333333333, 8.1, 80.0])
def test_a_size_out_of_reach_is_named_with_enough_digits(factor: float) -> None:
    with pytest.raises(BlindSRError, check=Code.TOO_LARGE.matches) as caught:
        Size(factor=factor).resolve(10, 10, 4)
    told = float(str(caught.value).split("would be ")[1].split()[0])
    assert told > 8
    assert told == pytest.approx(factor, rel=1e-2)


def test_sizes_out_of_reach() -> None:
    with pytest.raises(BlindSRError, check=Code.TOO_LARGE.matches):
        Size(factor=8.1).resolve(10, 10, 4)
    with pytest.raises(BlindSRError, check=Code.TOO_SMALL.matches):
        Size(factor=0.04).resolve(10, 30, 4)


@given(width=st.integers(1, 5000), height=st.integers(1, 5000), megapixels=st.floats(0.01, 20))
def test_megapixels_are_met(width: int, height: int, megapixels: float) -> None:
    try:
        w, h = Size(megapixels=megapixels).resolve(width, height, 4)
    except BlindSRError:
        return
    assert abs(w * h - megapixels * 1e6) <= w + h


def test_an_exact_size_is_what_it_says() -> None:
    assert Size(exact=(31, 7)).resolve(3, 3, 2) == (31, 7)
