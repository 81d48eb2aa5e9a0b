import pytest
import torch

from blindsr.degrade import record
from blindsr.degrade.families import Isotropic
from blindsr.degrade.process import Degradation
from blindsr.errors import BlindSRError, Code


def test_classic_records() -> None:
    drawn = Isotropic(4, 15, noise=(0, 75)).sample(2, 0)
    again = record.parse_record(drawn.to_json())
    assert type(again) is Degradation
    assert torch.equal(again.kernels, drawn.kernels)


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{}", '{"kind": []}', '{"kind": "other", "version": 1}', "[" * 9999]
)
def test_anything_else_is_one_sentence(text: str) -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        record.parse_record(text)
