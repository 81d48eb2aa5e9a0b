import pytest

from blindsr.errors import BlindSRError
from blindsr.inference import Bicubic, Upscaler
from blindsr.inference.named import load_method


@pytest.mark.parametrize(("name", "scale"), [("bicubic", 4), ("bicubic_x3", 3), ("bicubic_x1", 1), ("bicubic_x12", 12)])
def test_names_stand_for_methods(name: str, scale: int) -> None:
    method = load_method(name)
    assert isinstance(method, Bicubic)
    assert method.config.scale == scale
    assert Upscaler(name, device="cpu").scale == scale


def test_others_stand_for_nothing() -> None:
    for name in ("nonsense", "bicubic_x0", "bicubic_x100"):
        with pytest.raises(BlindSRError, match=name):
            load_method(name)
