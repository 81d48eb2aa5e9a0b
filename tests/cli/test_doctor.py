import json
from collections.abc import Callable
from typing import Any

import pytest

from blindsr.inference import doctor
from blindsr.inference.doctor import Check, Report

Run = Callable[..., Any]


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Check]:
    checks = [Check("cmdsr_x4.classic", sum=True, result=None, megapixels_per_second=1.25)]
    monkeypatch.setattr(doctor, "examine", lambda _: Report({"torch": "2"}, ["cpu: 2 threads"], checks))
    return checks


def test_for_people(blindsr: Run, found: list[Check]) -> None:
    ended = blindsr("doctor")
    assert ended.code == 0
    for words in ("torch: 2", "cpu: 2 threads", "cmdsr_x4.classic", "as published", "unknown", "1.25"):
        assert words in ended.out
    found.append(Check("other", sum=False, result=True, megapixels_per_second=1.0))
    ended = blindsr("doctor")
    assert ended.code == 1
    assert "WRONG" in ended.out


def test_for_machines(blindsr: Run, found: list[Check]) -> None:
    ended = blindsr("doctor", "--json")
    assert json.loads(ended.out)["checks"][0]["name"] == found[0].name
