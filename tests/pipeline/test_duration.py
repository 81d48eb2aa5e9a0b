import pytest

from blindsr.errors import BlindSRError
from blindsr.pipeline.duration import seconds


@pytest.mark.parametrize(("text", "expected"), [("45s", 45), ("1.5m", 90), ("2h", 7200), ("0s", 0)])
def test_units(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "5", "m", "-5s", "5 s", "5sec", "1e3s"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BlindSRError, match="45s, 90m or 2h"):
        seconds(text)
