import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blindsr import weights
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


def test_tune(blindsr: Callable[..., Any], tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from blindsr.runtimes import session, tune
    from blindsr.runtimes.compiled import digest

    monkeypatch.setenv("BLINDSR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(weights, "available", lambda: {"cmdsr_x4.tiny": tiny})
    ended = blindsr("doctor", "--tune", "--json")
    assert ended.code == 0
    line = json.loads(ended.out)
    assert line.pop("model") == "cmdsr_x4.tiny"
    assert line.keys() == {"torch", *filter(session.installed, session.OTHERS)}
    fastest = tune.fastest(lambda: digest(weights.load_weights(tiny).method), tmp_path / "cache")
    assert fastest == min(line, key=line.__getitem__)
    assert blindsr("doctor", "--tune").out.startswith("cmdsr_x4.tiny: torch ")
