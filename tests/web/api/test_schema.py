from typing import Any

import pytest
from pydantic import ValidationError

from blindsr.pipeline.options import OPTION_NAMES
from blindsr.web.api.schema import JobOptions, PreviewRequest


def test_options_are_those_of_the_command() -> None:
    assert set(JobOptions.model_fields) <= set(OPTION_NAMES)


def test_no_option_names_a_file() -> None:
    paths = {"support", "condition", "kernel", "compare", "name", "device"}
    assert not paths & set(JobOptions.model_fields)
    for name in ("../x", "/etc/passwd", "a/b", "s3:x", ""):
        with pytest.raises(ValidationError):
            JobOptions(model=name)


def test_only_what_is_given_is_handed_on() -> None:
    assert JobOptions(scale=2, report=False).given() == {"scale": 2, "report": False}


@pytest.mark.parametrize(
    "wrong", [{"region": [0, 0, 0, 1]}, {"region": [-1, 0, 1, 1]}, {"region": [1, 2, 3]}, {"x": 1}]
)
def test_regions_have_a_size(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PreviewRequest(**{"photo": "p", "region": [0, 0, 1, 1], **wrong})
