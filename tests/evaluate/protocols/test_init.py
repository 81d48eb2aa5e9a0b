import pytest

from blindsr.errors import BlindSRError, Code
from blindsr.evaluate import protocol, protocols


def test_every_protocol_is_complete() -> None:
    for name, one in protocols().items():
        assert one.name == name
        assert one.headline in one.paper or not one.paper
        assert one.convention.border == one.scale
        degradations = one.degradations("baby")
        assert degradations
        for degradation in degradations:
            assert degradation.validated().scale == one.scale
            assert len(degradation) == 1
        assert set(one.rows.values()) <= {row for other in protocols().values() for row in other.paper}


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(BlindSRError, check=Code.UNKNOWN_NAME.matches):
        protocol("cmdsr_midle")
    with pytest.raises(BlindSRError, check=Code.UNKNOWN_NAME.matches):
        protocol("")
