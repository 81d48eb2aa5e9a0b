"""Videos are restored with all that belongs to them, and go on where they were stopped."""

import shutil
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import fsspec
import numpy as np
import pytest

import blindsr
from blindsr.errors import BlindSRError, Code
from blindsr.inference.progress import CancelledError, Watch
from blindsr.pipeline.options import Options
from blindsr.video import restore as room
from blindsr.video.clip import Clip
from blindsr.video.restore import restore_video
from blindsr.weights import available

av = pytest.importorskip("av", reason="needs the extra video")
BICUBIC = Options(model="bicubic_x2", device="cpu", strength=0.0)


@pytest.mark.parametrize(
    "how", [{}, {"pixel_format": "yuv420p10le"}, {"pixel_format": "yuv444p", "matrix": 6}, {"full": True}]
)
def test_everything_is_carried(how: dict[str, Any], clip: Any, tmp_path: Path) -> None:
    path, times = clip(**how)
    target = tmp_path / "out.mkv"
    made = restore_video(path, target, replace(BICUBIC, crf=1))
    assert (made.frames, made.shots, made.reused) == (12, 2, 0)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["clip.mkv", "out.mkv"]
    before, after = Clip(path), Clip(target)
    assert (after.width, after.height) == (96, 64)
    assert after.tags == before.tags
    assert after.pixel_format == before.pixel_format
    frames = list(after.frames())
    assert [frame.pts for frame in frames] == times
    for source, result in zip(before.frames(), frames, strict=True):
        corner = (slice(None), slice(-6, -2), slice(-6, -2))
        wanted = before.picture(source).pixels[corner].mean((1, 2))
        corner = (slice(None), slice(-12, -4), slice(-12, -4))
        assert (255 * (after.picture(result).pixels[corner].mean((1, 2)) - wanted)).abs().max() < 1
    with av.open(str(path)) as one, av.open(str(target)) as other:
        assert other.metadata["title"] == "A clip"
        sounds = [np.concatenate([f.to_ndarray() for f in c.decode(audio=0)], 1) for c in (one, other)]
        assert np.array_equal(sounds[0], sounds[1])


def _restore_a_quarter(path: Path, target: Path, options: Options) -> None:
    """Restore a clip and stop after a quarter of its frames."""
    cancel = Event()

    def stop(fraction: float) -> None:
        if fraction >= 1 / 4:
            cancel.set()

    with pytest.raises(CancelledError):
        restore_video(path, target, options, progress=Watch(stop, cancel))


def test_a_run_that_was_stopped_goes_on(clip: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_SEGMENT", 3)
    path, times = clip()
    target = tmp_path / "out.mkv"
    _restore_a_quarter(path, target, BICUBIC)
    assert not target.exists()
    parts = sorted(one.name for one in (tmp_path / ".out.mkv.parts").iterdir())
    assert parts == ["000000.npz", "plan.json"]
    made = restore_video(path, target, BICUBIC)
    assert made.reused == 1
    assert [frame.pts for frame in Clip(target).frames()] == times
    whole = restore_video(path, tmp_path / "whole.mkv", BICUBIC)
    assert whole.reused == 0
    pairs = zip(Clip(target).frames(), Clip(tmp_path / "whole.mkv").frames(), strict=True)
    assert all(np.array_equal(a.to_ndarray(), b.to_ndarray()) for a, b in pairs)


def test_other_options_do_not_go_on(clip: Any, tmp_path: Path) -> None:
    path, _ = clip()
    parts = tmp_path / ".out.mkv.parts"
    parts.mkdir()
    (parts / "plan.json").write_text('{"key": "another"}')
    (parts / "000000.npz").write_bytes(b"of another run")
    assert restore_video(path, tmp_path / "out.mkv", BICUBIC).reused == 0


def test_segments_of_replaced_weights_are_not_used(clip: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_SEGMENT", 3)
    path, _ = clip()
    target, weights = tmp_path / "out.mkv", tmp_path / "mine.safetensors"
    shutil.copy(available()["cmdsr_x2.photo"], weights)
    options = replace(BICUBIC, model=weights, overwrite=True)
    _restore_a_quarter(path, target, options)
    assert restore_video(path, target, options).reused == 1
    _restore_a_quarter(path, target, options)
    shutil.copy(available()["cmdsr_x4.photo"], weights)
    assert restore_video(path, target, options).reused == 0


def test_one_condition_for_each_shot(clip: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from blindsr.inference import Upscaler

    looked: list[float] = []
    real = Upscaler.estimate_condition

    def estimate(self: Upscaler, source: Any, *hints: Any) -> Any:
        looked.append(float(source.pixels[2].mean()))
        return real(self, source, *hints)

    monkeypatch.setattr(room, "_SEGMENT", 2)
    monkeypatch.setattr(Upscaler, "estimate_condition", estimate)
    path, _ = clip()
    restore_video(path, tmp_path / "out.mp4", BICUBIC)
    assert len(looked) == 2
    assert abs(looked[0] - looked[1]) > 0.2


def test_the_entry_for_files_takes_videos(clip: Any, tmp_path: Path) -> None:
    path, times = clip()
    target, told = tmp_path / "out.mkv", list[float]()
    with pytest.raises(BlindSRError, check=Code.MISSING_OPTION.matches):
        blindsr.restore_file(path, None, BICUBIC)
    cancel = Event()
    cancel.set()
    with pytest.raises(CancelledError):
        blindsr.restore_file(path, target, BICUBIC, progress=Watch(cancel=cancel))
    assert not target.exists()
    outcome = blindsr.restore_file(str(path), str(target), BICUBIC, progress=told.append)
    assert outcome.error is None
    assert outcome.megapixels == pytest.approx(12 * 96 * 64 / 1e6)
    assert outcome.to_dict()["shots"] == 2
    assert told == sorted(told)
    assert told[-1] == 1
    assert [frame.pts for frame in Clip(target).frames()] == times
    with pytest.raises(BlindSRError, check=Code.FILE_EXISTS.matches):
        blindsr.restore_file(path, target, BICUBIC)
    assert blindsr.restore_file(path, target, replace(BICUBIC, skip_existing=True)).skipped


def test_a_video_in_a_store_is_restored_there(clip: Any, tmp_path: Path) -> None:
    path, times = clip()
    store = fsspec.filesystem("memory")
    store.pipe("/videos/clip.mkv", path.read_bytes())
    try:
        blindsr.restore_file("memory://videos/clip.mkv", "memory://videos/out.mkv", BICUBIC)
        (tmp_path / "fetched.mkv").write_bytes(store.cat("/videos/out.mkv"))
        store.pipe("/videos/bad.mkv", b"no video")
        with pytest.raises(BlindSRError, check=Code.CANNOT_DECODE.matches) as caught:
            blindsr.restore_file("memory://videos/bad.mkv", "memory://videos/other.mkv", BICUBIC)
        assert "memory://" in str(caught.value)
    finally:
        store.rm("/videos", recursive=True)
    assert [frame.pts for frame in Clip(tmp_path / "fetched.mkv").frames()] == times


@pytest.mark.parametrize("suffix", [".ts", ".m2ts", ".mov", ".m4v", ".flv"])
def test_results_in_other_formats_can_be_read(suffix: str, clip: Any, tmp_path: Path) -> None:
    path, times = clip(frames=55)
    made = restore_video(path, tmp_path / f"out{suffix}", BICUBIC)
    assert made.notes == ()
    result = Clip(tmp_path / f"out{suffix}")
    shown = [float(frame.pts * result.time_base) for frame in result.frames()]
    assert [time - shown[0] for time in shown] == pytest.approx([time / 1000 for time in times])
    with result.opened() as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]


def test_frames_in_avi_keep_their_order(clip: Any, tmp_path: Path) -> None:
    path, times = clip(frames=30, cut=30)
    restore_video(path, tmp_path / "out.avi", BICUBIC)
    shown = [frame.pts for frame in Clip(tmp_path / "out.avi").frames()]
    assert shown == sorted(shown)
    assert len(shown) == len(times)


@pytest.mark.parametrize(("name", "code"), [("a.mpg", Code.UNSUPPORTED_FORMAT), ("a.webm", Code.UNKNOWN_NAME)])
def test_formats_without_the_encoder_are_refused_before_the_work(
    name: str, code: Code, clip: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = clip()
    monkeypatch.setattr("blindsr.video.restore._plan", None)
    with pytest.raises(BlindSRError, check=code.matches):
        restore_video(path, tmp_path / name, BICUBIC)


def test_refusals(clip: Any, tmp_path: Path) -> None:
    path, _ = clip()
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
        restore_video(path, tmp_path / "o.mkv", Options(preview="0,0,1,1"))
    with pytest.raises(BlindSRError, check=Code.UNKNOWN_NAME.matches):
        restore_video(path, tmp_path / "o.mkv", replace(BICUBIC, codec="nonsense"))
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_FORMAT.matches):
        restore_video(path, tmp_path / "o.nonsense", BICUBIC)
    (tmp_path / "there.mkv").touch()
    with pytest.raises(BlindSRError, check=Code.FILE_EXISTS.matches):
        restore_video(path, tmp_path / "there.mkv", BICUBIC)
