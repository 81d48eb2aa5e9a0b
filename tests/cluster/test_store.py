"""Stores beside disks: fsspec's store in memory stands for S3."""

from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from blindsr.cluster import store
from blindsr.cluster.store import Root, Workplace, listed, modified, roots
from blindsr.errors import BlindSRError
from blindsr.files import PlaceTakenError
from blindsr.pipeline.naming import Naming


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    files = fsspec.filesystem("memory")
    for name in ("a.png", "b.txt", ".hidden.png", "trip/c.jpg", "trip/day/d.JPG", ".trash/e.png", "out/a_x2.png"):
        files.pipe(f"/photos/{name}", name.encode())
    yield files
    files.rm("/photos", recursive=True)


def _all(inputs: list[str], out: str) -> dict[str, str]:
    return {source: target for root in roots(inputs, out, Naming(2)) for source, target in listed(root, Naming(2))}


@pytest.mark.usefixtures("memory")
def test_trees_are_kept_and_hidden_files_and_results_are_left_out() -> None:
    assert _all(["memory://photos"], "memory://photos/out") == {
        "memory:///photos/a.png": "memory://photos/out/a_x2.png",
        "memory:///photos/trip/c.jpg": "memory://photos/out/trip/c_x2.jpg",
        "memory:///photos/trip/day/d.JPG": "memory://photos/out/trip/day/d_x2.JPG",
    }


@pytest.mark.usefixtures("memory")
def test_files_and_patterns() -> None:
    assert set(_all(["memory://photos/a.png"], "o")) == {"memory:///photos/a.png"}
    assert set(_all(["memory://photos/trip/*.jpg"], "o")) == {"memory:///photos/trip/c.jpg"}


def test_disks_are_listed_as_they_are_named(tmp_path: Path) -> None:
    for name in ("in/a.png", "in/trip/b.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert _all([f"{tmp_path}/in"], f"{tmp_path}/out") == {
        f"{tmp_path}/in/a.png": f"{tmp_path}/out/a_x2.png",
        f"{tmp_path}/in/trip/b.png": f"{tmp_path}/out/trip/b_x2.png",
    }


def test_what_there_is_not(tmp_path: Path) -> None:
    for given in (f"{tmp_path}/none", "memory://none"):
        with pytest.raises(BlindSRError, match="there is no file"):
            roots([given], "o", Naming(2))
    with pytest.raises(BlindSRError, match="found no image"):
        roots([f"{tmp_path}/*.png"], "o", Naming(2))
    with pytest.raises(BlindSRError, match="cannot be reached"):
        roots(["nostore://a"], "o", Naming(2))


def test_two_results_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a.png", "a.gif"):
        (tmp_path / name).touch()
    with pytest.raises(BlindSRError, match="both"):
        list(listed(Root(str(tmp_path), "o"), Naming(2)))


@pytest.mark.usefixtures("memory")
def test_files_whose_results_have_one_name_are_refused_before_anything_is_made() -> None:
    fsspec.filesystem("memory").pipe("/photos/trip/a.png", b"another")
    for given in (
        ["memory://photos/a.png", "memory://photos/trip/a.png"],
        ["memory://photos/a.*", "memory://photos/a.png"],
    ):
        with pytest.raises(BlindSRError, match=r"both be written to o/a_x2\.png"):
            roots(given, "o", Naming(2))


@pytest.mark.usefixtures("memory")
def test_results_far_inside_the_input_are_left_out() -> None:
    assert "memory:///photos/trip/c.jpg" not in _all(["memory://photos"], "memory://photos/trip")
    assert set(_all(["memory://photos"], "memory://photos/trip/day")) == {
        "memory:///photos/a.png", "memory:///photos/out/a_x2.png", "memory:///photos/trip/c.jpg"
    }  # fmt: skip


def test_a_file_whose_name_looks_like_a_pattern(tmp_path: Path) -> None:
    for name in ("q[1].png", "q1.png"):
        (tmp_path / name).touch()
    assert set(_all([f"{tmp_path}/q[1].png"], "o")) == {f"{tmp_path}/q[1].png"}


def test_results_go_to_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    with pytest.raises(BlindSRError, match="named like a file"):
        roots([f"{tmp_path}/a.png"], f"{tmp_path}/x.png", Naming(2))
    assert roots([f"{tmp_path}/a.png"], f"{tmp_path}/x.png/", Naming(2))


def test_an_image_is_fetched_and_its_result_delivered(memory: fsspec.AbstractFileSystem, tmp_path: Path) -> None:
    place = Workplace(tmp_path)
    job = place.fetch("memory://photos/a.png", "memory://photos/out/new_x2.png")
    assert job.source.read_bytes() == b"a.png"
    assert job.target.name == "new_x2.png"
    job.target.write_bytes(b"result")
    place.deliver(job, "memory://photos/out/new_x2.png")
    assert memory.cat("/photos/out/new_x2.png") == b"result"
    assert not list(tmp_path.iterdir())
    assert modified("memory://photos/out/new_x2.png") is not None
    assert modified("memory://photos/out/other.png") is None
    with pytest.raises(BlindSRError, match=r"none\.png cannot be read"):
        place.fetch("memory://photos/none.png", "o/none.png")


@pytest.fixture(params=["whole", "by renaming"])
def _either_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores in which a file is there whole or not at all by themselves, and those that need a rename."""
    if request.param == "by renaming":
        monkeypatch.setattr(store, "_WHOLE", frozenset())


@pytest.mark.usefixtures("_either_store")
def test_a_result_that_is_there_by_now_is_not_replaced(memory: fsspec.AbstractFileSystem, tmp_path: Path) -> None:
    place, target = Workplace(tmp_path), "memory://photos/out/a_x2.png"
    job = place.fetch("memory://photos/a.png", target)
    job.target.write_bytes(b"result")
    with pytest.raises(PlaceTakenError, match="exists already"):
        place.deliver(job, target, overwrite=False)
    assert memory.cat("/photos/out/a_x2.png") == b"out/a_x2.png"
    assert memory.ls("/photos/out", detail=False) == ["/photos/out/a_x2.png"]
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("_either_store")
def test_a_new_result_and_one_that_is_replaced(memory: fsspec.AbstractFileSystem, tmp_path: Path) -> None:
    place = Workplace(tmp_path)
    for overwrite in (False, True):
        job = place.fetch("memory://photos/a.png", "memory://photos/out/new.png")
        job.target.write_bytes(b"result %d" % overwrite)
        place.deliver(job, "memory://photos/out/new.png", overwrite=overwrite)
        assert memory.cat("/photos/out/new.png") == b"result %d" % overwrite
        assert len(memory.ls("/photos/out")) == 2


def test_disks_need_no_copies(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"a")
    place = Workplace(tmp_path / "place")
    job = place.fetch(f"{tmp_path}/a.png", f"{tmp_path}/out/a.png")
    assert (job.source, job.target) == (tmp_path / "a.png", tmp_path / "out" / "a.png")
    place.deliver(job, f"{tmp_path}/out/a.png")
    place.forget(job)
    assert (tmp_path / "a.png").read_bytes() == b"a"
