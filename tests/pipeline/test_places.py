"""Stores beside disks: fsspec's store in memory stands for S3."""

import os
from collections.abc import Iterator
from pathlib import Path

import fsspec
import numpy as np
import pytest

from blindsr import images
from blindsr.errors import BlindSRError
from blindsr.files import OutputExistsError
from blindsr.pipeline import places
from blindsr.pipeline.places import Workplace


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    files = fsspec.filesystem("memory")
    for name in ("a.png", "trip/c.jpg", "out/a_x2.png"):
        files.pipe(f"/photos/{name}", name.encode())
    yield files
    files.rm("/photos", recursive=True)


def test_paths_and_urls(tmp_path: Path) -> None:
    assert places.parse("a b/c.png") == Path("a b/c.png")
    assert places.parse(f"file://{tmp_path}/a.png") == tmp_path / "a.png"
    assert places.parse("memory://photos/a.png") == "memory://photos/a.png"
    assert places.parse("C:/a.png") == Path("C:/a.png")
    assert places.parse("a::b.png") == Path("a::b.png")  # which fsspec would take for a file within another
    with pytest.raises(BlindSRError, match="cannot be reached"):
        places.kind_of(places.parse("nostore://a"))


@pytest.mark.parametrize("place", [Path("x/b.PNG"), "memory://x/b.PNG"])
def test_parts_of_a_place(place: places.Place) -> None:
    assert (places.name_of(place), places.suffix_of(place)) == ("b.PNG", ".png")
    folder = Path("x") if isinstance(place, Path) else "memory://x/"
    assert places.joined(folder, "b.PNG") == place
    assert places.joined(folder) == (folder if isinstance(folder, Path) else "memory://x")
    assert places.is_within(place, folder)
    assert not places.is_within(folder, place)
    assert not places.is_within(place, places.joined(folder, "b"))


def test_what_is_where(memory: fsspec.AbstractFileSystem, tmp_path: Path) -> None:
    (tmp_path / "trip").mkdir()
    (tmp_path / "a.png").touch()
    for root in (tmp_path, "memory://photos"):
        kinds = [places.kind_of(places.joined(root, name)) for name in ("a.png", "trip", "b.png", "a.png/b")]
        assert kinds == ["file", "folder", "missing", "missing"]
        assert places.modified(places.joined(root, "b.png")) is None
        assert (places.modified(places.joined(root, "a.png")) or 0) > 1.6e9
        with pytest.raises(OutputExistsError):
            places.check_new(places.joined(root, "a.png"), overwrite=False)
        places.check_new(places.joined(root, "a.png"), overwrite=True)
        places.check_new(places.joined(root, "b.png"), overwrite=False)


def test_links_are_what_they_lead_to(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    for name, to in (("1", "folder"), ("2", "file"), ("3", "nowhere"), ("4", "4")):
        (tmp_path / name).symlink_to(to)
    os.mkfifo(tmp_path / "5")
    found = {places.name_of(one.place): (one.kind, one.link) for one in places.entries(tmp_path)}
    assert found == {
        "1": ("folder", True), "2": ("file", True), "3": ("broken", True), "4": ("broken", True),
        "5": ("other", False), "file": ("file", False), "folder": ("folder", False),
    }  # fmt: skip


def test_animations_are_told_wherever_they_are(memory: fsspec.AbstractFileSystem, tmp_path: Path) -> None:
    frames = [np.full((4, 4, 3), 60 * n, np.uint8) for n in range(2)]
    images.write_frames(images.Frames(frames, durations=(50, 50)), tmp_path / "m.gif")
    memory.pipe("/photos/m.gif", (tmp_path / "m.gif").read_bytes())
    for root in (tmp_path, "memory://photos"):
        assert places.is_animated(places.joined(root, "m.gif"))
        assert not places.is_animated(places.joined(root, "n.gif"))


def test_an_image_is_fetched_and_its_result_delivered(memory: fsspec.AbstractFileSystem) -> None:
    target = "memory://photos/out/new_x2.png"
    with Workplace() as work:
        source, made = work.fetch("memory://photos/a.png"), work.prepare(target)
        assert (source.read_bytes(), source.name, made.name) == (b"a.png", "a.png", "new_x2.png")
        assert work.described(f"{source} is damaged") == "memory://photos/a.png is damaged"
        made.write_bytes(b"result")
        work.deliver(made, target)
        assert memory.cat("/photos/out/new_x2.png") == b"result"
        assert not made.exists()
        work.forget(source)
        assert not source.exists()
        with pytest.raises(BlindSRError, match=r"none\.png cannot be read"):
            work.fetch("memory://photos/none.png")
        folder = source.parent.parent
        assert folder.is_dir()
    assert not folder.exists()


@pytest.fixture(params=["atomic", "by renaming"])
def _either_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores in which a file appears whole by themselves, and those that need a rename."""
    if request.param == "by renaming":
        monkeypatch.setattr(places, "_ATOMIC", frozenset())


@pytest.mark.usefixtures("_either_store")
def test_a_result_that_is_there_by_now_is_not_replaced(memory: fsspec.AbstractFileSystem) -> None:
    target = "memory://photos/out/a_x2.png"
    with Workplace() as work:
        made = work.prepare(target)
        made.write_bytes(b"result")
        with pytest.raises(OutputExistsError, match="already exists"):
            work.deliver(made, target, overwrite=False)
        assert memory.cat("/photos/out/a_x2.png") == b"out/a_x2.png"
        assert memory.ls("/photos/out", detail=False) == ["/photos/out/a_x2.png"]
        assert not made.exists()


@pytest.mark.usefixtures("_either_store")
def test_a_new_result_and_one_that_is_replaced(memory: fsspec.AbstractFileSystem) -> None:
    with Workplace() as work:
        for overwrite in (False, True):
            made = work.prepare("memory://photos/out/new.png")
            made.write_bytes(b"result %d" % overwrite)
            work.deliver(made, "memory://photos/out/new.png", overwrite=overwrite)
            assert memory.cat("/photos/out/new.png") == b"result %d" % overwrite
            assert len(memory.ls("/photos/out")) == 2


def test_disks_need_no_copies_and_no_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(b"a")
    monkeypatch.setattr(places, "mkdtemp", lambda **_: pytest.fail("a temporary folder is made"))
    with Workplace() as work:
        source, target = work.fetch(tmp_path / "a.png"), work.prepare(tmp_path / "out" / "a.png")
        assert (source, target) == (tmp_path / "a.png", tmp_path / "out" / "a.png")
        work.deliver(target, target)
        work.forget(source)
    assert (tmp_path / "a.png").read_bytes() == b"a"


def test_without_a_temporary_folder_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def gettempdir() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(places, "gettempdir", gettempdir)
    with Workplace() as work, pytest.raises(BlindSRError, match="set TMPDIR"):
        work.fetch(b"content")


def test_bytes_are_files_for_a_while() -> None:
    with Workplace() as work:
        path = work.fetch(b"content")
        assert path.read_bytes() == b"content"
        assert work.described(f"cannot read {path}") == "cannot read the image"
