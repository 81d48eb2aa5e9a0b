"""Stores beside disks: fsspec's store in memory stands for S3."""

import os
from collections.abc import Iterator
from pathlib import Path

import fsspec
import numpy as np
import pytest

from blindsr import images
from blindsr.errors import BlindSRError, Code
from blindsr.files import OutputExistsError
from blindsr.pipeline.planning import locations
from blindsr.pipeline.planning.locations import Workspace


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    files = fsspec.filesystem("memory")
    for name in ("a.png", "trip/c.jpg", "out/a_x2.png"):
        files.pipe(f"/photos/{name}", name.encode())
    yield files
    files.rm("/photos", recursive=True)


def test_paths_and_urls(tmp_path: Path) -> None:
    assert locations.parse_location("a b/c.png") == Path("a b/c.png")
    assert locations.parse_location(f"file://{tmp_path}/a.png") == tmp_path / "a.png"
    assert locations.parse_location("memory://photos/a.png") == "memory://photos/a.png"
    assert locations.parse_location("C:/a.png") == Path("C:/a.png")
    assert locations.parse_location("a::b.png") == Path("a::b.png")  # which fsspec would take for a file within another
    with pytest.raises(BlindSRError, check=Code.UNREACHABLE.matches):
        locations.kind_of(locations.parse_location("nostore://a"))


@pytest.mark.parametrize("place", [Path("x/b.PNG"), "memory://x/b.PNG"])
def test_parts_of_a_place(place: locations.Location) -> None:
    assert (locations.name_of(place), locations.suffix_of(place)) == ("b.PNG", ".png")
    folder = Path("x") if isinstance(place, Path) else "memory://x/"
    assert locations.join(folder, "b.PNG") == place
    assert locations.join(folder) == (folder if isinstance(folder, Path) else "memory://x")
    assert locations.is_within(place, folder)
    assert not locations.is_within(folder, place)
    assert not locations.is_within(place, locations.join(folder, "b"))


def test_what_is_where(memory: fsspec.AbstractFileSystem, tmp_path: Path) -> None:
    (tmp_path / "trip").mkdir()
    (tmp_path / "a.png").touch()
    for root in (tmp_path, "memory://photos"):
        kinds = [locations.kind_of(locations.join(root, name)) for name in ("a.png", "trip", "b.png", "a.png/b")]
        assert kinds == ["file", "folder", "missing", "missing"]
        assert locations.modification_time(locations.join(root, "b.png")) is None
        assert (locations.modification_time(locations.join(root, "a.png")) or 0) > 1.6e9
        with pytest.raises(OutputExistsError):
            locations.check_new(locations.join(root, "a.png"), overwrite=False)
        locations.check_new(locations.join(root, "a.png"), overwrite=True)
        locations.check_new(locations.join(root, "b.png"), overwrite=False)


def test_links_are_what_they_lead_to(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    for name, to in (("1", "folder"), ("2", "file"), ("3", "nowhere"), ("4", "4")):
        (tmp_path / name).symlink_to(to)
    os.mkfifo(tmp_path / "5")
    found = {locations.name_of(one.place): (one.kind, one.link) for one in locations.entries(tmp_path)}
    assert found == {
        "1": ("folder", True), "2": ("file", True), "3": ("broken", True), "4": ("broken", True),
        "5": ("other", False), "file": ("file", False), "folder": ("folder", False),
    }  # fmt: skip


def test_animations_are_told_wherever_they_are(memory: fsspec.AbstractFileSystem, tmp_path: Path) -> None:
    frames = [np.full((4, 4, 3), 60 * n, np.uint8) for n in range(2)]
    images.write_frames(images.Frames(frames, durations=(50, 50)), tmp_path / "m.gif")
    memory.pipe("/photos/m.gif", (tmp_path / "m.gif").read_bytes())
    for root in (tmp_path, "memory://photos"):
        assert locations.is_animated(locations.join(root, "m.gif"))
        assert not locations.is_animated(locations.join(root, "n.gif"))


def test_an_image_is_fetched_and_its_result_delivered(memory: fsspec.AbstractFileSystem) -> None:
    target = "memory://photos/out/new_x2.png"
    with Workspace() as work:
        source, made = work.fetch("memory://photos/a.png"), work.prepare(target)
        assert (source.read_bytes(), source.name, made.name) == (b"a.png", "a.png", "new_x2.png")
        assert work.with_original_names(f"{source} is damaged") == "memory://photos/a.png is damaged"
        made.write_bytes(b"result")
        work.deliver(made, target)
        assert memory.cat("/photos/out/new_x2.png") == b"result"
        assert not made.exists()
        work.discard(source)
        assert not source.exists()
        with pytest.raises(BlindSRError, check=Code.CANNOT_READ.matches):
            work.fetch("memory://photos/none.png")
        folder = source.parent.parent
        assert folder.is_dir()
    assert not folder.exists()


@pytest.fixture(params=["atomic", "by renaming"])
def _either_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores in which a file appears whole by themselves, and those that need a rename."""
    if request.param == "by renaming":
        monkeypatch.setattr(locations, "_ATOMIC", frozenset())


@pytest.mark.usefixtures("_either_store")
def test_a_result_that_is_there_by_now_is_not_replaced(memory: fsspec.AbstractFileSystem) -> None:
    target = "memory://photos/out/a_x2.png"
    with Workspace() as work:
        made = work.prepare(target)
        made.write_bytes(b"result")
        with pytest.raises(OutputExistsError, match="already exists"):
            work.deliver(made, target, overwrite=False)
        assert memory.cat("/photos/out/a_x2.png") == b"out/a_x2.png"
        assert memory.ls("/photos/out", detail=False) == ["/photos/out/a_x2.png"]
        assert not made.exists()


@pytest.mark.usefixtures("_either_store")
def test_a_new_result_and_one_that_is_replaced(memory: fsspec.AbstractFileSystem) -> None:
    with Workspace() as work:
        for overwrite in (False, True):
            made = work.prepare("memory://photos/out/new.png")
            made.write_bytes(b"result %d" % overwrite)
            work.deliver(made, "memory://photos/out/new.png", overwrite=overwrite)
            assert memory.cat("/photos/out/new.png") == b"result %d" % overwrite
            assert len(memory.ls("/photos/out")) == 2


def test_disks_need_no_copies_and_no_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(b"a")
    monkeypatch.setattr(locations, "mkdtemp", lambda **_: pytest.fail("a temporary folder is made"))
    with Workspace() as work:
        source, target = work.fetch(tmp_path / "a.png"), work.prepare(tmp_path / "out" / "a.png")
        assert (source, target) == (tmp_path / "a.png", tmp_path / "out" / "a.png")
        work.deliver(target, target)
        work.discard(source)
    assert (tmp_path / "a.png").read_bytes() == b"a"


def test_without_a_temporary_folder_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def gettempdir() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(locations, "gettempdir", gettempdir)
    with Workspace() as work, pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        work.fetch(b"content")


def test_bytes_are_files_for_a_while() -> None:
    with Workspace() as work:
        path = work.fetch(b"content")
        assert path.read_bytes() == b"content"
        assert work.with_original_names(f"cannot read {path}") == "cannot read the image"
