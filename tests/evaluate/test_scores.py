import pytest

from blindsr.evaluate import Column, Row, Score


def test_means_are_those_of_the_images_own_values() -> None:
    rows = (
        Row("a", Score({"psnr": 20.0, "lpips": 0.5}), Score({"psnr": 30.0, "lpips": 0.1})),
        Row("b", Score({"psnr": 30.0, "lpips": 0.3}), Score({"psnr": 34.0, "lpips": 0.3})),
    )
    column = Column("Set5", rows, 31.0)
    assert column.bicubic.values == pytest.approx({"psnr": 25.0, "lpips": 0.4})
    assert column.model.values == pytest.approx({"psnr": 32.0, "lpips": 0.2})
    assert column.difference == pytest.approx(1.0)
    assert Column("Set5", rows).difference is None
