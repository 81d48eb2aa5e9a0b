import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from blindsr import images
from blindsr.errors import BlindSRError, Code
from blindsr.pipeline.planning import locations
from blindsr.pipeline.planning.plan import Job, Naming, Root, find_sources, list_jobs, plan, roots


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_one_file_to_a_file_or_into_a_folder(tmp_path: Path) -> None:
    a = touch(tmp_path / "a.jpg")
    assert plan([a], str(tmp_path / "b.png"), Naming(2)) == [Job(a, tmp_path / "b.png")]
    assert plan([a], f"{tmp_path}/new/", Naming(2)) == [Job(a, tmp_path / "new" / "a_x2.jpg")]


def test_trees_patterns_and_files_together(tmp_path: Path) -> None:
    tree = [touch(tmp_path / "in" / name) for name in ("b.png", "x/a.TIF", "x/y/c.webp")]
    for ignored in (".git/d.png", "x/.e.png", "x/readme.md"):
        touch(tmp_path / "in" / ignored)
    loose = [touch(tmp_path / name) for name in ("p1.jpg", "p2.jpg")]
    jobs = plan([tmp_path / "in", tmp_path / "p*.jpg"], str(tmp_path / "out"), Naming(4))
    assert {job.source for job in jobs} == {*tree, *loose}
    assert {str(Path(job.target).relative_to(tmp_path / "out")) for job in jobs} == {
        "b_x4.png", "x/a_x4.TIF", "x/y/c_x4.webp", "p1_x4.jpg", "p2_x4.jpg",
    }  # fmt: skip


def test_earlier_results_inside_the_folder_are_not_inputs(tmp_path: Path) -> None:
    a = touch(tmp_path / "a.png")
    touch(tmp_path / "out" / "a_x4.png")
    assert [job.source for job in plan([tmp_path], str(tmp_path / "out"), Naming(4))] == [a]


def test_results_beside_their_images_are_not_enlarged_again(tmp_path: Path) -> None:
    a, b = touch(tmp_path / "a.png"), touch(tmp_path / "x" / "b.jpg")
    for name in ("a_x4.png", "a_x4.png.residual.png", "a_x4_x4.png", "x/b_x4.jpg"):
        touch(tmp_path / name)
    assert [job.source for job in plan([tmp_path], str(tmp_path), Naming(4))] == [a, b]
    other = touch(tmp_path / "c_x4.png")  # of no image here
    assert [job.source for job in plan([tmp_path], str(tmp_path), Naming(4))] == [a, other, b]
    touch(tmp_path / "a.jpg")
    with pytest.raises(BlindSRError, check=Code.NAME_CLASH.matches):  # and not one over the other
        plan([tmp_path], str(tmp_path), Naming(4, template="{stem}.png"))


def test_sizes_fill_names_too(tmp_path: Path) -> None:
    (job,) = plan([tmp_path / "a.png"], f"{tmp_path}/o/", Naming("3000x", template="{stem}_{scale}"))
    assert Path(job.target).name == "a_3000x.png"


def test_names(tmp_path: Path) -> None:
    a = touch(tmp_path / "a b'c.jpg")
    (job,) = plan([a], f"{tmp_path}/o/", Naming(4, "m", "{model}-{stem}-{scale}.png"))
    assert Path(job.target).name == "m-a b'c-4.png"
    for template in ("{other}", "{0}", "{stem", "../{stem}", "{stem.no}", "{stem[a]}", "", ".{stem}"):
        with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
            plan([a], f"{tmp_path}/o/", Naming(4, template=template))


def test_what_cannot_work_is_said_before_anything_is_made(tmp_path: Path) -> None:
    a, b = touch(tmp_path / "x" / "a.png"), touch(tmp_path / "y" / "a.png")
    for inputs, out, code in (
        ([a, b], "out", Code.NAME_CLASH),
        ([tmp_path / "none*.png"], "out", Code.FILE_NOT_FOUND),
        ([tmp_path / "empty"], "out", Code.NO_IMAGES),
        ([a], "x/a.png/out/", Code.CANNOT_WRITE),
        ([a], "out.xyz", Code.CANNOT_WRITE),
    ):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(BlindSRError, check=code.matches):
            plan(inputs, f"{tmp_path}/{out}", Naming(4))
    assert not (tmp_path / "out").exists()


@given(st.sets(st.text("ab .'\"ü\n", min_size=1, max_size=6).map(lambda name: f"q{name}q"), min_size=1, max_size=5))
def test_every_input_has_one_result_inside_the_folder(names: set[str]) -> None:
    inputs = [Path("in") / f"{name}.png" for name in sorted(names)]
    jobs = plan(inputs, "nowhere" + os.sep, Naming(3))
    assert [job.source for job in jobs] == inputs
    assert len({job.target for job in jobs}) == len(names)
    assert all(Path(job.target).parent == Path("nowhere") for job in jobs)


def test_an_animated_gif_stays_one_and_a_still_becomes_png(tmp_path: Path) -> None:
    still = Image.new("RGB", (4, 4))
    still.save(tmp_path / "still.gif")
    still.save(tmp_path / "moving.gif", save_all=True, append_images=[Image.new("RGB", (4, 4), "red")])
    names = {Path(job.target).name for job in plan([tmp_path], str(tmp_path / "out"), Naming(2))}
    assert names == {"still_x2.png", "moving_x2.gif"}


@pytest.fixture(params=["disk", "store"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Makes files below a folder of a disk or of a store in memory, and says what the folder is called."""
    store = fsspec.filesystem("memory")

    def make(*names: str) -> str:
        for name in names:
            if request.param == "disk":
                touch(tmp_path / "photos" / name)
            else:
                store.pipe(f"/photos/{name}", b"")
        return str(tmp_path / "photos") if request.param == "disk" else "memory:///photos"

    yield make
    if store.exists("/photos"):
        store.rm("/photos", recursive=True)


def _plan(inputs: list[str], out: str, scale: int = 2) -> dict[str, str]:
    """Inputs and outputs without what differs between a disk and a store; by all roots, as a cluster lists them."""
    naming = Naming(scale)
    apart = [job for root in roots(inputs, out, naming) for job in list_jobs(root, naming)]
    assert {job.source: job.target for job in plan(inputs, out, naming)} == {job.source: job.target for job in apart}
    return {_short(job.source): _short(job.target) for job in apart}


def _short(place: locations.Location) -> str:
    return str(place).replace("memory://photos", "memory:///photos").rpartition("photos/")[2]


def test_a_disk_and_a_store_have_one_plan(tree: Callable[..., str]) -> None:
    top = tree(
        "a.png", "b.txt", ".hidden.png", "trip/c.jpg", "trip/day/d.JPG", ".trash/e.png", "out/a_x2.png", "f.jfif"
    )
    assert _plan([top], f"{top}/out") == {
        "a.png": "out/a_x2.png",
        "f.jfif": "out/f_x2.jfif",
        "trip/c.jpg": "out/trip/c_x2.jpg",
        "trip/day/d.JPG": "out/trip/day/d_x2.JPG",
    }
    assert set(_plan([f"{top}/trip/*.jpg", f"{top}/a.png"], f"{top}/new")) == {"trip/c.jpg", "a.png"}
    assert set(_plan([top], f"{top}/trip/day")) == {"a.png", "f.jfif", "out/a_x2.png", "trip/c.jpg"}
    assert _plan([f"{top}/a.png"], f"{top}/new.png") == {"a.png": "new.png"}


def test_results_in_the_folder_of_their_images_are_no_inputs_anywhere(tree: Callable[..., str]) -> None:
    top = tree(
        "a.png", "a_x4.png", "a_x4.png.residual.png", "x/b.jpg", "x/b_x4.jpg", "x/y/c.png", "x/y/c_x4.png", "d_x4.png"
    )
    assert set(_plan([top], top, 4)) == {"a.png", "d_x4.png", "x/b.jpg", "x/y/c.png"}
    # Another folder of results makes them inputs like others
    assert len(_plan([top], f"{top}/new", 4)) == 8


def test_two_results_of_one_name_are_refused_anywhere(tree: Callable[..., str]) -> None:
    top = tree("a.png", "trip/a.png", "b.png", "b.gif")
    for named in ([f"{top}/a.png", f"{top}/trip/a.png"], [f"{top}/a.*", f"{top}/trip/a.png"]):
        with pytest.raises(BlindSRError, check=Code.NAME_CLASH.matches):
            roots(named, "o", Naming(2))
    with pytest.raises(BlindSRError, check=Code.NAME_CLASH.matches):
        list(list_jobs(Root(locations.parse_location(top), Path("o"), "folder"), Naming(2)))


def test_the_same_file_twice_is_one_job(tree: Callable[..., str], tmp_path: Path) -> None:
    top = tree("a.png", "b.png")
    twice = [f"{top}/a.png", f"{top}/a.png", f"{top}/*.png", top]
    assert [job.target for job in plan(twice, f"{tmp_path}/o", Naming(2))] == [
        tmp_path / "o" / "a_x2.png",
        tmp_path / "o" / "b_x2.png",
    ]
    assert [job.target for job in plan(twice[:2], f"{tmp_path}/o.png", Naming(2))] == [tmp_path / "o.png"]


def test_what_is_missing_stops_nothing_else(tree: Callable[..., str]) -> None:
    top = tree("a.png")
    named = [f"{top}/none/", f"{top}/*.tif", f"{top}/nothing", f"{top}/a.png"]
    *missing, there = plan(named, "o", Naming(2))
    assert [job.error and job.error.code for job in missing] == [Code.FILE_NOT_FOUND] * 3
    assert there.error is None
    with pytest.raises(BlindSRError, check=Code.FILE_NOT_FOUND.matches):
        plan(named[:2], "o", Naming(2))


def test_several_images_do_not_go_to_one_file(tree: Callable[..., str]) -> None:
    top = tree("a.png", "b.png")
    for named in ([f"{top}/a.png", f"{top}/b.png"], [top], [f"{top}/*.png"]):
        with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
            plan(named, f"{top}/x.png", Naming(2))
        assert plan(named, f"{top}/x.png/", Naming(2))


@pytest.mark.parametrize("count", [1, 2])
def test_a_place_without_an_extension_is_a_folder(tmp_path: Path, count: int) -> None:
    named = [touch(tmp_path / "in" / name) for name in ("a.jpg", "b.jpg")[:count]]
    targets = [job.target for job in plan(named, str(tmp_path / "out"), Naming(2))]
    assert targets == [tmp_path / "out" / name for name in ("a_x2.jpg", "b_x2.jpg")[:count]]
    touch(tmp_path / "taken")
    with pytest.raises(BlindSRError, check=Code.CANNOT_WRITE.matches):
        plan(named, str(tmp_path / "taken"), Naming(2))


@pytest.mark.parametrize("hidden", ["._a.jpg", ".a.jpg"])
def test_a_hidden_file_among_the_names_is_one_failure(tmp_path: Path, hidden: str) -> None:
    a, other = touch(tmp_path / "a.jpg"), touch(tmp_path / hidden)
    for named in ([a, other], [other, a], [tmp_path / "*.jpg"]):
        jobs = plan(named, str(tmp_path / "out"), Naming(2))
        assert {job.source: job.error is None for job in jobs} == {a: True, other: False}
    assert [job.source for job in plan([tmp_path], str(tmp_path / "out"), Naming(2))] == [a]
    assert plan([other], str(tmp_path / "out.png"), Naming(2)) == [Job(other, tmp_path / "out.png")]


def test_a_file_whose_name_looks_like_a_pattern(tmp_path: Path) -> None:
    for name in ("q[1].png", "q1.png"):
        touch(tmp_path / name)
    assert [job.source for job in plan([tmp_path / "q[1].png"], "o", Naming(2))] == [tmp_path / "q[1].png"]


@pytest.mark.parametrize("suffix", [".jfif", ".jpe", ".JPG", ".pgm", ".pbm", ".pnm", ".apng", ".heif", ".dib", ".tiff"])
def test_folders_are_searched_for_every_extension_of_a_format(tmp_path: Path, suffix: str) -> None:
    made = touch(tmp_path / "in" / f"a{suffix}")
    touch(tmp_path / "in" / "a.txt")
    (job,) = plan([tmp_path / "in"], str(tmp_path / "out"), Naming(2))
    assert job.source == made
    assert Path(job.target).suffix.lower() in images.SUFFIXES


@pytest.mark.parametrize("depth", ["", "x", "x/y"])
def test_linked_folders_are_gone_into_once_and_loops_are_noticed(tmp_path: Path, depth: str) -> None:
    top = tmp_path / "in"
    for name in ("in/a.png", "in/x/b.png", "in/x/y/c.png", "more/d.png", "more/deep/e.png", "f.png"):
        touch(tmp_path / name)
    (top / depth / "link").symlink_to(tmp_path / "more")
    (top / depth / "link2").symlink_to(tmp_path / "more")
    (top / depth / "loop").symlink_to(top)
    (top / depth / "above").symlink_to(tmp_path)
    (top / depth / "own").symlink_to(top / "x")
    (tmp_path / "more" / "deep" / "loop").symlink_to(tmp_path / "more")
    (tmp_path / "more" / "again").symlink_to(tmp_path / "more" / "deep")
    jobs = plan([top], str(tmp_path / "out"), Naming(2))
    names = sorted(Path(job.source).name for job in jobs)
    assert names == ["a.png", "b.png", "c.png", "d.png", "e.png"]
    assert tmp_path / "out" / depth / "link" / "d_x2.png" in {job.target for job in jobs}


def test_a_link_to_the_results_is_no_input(tmp_path: Path) -> None:
    a, out = touch(tmp_path / "in" / "a.png"), tmp_path / "out"
    touch(out / "a_x2.png")
    (tmp_path / "in" / "link").symlink_to(out)
    assert [job.source for job in plan([tmp_path / "in"], str(out), Naming(2))] == [a]


def test_a_link_that_leads_nowhere_is_said(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "b.png").symlink_to("nowhere")
    jobs = plan([tmp_path / "in"], str(tmp_path / "out"), Naming(2))
    assert [Path(job.source).name for job in jobs] == ["a.png", "b.png"]  # reading it says that there is none


@pytest.mark.parametrize("locked", ["in", "in/b", "in/b/c"])
def test_a_folder_that_cannot_be_listed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locked: str) -> None:
    for name in ("in/a.png", "in/b/p.png", "in/b/c/q.png", "other/r.png"):
        touch(tmp_path / name)
    real = os.scandir

    def scandir(path: Any) -> Any:
        if Path(path) == tmp_path / locked:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    jobs = plan([tmp_path / "in", tmp_path / "other"], str(tmp_path / "out"), Naming(2))
    errors = {job.source: job.error for job in jobs if job.error}
    assert list(errors) == [tmp_path / locked]
    assert "Permission denied" in str(errors[tmp_path / locked])
    assert tmp_path / "other" / "r.png" in {job.source for job in jobs}
    found = find_sources([tmp_path / "in", tmp_path / "other"])
    assert [str(job.error) for job in found if job.error] == [str(error) for error in errors.values()]


def test_a_folder_that_may_not_be_entered_stops_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a, other = touch(tmp_path / "locked" / "a.png"), touch(tmp_path / "b.png")
    real = Path.stat

    def stat(path: Path, **how: Any) -> os.stat_result:
        if "locked" in path.parts:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, **how)

    monkeypatch.setattr(Path, "stat", stat)
    jobs = plan([a, other], str(tmp_path / "out"), Naming(2))
    assert [job.error is None for job in jobs] == [False, True]
    assert "Permission denied" in str(jobs[0].error)
