from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from blindsr.errors import BlindSRError, Code
from blindsr.images import formats
from blindsr.inference.progress import Watch
from blindsr.pipeline import memory
from blindsr.web.engine import service
from blindsr.web.work import tasks as work

Photograph = Callable[..., bytes]


def test_extensions_that_the_server_knows_are_those_of_the_library() -> None:
    assert service._SUFFIXES == formats.READ


@pytest.mark.parametrize("model", ["../../x.safetensors", "/etc/passwd", "cmdsr_x4.nothing", "x.pth"])
def test_a_model_is_never_a_path(model: str) -> None:
    with pytest.raises(BlindSRError, check=Code.UNKNOWN_NAME.matches):
        work.parse_options({"model": model}, {})


def test_options_that_are_no_ones_are_refused() -> None:
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
        work.parse_options({"nonsense": 1}, {})


def test_photographs_stay_in_memory_while_there_is_room(
    photograph: Photograph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "_photographs", {})
    monkeypatch.setattr(work, "_KEPT_PIXELS", 2 * 48 * 40)
    for name in "abc":
        (tmp_path / name).write_bytes(photograph())
    first = work._photograph(str(tmp_path / "a"))
    work._photograph(str(tmp_path / "b"))
    assert work._photograph(str(tmp_path / "a")) is first
    work._photograph(str(tmp_path / "c"))
    assert [Path(one).name for one in work._photographs] == ["a", "c"]


def test_a_photograph_is_looked_at_once_for_options_that_agree(
    photograph: Photograph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "_photographs", {})
    source = tmp_path / "a.png"
    source.write_bytes(photograph())

    def preview(**values: object) -> bytes:
        target = tmp_path / "out.png"
        target.unlink(missing_ok=True)
        settings = {"device": "cpu"}
        work.preview(
            source=str(source),
            target=str(target),
            region=[4, 4, 16, 16],
            values=values,
            settings=settings,
            watch=Watch(),
        )
        return target.read_bytes()

    weak, strong = preview(strength=0.2), preview(strength=1.0)
    looks = work._photographs[str(source)].looks
    assert len(looks) == 1
    kept = preview(denoise=0.0)
    assert len(looks) == 2
    assert len({weak, strong, kept}) == 3
    for seed in range(5):
        preview(seed=seed)
    assert len(looks) == 4


def test_a_job_that_would_take_all_memory_is_refused(
    photograph: Photograph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "bytes_needed", lambda *_: 10**15)
    source = tmp_path / "a.png"
    source.write_bytes(photograph())

    def restored(kind: str) -> dict[str, object]:
        values = {"model": "bicubic", "format": kind}
        settings = {"device": "cpu"}
        return work.restore(
            source=str(source),
            name="a.png",
            folder=str(tmp_path / kind),
            values=values,
            settings=settings,
            watch=Watch(),
        )

    for kind in ("png", "jpeg"):  # in strips
        assert restored(kind)["width"] == 192
    with pytest.raises(BlindSRError, check=Code.OUT_OF_MEMORY.matches):
        restored("webp")


def test_an_animated_gif_stays_one(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (24, 20), (level, 90, 60)) for level in (40, 200)]
    source = tmp_path / "original"  # files are stored without their names
    frames[0].save(source, "GIF", save_all=True, append_images=frames[1:], duration=80)
    found = work.restore(
        source=str(source),
        name="a.gif",
        folder=str(tmp_path / "out"),
        values={"model": "bicubic", "scale": 2},
        settings={},
        watch=Watch(),
    )
    assert (found["name"], found["format"]) == ("a_x2.gif", "gif")
