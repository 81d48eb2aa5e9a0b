"""Restoration of videos: one condition per shot, in segments, so that interrupted runs can be resumed."""

import hashlib
import json
import math
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from blindsr import files
from blindsr.analysis.choice import Auto
from blindsr.errors import BlindSRError, Code
from blindsr.inference.faithful import ImplausibleError
from blindsr.inference.progress import Watch
from blindsr.inference.size import Size
from blindsr.inference.upscaler import Upscaler
from blindsr.pipeline.options import Options
from blindsr.pipeline.restorer import Restorer
from blindsr.version import __version__
from blindsr.video.clip import Clip
from blindsr.video.encode import Encoding, SegmentEncoder, join
from blindsr.video.shots import find_shots, histogram
from blindsr.weights import find_weights

_SEGMENT = 48
"""Largest number of frames of a segment; an interrupted run repeats at most one segment."""
_REFUSED = ("preview", "compare", "native", "support", "report")
"""Options that are not supported for videos."""


@dataclass(frozen=True)
class Restored:
    """Outcome of a video."""

    frames: int
    shots: int
    reused: int
    """Segments of an interrupted run that were reused."""
    seconds: float
    megapixels: float
    """Total size of all frames of the result."""
    notes: tuple[str, ...]

    @property
    def findings(self) -> dict[str, Any]:
        """Findings as values for JSON."""
        findings = {"frames": self.frames, "shots": self.shots, "reused": self.reused}
        return {**findings, **({"notes": list(self.notes)} if self.notes else {})}


@dataclass(frozen=True)
class _Plan:
    """Properties of a clip, determined before restoration."""

    times: list[int]
    """Presentation time of each frame, in units of the clip's time base."""
    shots: list[tuple[int, int]]
    """First frame and end frame (exclusive) of each shot."""

    @property
    def segments(self) -> list[tuple[int, int, int]]:
        """Shot, first frame and end frame (exclusive) of each segment."""
        return [
            (number, begin, min(end, begin + _SEGMENT))
            for number, (start, end) in enumerate(self.shots)
            for begin in range(start, end, _SEGMENT)
        ]


def restore_video(
    source: Path,
    target: Path,
    options: Options = Options(),
    *,
    progress: Callable[[float], None] | None = None,
) -> Restored:
    """Restore a video; audio, subtitles, timestamps, colour tags and metadata are kept.

    The condition of a shot is estimated from its middle frame, which avoids flicker. Segments are stored in a folder
    next to the target until it is complete, so that the same call resumes an interrupted run.

    Args:
        source: SDR video in a format that FFmpeg supports.
        target: output file; the extension determines the format.
        options: options of restoration.
        progress: called with the finished fraction; a `Watch` can also cancel the work.

    Raises:
        BlindSRError: a file cannot be read or written, or an option is not supported for videos.
        CancelledError: the watch cancelled the work.
    """
    begin, notes = time.perf_counter(), list[str]()
    watch = Watch.of(progress).collecting_warnings(notes)
    for name in _REFUSED:
        if getattr(options, name) not in (None, False, "off"):
            raise BlindSRError(f"--{name} is not supported for videos; remove it", Code.UNSUPPORTED_OPTION)
    files.check_new(target, (source,), overwrite=options.overwrite)
    files.check_writable(target)
    clip, encoding = Clip(source), Encoding(options.codec, options.crf, target.suffix.lower())
    encoding.check(clip)
    parts = target.with_name(f".{target.name}.parts")
    plan = _plan(clip, parts, _key(source, options, encoding))
    work = _Work(clip, encoding, plan, Restorer(options), watch)
    reused, paths = 0, []
    for number, segment in enumerate(plan.segments):
        path = parts / f"{number:06}.npz"
        if path.is_file():
            reused += 1
        else:
            work.restore(segment, path)
        paths.append(path)
        watch(segment[2] / len(plan.times))
    with files.atomic_write(target, overwrite=options.overwrite) as part:
        join(clip, paths, part, encoding=encoding, size=work.size, watch=watch)
    shutil.rmtree(parts)
    megapixels = len(plan.times) * math.prod(work.size) / 1e6
    return Restored(len(plan.times), len(plan.shots), reused, time.perf_counter() - begin, megapixels, tuple(notes))


class _Work:
    """Restores segments, and caches the condition of the current shot."""

    def __init__(self, clip: Clip, encoding: Encoding, plan: _Plan, restorer: Restorer, watch: Watch) -> None:
        self._clip, self._encoding, self._plan, self._watch = clip, encoding, plan, watch
        self._restorer, self._shot = restorer, -1
        self._upscaler, self._wanted = self._chosen(restorer.options.result_size)
        self.size = _even(self._wanted.resolve(clip.width, clip.height, self._upscaler.scale))
        self._condition: Any = None

    def _chosen(self, size: Size) -> tuple[Upscaler, Size]:
        """Select the model by the middle of the first shot; return it with the size of results."""
        if isinstance(self._restorer.upscaler, Upscaler):
            return self._restorer.upscaler, size
        chooser: Auto = self._restorer.upscaler
        upscaler, choice = chooser.choose(self._middle(0), None)
        self._watch.warn(f"{choice.model} restores this video: {choice.reason}")
        return upscaler, Size(factor=chooser.factor) if size == Size() else size

    def _middle(self, shot: int) -> Any:
        start, end = self._plan.shots[shot]
        return self._clip.picture(next(self._clip.frames(self._plan.times[(start + end) // 2])))

    def restore(self, segment: tuple[int, int, int], path: Path) -> None:
        """Restore a segment to a file; if the model fails on a frame, a fallback restores the remaining ones."""
        shot = segment[0]
        while True:
            if shot != self._shot:
                known, hints = self._restorer.condition, self._restorer.hints
                found = self._upscaler.estimate_condition(self._middle(shot), hints) if known is None else known
                self._shot, self._condition = shot, found
            try:
                self._encode(segment, path)
            except ImplausibleError as error:
                self._upscaler, self._shot = self._upscaler.fallback_for(error, self._watch), -1
            else:
                return

    def _encode(self, segment: tuple[int, int, int], path: Path) -> None:
        _, begin, end = segment
        encoder = SegmentEncoder(self._clip, self._encoding, self.size)
        frames = self._clip.frames(self._plan.times[begin])
        for index in range(begin, end):
            frame = next(frames, None)
            if frame is None:
                raise BlindSRError(f"{self._clip.path} is corrupt: a frame cannot be decoded again", Code.CANNOT_DECODE)
            picture = self._upscaler.enlarge(
                self._clip.picture(frame),
                self._condition,
                size=Size(exact=self.size),
                strength=self._restorer.options.strength,
                strict=True,
            )
            encoder.add(picture, self._plan.times[index])
            self._watch(index / len(self._plan.times))
        encoder.write(path)


def _even(size: tuple[int, int]) -> tuple[int, int]:
    """Round a size to even numbers, for subsampled chroma."""
    width, height = (max(2, 2 * round(side / 2)) for side in size)
    return width, height


def _plan(clip: Clip, parts: Path, key: str) -> _Plan:
    """Load the plan of an interrupted run, or create one; segments of other runs are removed."""
    state = parts / "plan.json"
    if state.is_file():
        try:
            known = json.loads(state.read_text(encoding="utf-8"))
            if known["key"] == key:
                return _Plan(known["times"], [(start, end) for start, end in known["shots"]])
        except (ValueError, LookupError, TypeError, OSError):
            pass
        shutil.rmtree(parts)
    times, histograms = [], []
    for frame in clip.frames():
        times.append(frame.pts)
        histograms.append(histogram(clip.small(frame)))
    if not times:
        raise BlindSRError(f"{clip.path} has no frames that can be decoded", Code.CANNOT_DECODE)
    plan = _Plan(times, find_shots(histograms))
    files.make_folder(parts)
    files.write_file(state, json.dumps({"key": key, "times": plan.times, "shots": plan.shots}))
    return plan


def _key(source: Path, options: Options, encoding: Encoding) -> str:
    """Return a hash of everything that segments depend on."""
    left_out = ("overwrite", "skip_existing", "max_memory", "device", "condition", "model")
    said = {one.name: str(getattr(options, one.name)) for one in fields(options) if one.name not in left_out}
    model = options.model if isinstance(options.model, str | Path) else type(options.model).__name__
    named = [Path(one) for one in (options.condition, options.kernel) if isinstance(one, str | Path)]
    read = [source, _weights(options.model), *named]
    stamps = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in read if path and path.is_file()]
    text = json.dumps([__version__, stamps, str(model), str(options.condition), said, str(encoding)])
    return hashlib.sha256(text.encode()).hexdigest()


def _weights(model: object) -> Path | None:
    """Return the file of weights; None for models that are chosen or are no file."""
    if not isinstance(model, str | Path):
        return None
    try:
        return find_weights(model)
    except BlindSRError:
        return None
