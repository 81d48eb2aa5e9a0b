import pytest

from blindsr.errors import BlindSRError
from blindsr.restore import memory


@pytest.mark.parametrize(
    ("text", "expected"), [("2GB", 2 * 10**9), ("1.5g", 15 * 10**8), ("900 MB", 9 * 10**8), ("3GiB", 3 * 2**30)]
)
def test_memory_as_people_write_it(text: str, expected: int) -> None:
    assert memory.parse(text) == expected


@pytest.mark.parametrize("text", ["", "much", "2XB", "-1GB", "100MB", "0"])
def test_what_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(BlindSRError, match=r"memory|enough"):
        memory.parse(text)


def test_auto_is_most_of_what_is_free() -> None:
    assert memory.parse("auto") <= max(memory.free(), 900_000_000)


def test_more_pixels_need_more() -> None:
    small, large = memory.needed(10**6, 4), memory.needed(24 * 10**6, 4)
    assert small < 2 * 10**9 < large


@pytest.mark.parametrize("limit", [10**9, 2 * 10**9, 8 * 10**9])
def test_tiles_grow_with_memory_and_shrink_with_width(limit: int) -> None:
    at = memory.largest_tile(limit, 6000, 4, 40)
    assert at in memory.TILES
    assert at <= memory.largest_tile(2 * limit, 6000, 4, 40)
    assert at >= memory.largest_tile(limit, 60000, 4, 40)


def test_sides() -> None:
    assert memory.side_of(100) == 10
