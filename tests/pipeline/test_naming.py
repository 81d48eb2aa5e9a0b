import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from blindsr.errors import BlindSRError
from blindsr.pipeline.naming import Job, Naming, listed, plan


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
    assert {str(job.target.relative_to(tmp_path / "out")) for job in jobs} == {
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
    with pytest.raises(BlindSRError, match="both be written"):  # and not one over the other
        plan([tmp_path], str(tmp_path), Naming(4, template="{stem}.png"))


def test_sizes_fill_names_too(tmp_path: Path) -> None:
    (job,) = plan([tmp_path / "a.png"], f"{tmp_path}/o/", Naming("3000x", template="{stem}_{scale}"))
    assert job.target.name == "a_3000x.png"


def test_names(tmp_path: Path) -> None:
    a = touch(tmp_path / "a b'c.jpg")
    (job,) = plan([a], f"{tmp_path}/o/", Naming(4, "m", "{model}-{stem}-{scale}.png"))
    assert job.target.name == "m-a b'c-4.png"
    for template in ("{other}", "{0}", "{stem", "../{stem}", "{stem.no}", "{stem[a]}", "", ".{stem}"):
        with pytest.raises(BlindSRError, match="the name"):
            plan([a], f"{tmp_path}/o/", Naming(4, template=template))


def test_what_cannot_work_is_said_before_anything_is_made(tmp_path: Path) -> None:
    a, b = touch(tmp_path / "x" / "a.png"), touch(tmp_path / "y" / "a.png")
    for inputs, out, words in (
        ([a, b], "out", "both be written"),
        ([tmp_path / "none*.png"], "out", "no file matches"),
        ([tmp_path / "empty"], "out", "found no image"),
        ([a], "x/a.png/out/", "is a file"),
        ([a], "out.xyz", "extension"),
    ):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(BlindSRError, match=words):
            plan(inputs, f"{tmp_path}/{out}", Naming(4))
    assert not (tmp_path / "out").exists()


@given(st.sets(st.text("ab .'\"ü\n", min_size=1, max_size=6).map(lambda name: f"q{name}q"), min_size=1, max_size=5))
def test_every_input_has_one_result_inside_the_folder(names: set[str]) -> None:
    inputs = [Path("in") / f"{name}.png" for name in sorted(names)]
    jobs = plan(inputs, "nowhere" + os.sep, Naming(3))
    assert [job.source for job in jobs] == inputs
    assert len({job.target for job in jobs}) == len(names)
    assert all(job.target.parent == Path("nowhere") for job in jobs)


def test_lists(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("# comment\n\na b.png\nc/d.png\n", encoding="utf-8")
    assert listed(tmp_path / "list") == ["a b.png", "c/d.png"]
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    for name in ("bytes", "missing"):
        with pytest.raises(BlindSRError, match="cannot read the list"):
            listed(tmp_path / name)


def test_an_animated_gif_stays_one_and_a_still_becomes_png(tmp_path: Path) -> None:
    still = Image.new("RGB", (4, 4))
    still.save(tmp_path / "still.gif")
    still.save(tmp_path / "moving.gif", save_all=True, append_images=[Image.new("RGB", (4, 4), "red")])
    names = {job.target.name for job in plan([tmp_path], str(tmp_path / "out"), Naming(2))}
    assert names == {"still_x2.png", "moving_x2.gif"}
