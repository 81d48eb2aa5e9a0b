from dataclasses import replace
from pathlib import Path

import pytest

from blindsr import weights
from blindsr.inference.doctor import Check, Report, examine

ALL = list(weights.available())


@pytest.mark.parametrize("names", [ALL[:1], pytest.param(ALL, marks=pytest.mark.slow)])
def test_this_installation_is_healthy(names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    paths = weights.available()
    monkeypatch.setattr(weights, "available", lambda: {name: paths[name] for name in names})
    monkeypatch.setattr("blindsr.inference.doctor._SIDE", 48)
    report = examine("cpu")
    assert report.healthy
    assert [check.name for check in report.checks] == names
    assert all(check.sum and check.result and check.megapixels_per_second > 0 for check in report.checks)
    assert report.versions["blindsr"]
    assert report.devices[0].startswith("cpu: ")


def test_a_damaged_file_is_one_of_the_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bad.safetensors").write_bytes(b"no weights")
    bad = str(tmp_path / "bad.safetensors")
    monkeypatch.setattr(weights, "available", lambda: {bad: Path(bad)})
    report = examine("cpu")
    assert [(check.name, check.healthy) for check in report.checks] == [(bad, False)]


def test_one_wrong_file_is_enough() -> None:
    good = Check("a", sum=True, result=True, megapixels_per_second=1.0)
    assert Report({}, [], [good, replace(good, sum=None, result=None)]).healthy
    for bad in (replace(good, sum=False), replace(good, result=False)):
        report = Report({}, [], [good, bad])
        assert not report.healthy
        assert report.to_dict()["healthy"] is False
