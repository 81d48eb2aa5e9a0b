"""``blindsr upscale`` end to end: what works, and how what does not work is said."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from blindsr import images
from blindsr.cluster import ray
from blindsr.pipeline.options import Options
from blindsr.pipeline.planning.plan import Naming
from blindsr.pipeline.restorer import Restorer

Run = Callable[..., Any]


def _picture(path: Path, height: int = 9, width: int = 7, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed))
    images.write(images.Picture(pixels), path)
    return path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return _picture(tmp_path / "photo.png")


@pytest.fixture
def upscale(blindsr: Run, tiny: Path) -> Run:
    return lambda *arguments: blindsr("upscale", *arguments, "-m", tiny, "--device", "cpu", "--precision", "fp32")


def _is_sentence(ended: Any, *words: str) -> None:
    assert ended.code == 2
    assert ended.err.endswith("\n")
    assert ended.err.count("\n") == 1, ended.err
    assert "Traceback" not in ended.err
    for word in words:
        assert word in ended.err


def test_one_file(upscale: Run, photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "large.png"
    ended = upscale(photo, "-o", out, "-s", "4")
    assert (ended.code, ended.err) == (0, "")
    assert tuple(images.read(out).pixels.shape) == (3, 36, 28)


def test_a_name_that_is_not_utf8_is_one_like_others(tmp_path: Path) -> None:
    image = _picture(tmp_path / "a.png").read_bytes()
    folder, names = tmp_path / "in", [b"a.png", b"caf\xe9.png", b"z.png"]
    folder.mkdir()
    for name in names:
        (folder / os.fsdecode(name)).write_bytes(image)
    (folder / os.fsdecode(b"\xe9.png")).write_text("no image")
    results = [name.replace(b".png", b"_x2.png") for name in names]
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "blindsr",
        "upscale",
        folder,
        "-o",
        tmp_path / "out",
        "-m",
        "bicubic_x2",
    ]
    surroundings = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}  # as in most locales
    ended = subprocess.run(command, capture_output=True, check=False, env=surroundings)
    assert ended.returncode == 1, ended.stderr
    assert sorted(line.rpartition(b"/")[2] for line in ended.stdout.splitlines()) == results
    assert all((tmp_path / "out" / os.fsdecode(name)).is_file() for name in results)
    assert ended.stderr.count(b"\n") == 1
    assert b"Traceback" not in ended.stderr


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (3, 2)])
def test_smallest_images(upscale: Run, tmp_path: Path, size: tuple[int, int]) -> None:
    source = _picture(tmp_path / "small.png", *size)
    assert upscale(source, "-o", tmp_path / "large.png").code == 0
    assert tuple(images.read(tmp_path / "large.png").pixels.shape[1:]) == (4 * size[0], 4 * size[1])


def test_the_same_seed_gives_the_same_file_and_support_counts(upscale: Run, tmp_path: Path) -> None:
    photo = _picture(tmp_path / "photo.tif", 40, 40)
    others = [_picture(tmp_path / f"other{i}.png", 20, 20, seed=i) for i in (1, 2)]
    results = []
    for name, extra in (("a", ()), ("b", ()), ("c", ("--support", *others))):
        ended = upscale(photo, "-o", tmp_path / f"{name}.tif", "--seed", "7", *extra)
        assert ended.code == 0, ended.err
        results.append((tmp_path / f"{name}.tif").read_bytes())
    assert results[0] == results[1]
    repeated = ("--support", others[0], "--support", others[1])
    assert upscale(photo, *repeated, "-o", tmp_path / "d.tif", "--seed", "7").code == 0
    assert (tmp_path / "d.tif").read_bytes() == results[2] != results[0]


def test_hints_are_handed_over_or_refused_by_name(
    upscale: Run, blindsr: Run, learner: Path, photo: Path, tmp_path: Path
) -> None:
    several = (photo, photo.with_name("none.png"), "-o", tmp_path / "o")
    _is_sentence(upscale(*several, "--blur", "1.5"), "CMDSR does not support kernel")  # once, and not for each
    ended = blindsr(
        "upscale", photo, "-o", tmp_path / "o.png", "-m", learner, "--blur", "1.5", "--steps", "3", "--report", "--json"
    )
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    assert told["output"] == str(tmp_path / "o.png")
    assert told["kernel"] == "given"
    assert told["steps"] <= 3
    assert told["consistency"]["residual"] >= told["consistency"]["unexplained"] >= 0
    assert images.read(told["consistency"]["map"]).width == images.read(photo).width
    ended = blindsr("upscale", photo, "-o", tmp_path / "p.png", "-m", "auto", "--blur", "1", "--json")
    assert ended.code == 0, ended.err
    _is_sentence(blindsr("upscale", photo, "-o", tmp_path / "q.png", "--blur", "1", "--support", photo), "name one")


def test_a_folder_keeps_its_tree(upscale: Run, tmp_path: Path) -> None:
    for name in ("a.png", "deep/er/b.jpg", ".hidden/c.png", "deep/notes.txt"):
        target = tmp_path / "in" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("text") if name.endswith("txt") else _picture(target)
    assert upscale(tmp_path / "in", "-o", tmp_path / "out").code == 0
    made = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.*"))
    assert made == ["a_x4.png", "deep/er/b_x4.jpg"]


def test_lines_for_machines(upscale: Run, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_text("hello")
    (tmp_path / "list.txt").write_text(f"# two\n{photo}\n\n{tmp_path / 'bad.png'}\n")
    ended = upscale("--files-from", tmp_path / "list.txt", "-o", tmp_path / "out", "--json", "--name", "{stem}@{scale}")
    assert ended.code == 1
    first, second = (json.loads(line) for line in ended.out.splitlines())
    assert (first["status"], first["output"]) == ("done", str(tmp_path / "out" / "photo@4.png"))
    assert first["megapixels"] == pytest.approx(36 * 28 / 1e6, abs=1e-4)
    assert second["status"] == "failed"
    assert "bad.png" in second["error"]


@pytest.mark.parametrize("ending", [(), ("--format", "tiff")])
def test_through_a_pipe(tiny: Path, photo: Path, tmp_path: Path, ending: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "blindsr", "upscale", "-", "-o", "-", "-m", str(tiny), "--precision", "fp32"]
    made = subprocess.run([*command, *ending], input=photo.read_bytes(), capture_output=True, check=True)
    assert made.stderr == b""
    (tmp_path / "out").write_bytes(made.stdout)
    picture = images.read(tmp_path / "out")
    assert (picture.height, picture.width) == (36, 28)
    assert picture.metadata.format == ("tiff" if ending else "png")


def test_pipes_that_cannot_work(upscale: Run, photo: Path, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        _picture(tmp_path / "in" / name)
    for several in ((photo, photo), (tmp_path / "in",), (tmp_path / "in" / "*.png",)):
        ended = upscale(*several, "-o", "-")
        _is_sentence(ended, "a single image")
        assert ended.out == ""
    _is_sentence(upscale(photo, "-o", "-", "--json"), "--json cannot be combined")


def test_the_format_of_results(upscale: Run, photo: Path, tmp_path: Path) -> None:
    assert upscale(photo, "-o", f"{tmp_path}/out/", "--format", "webp").code == 0
    assert images.read(tmp_path / "out" / "photo_x4.webp").metadata.format == "webp"


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (("--size", "21x"), "photo_21x.png"),
        (("--megapixels", "0.001"), "photo_0.001MP.png"),
        (("--size", "21x", "--name", "{stem}-{scale}"), "photo-21x.png"),
        (("-s", "2"), "photo_x2.png"),
        (("--name", "{stem}.png", "--format", "jpeg"), "photo.png"),
        (("--name", "{stem}", "--format", "jpeg"), "photo.jpeg"),
    ],
)
def test_names_say_the_size_and_their_ending_decides(
    upscale: Run, photo: Path, tmp_path: Path, options: tuple[str, ...], name: str
) -> None:
    assert upscale(photo, "-o", f"{tmp_path}/out/", *options).code == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == [name]


def test_a_preview_and_a_comparison(upscale: Run, photo: Path, tmp_path: Path) -> None:
    out, both = tmp_path / "part.png", tmp_path / "both.png"
    assert upscale(photo, "-o", out, "--preview", "1,2,4,3", "--compare", both).code == 0
    assert tuple(images.read(out).pixels.shape[1:]) == (12, 16)
    assert images.read(both).width == 2 * 16 + 8
    _is_sentence(upscale(photo, "-o", out, "--overwrite", "--preview", "1,2,4,300"), "does not lie inside")
    _is_sentence(upscale(photo, "-o", out, "--overwrite", "--preview", "1,2"), "X,Y,WIDTH,HEIGHT")
    _is_sentence(upscale(photo, "-o", out, "--overwrite", "--preview", "1,2,1,1", "-s", "2"), "--preview")
    other = _picture(tmp_path / "other.png")
    _is_sentence(
        upscale(photo, other, "-o", f"{tmp_path}/o/", "--compare", both), "--compare supports a single image only"
    )


def test_a_stopped_run_goes_on(upscale: Run, tmp_path: Path) -> None:
    sources = [_picture(tmp_path / f"{i}.png", seed=i) for i in range(3)]
    out = tmp_path / "out"
    assert upscale(sources[1], "-o", f"{out}/").code == 0
    before = (out / "1_x4.png").stat().st_mtime_ns
    ended = upscale(*sources, "-o", out, "--skip-existing", "--json")
    assert ended.code == 0
    assert [json.loads(line)["status"] for line in ended.out.splitlines()] == ["done", "skipped", "done"]
    assert (out / "1_x4.png").stat().st_mtime_ns == before
    _is_sentence(upscale(*sources, "-o", out, "--skip-existing", "--overwrite"), "--skip-existing")
    _is_sentence(upscale("-o", out), "name at least one")


def test_bad_support_stops_before_anything_is_written(upscale: Run, photo: Path, tmp_path: Path) -> None:
    _is_sentence(upscale(photo, "-o", tmp_path / "o.png", "--support", photo, tmp_path / "no.png"), "no.png")
    assert not (tmp_path / "o.png").exists()


@pytest.mark.parametrize("slash", ["", "/"])
def test_several_files_go_to_a_folder(upscale: Run, tmp_path: Path, slash: str) -> None:
    sources = [_picture(tmp_path / "in" / name) for name in ("a.png", "b.jpg")]
    ended = upscale(*sources, "-o", f"{tmp_path}/new/out{slash}")
    assert ended.code == 0, ended.err
    assert sorted(path.name for path in (tmp_path / "new" / "out").iterdir()) == ["a_x4.png", "b_x4.jpg"]


def test_one_file_to_a_folder(upscale: Run, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    assert upscale(photo, "-o", tmp_path / "there").code == 0
    assert upscale(photo, "-o", f"{tmp_path}/made/").code == 0
    assert (tmp_path / "there" / "photo_x4.png").exists()
    assert (tmp_path / "made" / "photo_x4.png").exists()


def test_one_bad_file_does_not_stop_the_rest(upscale: Run, photo: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_text("hello")
    second = _picture(tmp_path / "second.png")
    ended = upscale(photo, bad, second, "-o", tmp_path / "out")
    assert ended.code == 1
    assert ended.err.count("\n") == 1
    assert "bad.png" in ended.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["photo_x4.png", "second_x4.png"]


def test_all_files_bad(upscale: Run, tmp_path: Path) -> None:
    ended = upscale(tmp_path / "a.png", tmp_path / "b.png", "-o", tmp_path / "out")
    assert ended.code == 2
    assert ended.err.count("\n") == 2
    assert not (tmp_path / "out").exists()


def test_existing_files_stay_without_overwrite(upscale: Run, photo: Path, tmp_path: Path) -> None:
    out = _picture(tmp_path / "out.png", 3, 3)
    before = out.read_bytes()
    _is_sentence(upscale(photo, "-o", out), "--overwrite", "out.png")
    assert out.read_bytes() == before
    assert upscale(photo, "-o", out, "--overwrite").code == 0
    assert out.read_bytes() != before


def test_comparisons_and_maps_overwrite_nothing_either(
    upscale: Run, blindsr: Run, learner: Path, photo: Path, tmp_path: Path
) -> None:
    out, other = tmp_path / "out.png", _picture(tmp_path / "other.png")
    before = photo.read_bytes()
    for compare, extra, words in (
        (photo, ("--overwrite",), "is used twice; choose another name"),
        (out, ("--overwrite",), "is used twice; choose another name"),
        (other, (), "--overwrite"),
    ):
        _is_sentence(upscale(photo, "-o", out, "--compare", compare, *extra), words)
        assert photo.read_bytes() == before
        assert not out.exists()
    assert upscale(photo, "-o", out, "--compare", other, "--overwrite").code == 0
    drawn = _picture(tmp_path / "new.png.residual.png")
    report = (photo, "-o", tmp_path / "new.png", "-m", learner, "--steps", "0", "--report")
    ended = blindsr("upscale", *report)
    assert ended.code == 2
    assert f"{drawn} already exists" in ended.err
    assert not (tmp_path / "new.png").exists()


def test_two_inputs_for_one_output(upscale: Run, tmp_path: Path) -> None:
    sources = [_picture(tmp_path / folder / "a.png") for folder in ("one", "two")]
    _is_sentence(upscale(*sources, "-o", tmp_path / "out"), "one/a.png", "two/a.png")
    assert not (tmp_path / "out").exists()


def test_missing_file(upscale: Run, tmp_path: Path) -> None:
    _is_sentence(upscale(tmp_path / "none.png", "-o", tmp_path / "out.png"), "none.png")
    assert not (tmp_path / "out.png").exists()


def test_text_named_png(upscale: Run, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("I am not a picture.")
    _is_sentence(upscale(tmp_path / "text.png", "-o", tmp_path / "out.png"), "text.png")
    assert not (tmp_path / "out.png").exists()


def test_truncated_jpeg(upscale: Run, tmp_path: Path) -> None:
    whole = _picture(tmp_path / "whole.jpg", 64, 64)
    (tmp_path / "torn.jpg").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    _is_sentence(upscale(tmp_path / "torn.jpg", "-o", tmp_path / "out.png"), "torn.jpg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["torn.jpg", "weights", "whole.jpg"]


@pytest.mark.parametrize("name", ["file/out.png", "file/folder/", "none/out.png", "out.psd"])
def test_outputs_that_cannot_be_written(upscale: Run, photo: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    _is_sentence(upscale(photo, "-o", f"{tmp_path}/{name}"), str(tmp_path / name.split("/", maxsplit=1)[0]))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "photo.png", "weights"]


def test_names_that_are_too_long(upscale: Run, photo: Path, tmp_path: Path) -> None:
    _is_sentence(upscale(photo, "-o", tmp_path / f"{'a' * 300}.png"))
    _is_sentence(upscale(tmp_path / f"{'a' * 300}.png", "-o", tmp_path / "out.png"))


def test_unknown_model(blindsr: Run, photo: Path, tmp_path: Path) -> None:
    ended = blindsr("upscale", photo, "-o", tmp_path / "out.png", "-m", "cmdsr_x4.nonsense")
    _is_sentence(ended, "cmdsr_x4.nonsense", "blindsr models")
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    ("options", "size"),
    [
        (("-s", "2"), (18, 14)),
        (("-s", "2.5"), (22, 18)),
        (("--size", "21x"), (27, 21)),
        (("--megapixels", "0.000252"), (18, 14)),
    ],
)
def test_sizes_between(upscale: Run, photo: Path, tmp_path: Path, options: Any, size: tuple[int, int]) -> None:
    assert upscale(photo, "-o", tmp_path / "out.png", *options).code == 0
    assert tuple(images.read(tmp_path / "out.png").pixels.shape[1:]) == size


def test_sizes_out_of_reach(upscale: Run, photo: Path, tmp_path: Path) -> None:
    _is_sentence(upscale(photo, "-o", tmp_path / "out.png", "-s", "9"), "at most 8 times")
    _is_sentence(
        upscale(photo, "-o", tmp_path / "out.png", "-s", "2", "--size", "9x"),
        "give only one of --scale, --size and --megapixels",
    )


def test_no_strength_is_bicubic(upscale: Run, blindsr: Run, photo: Path, tmp_path: Path) -> None:
    assert upscale(photo, "-o", tmp_path / "none.png", "--strength", "0").code == 0
    assert blindsr("upscale", photo, "-o", tmp_path / "bicubic.png", "-m", "bicubic").code == 0
    none, bicubic = (images.read(tmp_path / f"{name}.png").pixels for name in ("none", "bicubic"))
    assert float((none - bicubic).abs().max()) <= 1.01 / 255


@pytest.mark.parametrize(
    "option", [("--tile", "many"), ("--tile", "0"), ("--device", "cuda:99"), ("--device", "toaster")]
)
def test_settings_that_make_no_sense(blindsr: Run, photo: Path, tmp_path: Path, option: tuple[str, str]) -> None:
    _is_sentence(blindsr("upscale", photo, "-o", tmp_path / "out.png", "-m", "bicubic", *option))


@pytest.mark.parametrize(("scale", "size"), [("3", (27, 21)), ("1", (9, 7)), ("0.5", (4, 4)), ("12", (108, 84))])
def test_bicubic_takes_any_scale(blindsr: Run, photo: Path, tmp_path: Path, scale: str, size: tuple[int, int]) -> None:
    assert blindsr("upscale", photo, "-o", tmp_path / "out.png", "-m", "bicubic", "-s", scale).code == 0
    assert tuple(images.read(tmp_path / "out.png").pixels.shape[1:]) == size


def test_bicubic_has_an_end(blindsr: Run, photo: Path, tmp_path: Path) -> None:
    ended = blindsr("upscale", photo, "-o", tmp_path / "out.png", "-m", "bicubic", "-s", "500")
    _is_sentence(ended, "at most 198 times")


def test_a_cluster_gets_the_same_work(
    upscale: Run, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}

    def run(inputs: list[str], out: str, options: Options, naming: Naming, **more: Any) -> Iterator[dict[str, Any]]:
        given.update(more, inputs=inputs, out=out, options=options, naming=naming)
        line = {"input": "s3://a/b.png", "output": "s3://c/b_x4.png", "error": None, "megapixels": 1.0}
        yield {**line, "status": "done"}
        yield {**line, "status": "failed", "error": "s3://a/b.png is damaged"}

    monkeypatch.setattr(ray, "restore_on_ray", run)
    ended = upscale(
        "s3://a", "-o", "s3://c", "--engine", "ray", "--workers", "3", "--strength", "0.5", "--skip-existing"
    )
    assert (ended.code, ended.out) == (1, "s3://c/b_x4.png\n")
    assert "is damaged" in ended.err
    assert (given["inputs"], given["out"], given["workers"], given["address"]) == (["s3://a"], "s3://c", 3, None)
    assert (given["options"].strength, given["options"].existing, given["naming"].scale) == (0.5, "skip", 4)
    travelled = pickle.loads(pickle.dumps(given["options"].portable()))
    assert Restorer(travelled).upscaler.scale == 4


@pytest.mark.parametrize("options", [("--engine", "ray", "--compare", "c.png"), ("--workers", "2")])
def test_a_cluster_is_for_many_images(upscale: Run, photo: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    _is_sentence(upscale(photo, "-o", tmp_path / "out", *options), "--engine ray")


def test_ctrl_c_ends_cleanly(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(60):
        _picture(tmp_path / "in" / f"{number:02}.png", 64, 64, number)
    command = [sys.executable, "-m", "blindsr", "upscale", tmp_path / "in", "-o", tmp_path / "out", "-m", tiny]
    # Where the tests run in the background, SIGINT is ignored, and what they start would ignore it too.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        running = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    finally:
        signal.signal(signal.SIGINT, before)
    while running.poll() is None and len(list((tmp_path / "out").glob("*.png"))) < 2:
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    told = running.communicate(timeout=60)[1]
    assert (running.returncode, told) == (130, b"")
    made = sorted((tmp_path / "out").iterdir())
    assert 2 <= len(made) < 60
    for path in made:
        assert images.read(path).width == 256  # whole, and nothing else is there
