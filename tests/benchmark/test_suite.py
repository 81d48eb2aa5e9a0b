import json
from pathlib import Path
from typing import Any

import pytest
import torch

from blindsr import images
from blindsr.benchmark import suite as room
from blindsr.benchmark.suite import Suite
from blindsr.errors import BlindSRError, Code
from blindsr.evaluate import protocols


def test_the_suites_of_the_package_are_whole() -> None:
    assert room.suite_names() == ["blind-classic-1", "blind-real-1"]
    for name in room.suite_names():
        suite = room.load_suite(name)
        assert suite.name == name
        for case in suite.cases:
            for data_set in case.data_sets:
                assert case.pairs or len(case.sha256[data_set]) == 64
                for image in suite.data_sets[data_set] if not case.pairs else ():
                    kernels = {step.kernel for step in case.steps_of(data_set, image) if step.step == "blur"}
                    assert kernels <= suite.tensors.keys()


def test_classic_has_the_conventions_of_its_protocols() -> None:
    known, found = protocols(), set()
    for case in room.load_suite("blind-classic-1").cases:
        name = case.name if case.name in known else case.name.rpartition("-")[0]
        assert case.scale == known[name].scale
        assert case.measured.convention() == known[name].convention
        found.add(name)
    # Protocols that came after the suite was frozen are not in it.
    assert len(found) == 96


@pytest.mark.parametrize("name", ["cmdsr-severe-nf", "dmsr-0.2-0-x3", "mrda-aniso6-0", "mzsr-ani-direct"])
def test_images_are_those_of_the_protocol_but_for_single_levels(name: str) -> None:
    suite = room.load_suite("blind-classic-1")
    case = next(case for case in suite.cases if case.name == name)
    side = 24 * case.scale
    hr = torch.randint(256, (3, side, side), generator=torch.Generator().manual_seed(0))
    found = suite.degrade(case, "Set5", "img_001", hr)
    (degradation,) = protocols()[name].degradations("img_001")
    wanted = (degradation.apply(images.modcrop(hr.float() / 255, case.scale)[None])[0] * 255).round()
    apart = (found - wanted).abs()
    assert float(apart.max()) <= 1
    assert float(apart.mean()) < 0.003


def test_digests_know_size_and_order() -> None:
    x = torch.zeros(3, 2, 8)
    assert (
        len({room.digest(x), room.digest(x.view(3, 8, 2)), room.digest(x + torch.tensor([1, 0, 0])[:, None, None])})
        == 3
    )
    assert room.combined_digest(["a", "b"]) != room.combined_digest(["b", "a"])


def test_selection(suite: Suite) -> None:
    assert [case.name for case, _ in suite.select()] == ["blurred", "halved", "posted"]
    assert [case.name for case, _ in suite.select(scale=2)] == ["halved"]
    assert [case.name for case, _ in suite.select(core=True)] == ["blurred"]
    with pytest.raises(BlindSRError, check=Code.UNKNOWN_NAME.matches):
        suite.select(["halves"])
    with pytest.raises(BlindSRError, check=Code.UNKNOWN_NAME.matches):
        suite.select(data_sets=["Three"])
    with pytest.raises(BlindSRError, check=Code.CONFLICTING_OPTIONS.matches):
        suite.select(["blurred"], scale=2)


def test_unknown_suites_name_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, check=Code.UNKNOWN_NAME.matches):
        room.load_suite("blind-clasic-1")
    path = tmp_path / "other.json"
    path.write_text("{}")
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        room.load_suite(str(path))


def broken(suite: Suite, **changes: Any) -> str:
    return json.dumps({**json.loads(suite.model_dump_json()), **changes})


@pytest.mark.parametrize(
    ("kernel", "code"),
    [([[1, 2], [3, 2]], Code.INVALID_FILE), ([[3]], Code.INVALID_FILE), ([[2**21]], Code.INVALID_FILE)],
)
def test_kernels_are_checked(suite: Suite, kernel: list[list[int]], code: Code) -> None:
    with pytest.raises(BlindSRError, check=code.matches):
        _ = room.parse_suite(broken(suite, kernels={"wide": kernel}), "x").tensors


def test_records_belong_to_images(suite: Suite) -> None:
    cases = json.loads(suite.model_dump_json())["cases"]
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        room.parse_suite(broken(suite, cases=[{**cases[0], "steps": []}]), "x")
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        room.parse_suite(broken(suite, cases=[{**cases[0], "sha256": {"Other": ""}}]), "x")
    del cases[2]["records"]["Two"]["first"]
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        room.parse_suite(broken(suite, cases=[cases[2]]), "x")
