import pytest

from blindsr.errors import BlindSRError, Code
from blindsr.evaluate import protocol, protocols, real_protocols


def test_real_photographs_are_no_degradation_of_ours() -> None:
    assert set(real_protocols()) == {"realsr", "realsrset"}
    assert not set(real_protocols()) & set(protocols())
    for name, one in real_protocols().items():
        assert one.name == name
        assert (one.convention.channel, one.convention.border) == ("y", 0)
        with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
            protocol(name)


def test_published_rows_are_of_measures_that_there_are() -> None:
    for one in real_protocols().values():
        for rows in one.published.values():
            assert all(set(values) <= {"psnr", "ssim", "lpips", "dists"} for values in rows.values())
