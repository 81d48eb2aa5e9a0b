"""Many photographs: while one is restored, the next is read and the last is written."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

from blindsr import images
from blindsr.analysis.choice import Auto, unseen
from blindsr.analysis.consistency import consistency
from blindsr.analysis.native import Native, resolve, shrunk
from blindsr.contract import Hints
from blindsr.errors import BlindSRError
from blindsr.files import PlaceTakenError, check_new
from blindsr.images import Frames, Picture
from blindsr.images.quality import jpeg_quality
from blindsr.images.read import MAX_PIXELS
from blindsr.images.strips import SUFFIXES, Strips
from blindsr.inference.size import Size
from blindsr.inference.tiles import out_of_memory
from blindsr.inference.upscaler import Upscaler
from blindsr.pipeline import memory, stream
from blindsr.pipeline.comparison import side_by_side
from blindsr.pipeline.frames import enlarge_frames, fitting_tile, middle
from blindsr.pipeline.naming import Job

Existing = Literal["refuse", "skip", "replace"]
"""What happens where a result is there already."""
_How: TypeAlias = tuple[Hints, "Form", Existing]
_TROUBLE = (BlindSRError, OSError, MemoryError, RuntimeError)
"""What may happen to one photograph and need not to the next; torch says by a RuntimeError that memory ran out."""


@dataclass(frozen=True)
class Outcome:
    """What became of one photograph."""

    job: Job
    error: str | None = None
    """One sentence; None if all went well."""
    skipped: bool = False
    seconds: float = 0.0
    """Time that looking at it and restoring it took."""
    megapixels: float = 0.0
    """Of the result."""
    findings: dict[str, Any] = field(default_factory=dict)
    """What the method found out, and how well the result explains the photograph by it."""

    def line(self) -> dict[str, Any]:
        """All of it, as it is printed for machines."""
        kind = "failed" if self.error else "skipped" if self.skipped else "done"
        names = {"input": str(self.job.source), "output": str(self.job.target), "status": kind, "error": self.error}
        measured = {"seconds": round(self.seconds, 3), "megapixels": round(self.megapixels, 4)}
        return {**names, **measured, **self.findings}


@dataclass(frozen=True)
class Form:
    """What a result is to be like."""

    size: Size = Size()
    strength: float = 1.0
    """0 is the bicubic enlargement, 1 the network's result."""
    quality: int = 95
    """Of JPEG, WebP, AVIF and HEIC files, 1 to 100."""
    bits: int | None = None
    """Depth of the results, 8, 16 or 32 for floats; that of the photograph, if the file can hold it, if not given."""
    preview: tuple[int, int, int, int] | None = None
    """Left, top, width and height of the only part that is restored."""
    compare: Path | None = None
    """Where to show a photograph before and after, side by side."""
    condition: Any = None
    """What was found out about other photographs of the same camera, to be used for all of these."""
    max_memory: int | None = None
    """Bytes that the process is to stay under; most of what is free if not given."""
    native: Native | None = None
    """What of its side an image is shrunk to before it is restored; the size of the result stays the same.

    If not given, it is that of the choice where a model is chosen for each image that is not too large, else 1."""


def restore_all(
    upscaler: Upscaler | Auto,
    jobs: Sequence[Job],
    hints: Hints = Hints(),
    *,
    existing: Existing = "refuse",
    form: Form = Form(),
    report: bool = False,
) -> Iterator[Outcome]:
    """Restore photographs one after the other; one that fails does not stop the rest.

    Every result is there whole or not at all, so a run that was stopped goes on with ``existing="skip"``. Closing the
    iterator early finishes what is being written and starts nothing more.

    Args:
        upscaler: what restores, or what chooses it for each photograph.
        jobs: what to read and where to write it.
        hints: what is known of all of them.
        existing: what happens where a result is there already.
        form: what the results are to be like.
        report: collect findings, and draw beside each result where it does not explain its photograph.

    Yields:
        An outcome for each job, in their order, once its file is written.
    """
    read = partial(_read, upscaler=upscaler, existing=existing, form=form, report=report)
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
        ahead: deque[tuple[Job, Future[Picture | Frames | Large | None]]] = deque()
        written: deque[tuple[Outcome, Future[None]]] = deque()
        pending = iter(jobs)
        try:
            for job in pending:
                ahead.append((job, reader.submit(read, job)))
                if len(ahead) > 1:
                    break
            while ahead:
                job, reading = ahead.popleft()
                following = next(pending, None)
                if following is not None:
                    ahead.append((following, reader.submit(read, following)))
                outcome, result = _restore(upscaler, job, reading, (hints, form, existing), report=report)
                future = writer.submit(_write, job, result, form, overwrite=existing == "replace")
                while written:
                    yield _settle(*written.popleft(), existing)
                written.append((outcome, future))
            while written:
                yield _settle(*written.popleft(), existing)
        finally:
            reader.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class Large:
    """An image whose result does not fit in memory."""

    width: int
    height: int
    limit: int


def _read(
    job: Job, *, upscaler: Upscaler | Auto, existing: Existing, form: Form, report: bool
) -> Picture | Frames | Large | None:
    if existing == "skip" and job.target.exists():
        return None
    check_new(job.target, overwrite=existing == "replace")
    if form.compare is not None:
        check_new(form.compare, (job.source, job.target), overwrite=existing == "replace")
    if report:  # a run that was stopped may have left it without its result
        check_new(job.map, (job.source,), overwrite=existing != "refuse")
    return _large(job, upscaler, form) or images.load(job.source)


def _large(job: Job, chooser: Upscaler | Auto, form: Form) -> Large | None:
    """Whether an image has to be restored in strips; only if the user gave a limit is it an error that it cannot be."""
    try:
        strips = Strips(job.source)
    except BlindSRError:
        return None  # reading it whole says what is wrong, or succeeds
    width, height, limit = strips.width, strips.height, _limit(form)
    upscaler = chooser if isinstance(chooser, Upscaler) else chooser.largest
    factor = _factor(form.size, width, height, chooser.scale)
    if width * height <= MAX_PIXELS and memory.needed(upscaler, width, height, factor) <= limit:
        return None
    plain = form.preview is None and form.compare is None and form.native in (None, 1)
    if plain and job.target.suffix.lower() in SUFFIXES:
        return Large(width, height, limit)
    if form.max_memory is None:
        return None
    raise BlindSRError(
        f"{job.source} with {width}x{height} pixels does not fit in the memory allowed; it can be "
        "enlarged to a PNG or TIFF file, without preview, comparison or native resolution"
    )


def _limit(form: Form) -> int:
    return form.max_memory or memory.parse("auto")


def _factor(size: Size, width: int, height: int, scale: int) -> float:
    """How much larger than the image is what has to be held of its result."""
    return max(scale, size.of(width, height, scale)[0] / width)


def _restore(
    upscaler: Upscaler | Auto,
    job: Job,
    reading: "Future[Picture | Frames | Large | None]",
    how: _How,
    *,
    report: bool,
) -> tuple[Outcome, Picture | Frames | None]:
    hints, form, existing = how
    try:
        picture = reading.result()
        if picture is None:
            return Outcome(job, skipped=True), None
        _prepare(job, form)
        begin = time.perf_counter()
        if isinstance(picture, Large):
            return _restore_large(upscaler, job, picture, how, report=report), None
        if isinstance(picture, Frames):
            return _restore_frames(upscaler, job, picture, how, report=report)
        upscaler, form, chosen = _chosen(upscaler, job, picture, form, report=report)
        picture, size, fraction = _at_native(picture, form, upscaler.scale)
        if form.preview is None:
            images.check_sides(job.target, *size.of(picture.width, picture.height, upscaler.scale))
        condition = upscaler.look(picture, hints) if form.condition is None else form.condition
        tile = _tile(upscaler, picture, size, form)
        if form.preview is not None:
            result = upscaler.preview(picture, condition, form.preview, tile=tile)
        else:
            result = upscaler.enlarge(picture, condition, size=size, strength=form.strength, tile=tile)
        if form.compare is not None:
            shown = side_by_side(_shown(picture, form.preview), result)
            images.write(shown, form.compare, overwrite=existing == "replace")
        seconds = time.perf_counter() - begin
        findings = (
            {**chosen, **fraction, **_findings(upscaler, job, (picture, result), condition, existing)}
            if report
            else chosen
        )
    except _TROUBLE as error:
        return _failure(job, error, existing), None
    megapixels = result.height * result.width / 1e6
    return Outcome(job, seconds=seconds, megapixels=megapixels, findings=findings), result


def _tile(upscaler: Upscaler, picture: Picture, size: Size, form: Form) -> int:
    """Side of the tiles that fit beside a picture and its result."""
    width, height = picture.width, picture.height
    held = memory.whole(width * height, _factor(size, width, height, upscaler.scale))
    return memory.fitting_tile(upscaler, width, height, _limit(form) - held)


def _chosen(
    upscaler: Upscaler | Auto, job: Job, picture: Picture, form: Form, *, report: bool
) -> tuple[Upscaler, Form, dict[str, Any]]:
    """The model for a picture, at its native resolution unless the user said another, and what to tell of that."""
    if isinstance(upscaler, Upscaler):
        return upscaler, form, {}
    one, choice = upscaler.choose(picture, jpeg_quality(job.source))
    size = Size(factor=upscaler.factor) if form.size == Size() else form.size
    chosen = {"model": choice.model, **({"because": list(choice.reasons)} if report else {})}
    return one, replace(form, size=size, native=choice.native if form.native in (None, "auto") else form.native), chosen


def _fixed(upscaler: Upscaler | Auto, job: Job) -> tuple[Upscaler, dict[str, Any]]:
    """The model for images that are too large to be analysed, and what to tell of that."""
    if isinstance(upscaler, Upscaler):
        return upscaler, {}
    model = unseen(jpeg_quality(job.source))
    return upscaler.load(model), {"model": model}


def _at_native(picture: Picture, form: Form, scale: int) -> tuple[Picture, Size, dict[str, float]]:
    """A picture at its native resolution, the size that its result is to have, and what to report of that."""
    fraction = resolve(form.native or 1.0, picture.pixels)
    if fraction == 1:
        return picture, form.size, {}
    size = Size(exact=form.size.of(picture.width, picture.height, scale))
    return shrunk(picture, fraction), size, {"native": round(fraction, 3)}


def _restore_large(chooser: Upscaler | Auto, job: Job, large: Large, how: _How, *, report: bool) -> Outcome:
    hints, form, existing = how
    begin = time.perf_counter()
    upscaler, chosen = _fixed(chooser, job)
    condition = stream.restore_file(
        upscaler,
        job.source,
        job.target,
        hints,
        max_memory=large.limit,
        condition=form.condition,
        size=form.size,
        strength=form.strength,
        bits=form.bits,
        overwrite=existing == "replace",
    )
    findings = {**chosen, **upscaler.method.describe(condition)} if report else chosen
    width, height = form.size.of(large.width, large.height, upscaler.scale)
    megapixels = width * height / 1e6
    return Outcome(job, seconds=time.perf_counter() - begin, megapixels=megapixels, findings=findings)


def _restore_frames(
    upscaler: Upscaler | Auto, job: Job, frames: Frames, how: _How, *, report: bool
) -> tuple[Outcome, Frames]:
    hints, form, _ = how
    if form.preview is not None or form.compare is not None:
        raise BlindSRError(f"{job.source} has {len(frames)} frames; --preview and --compare are for single pictures")
    images.check_frames(job.target, frames, form.bits)
    begin = time.perf_counter()
    upscaler, form, chosen = _chosen(upscaler, job, middle(frames), form, report=report)
    for one in frames.samples:
        images.check_sides(job.target, *form.size.of(one.shape[1], one.shape[0], upscaler.scale))
    result = enlarge_frames(
        upscaler,
        frames,
        hints,
        condition=form.condition,
        size=form.size,
        strength=form.strength,
        bits=form.bits,
        native=form.native or 1.0,
        tile=fitting_tile(upscaler, frames, _limit(form)),
    )
    megapixels = sum(one.shape[0] * one.shape[1] for one in result.samples) / 1e6
    findings = {**chosen, "frames": len(frames)} if report else chosen
    return Outcome(job, seconds=time.perf_counter() - begin, megapixels=megapixels, findings=findings), result


def _shown(picture: Picture, region: tuple[int, int, int, int] | None) -> Picture:
    """The part of a picture that a result shows."""
    if region is None:
        return picture
    left, top, width, height = region
    return replace(picture, pixels=picture.pixels[:, top : top + height, left : left + width], alpha=None)


def _findings(
    upscaler: Upscaler, job: Job, pair: tuple[Picture, Picture], condition: Any, existing: Existing
) -> dict[str, Any]:
    """What was found out; how well the result explains the photograph by it is also drawn beside the result."""
    picture, result = pair
    found = upscaler.method.describe(condition)
    estimate = upscaler.method.estimate(condition)
    whole = (result.width, result.height) == (upscaler.scale * picture.width, upscaler.scale * picture.height)
    if estimate is not None and whole:
        checked = consistency(picture.pixels[None], result.pixels[None], estimate)
        images.write(checked.drawn(), job.map, overwrite=existing != "refuse")
        found["consistency"] = {**checked.to_dict(), "map": str(job.map)}
    return found


def _prepare(job: Job, form: Form) -> None:
    try:
        job.target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BlindSRError(f"cannot make the folder {job.target.parent}: {error.strerror}") from None
    images.check_output(job.target, form.bits)


def _write(job: Job, result: Picture | Frames | None, form: Form, *, overwrite: bool) -> None:
    if isinstance(result, Frames):
        images.write_frames(result, job.target, quality=form.quality, bits=form.bits, overwrite=overwrite)
    elif result is not None:
        images.write(result, job.target, quality=form.quality, bits=form.bits, overwrite=overwrite)


def _settle(outcome: Outcome, writing: "Future[None]", existing: Existing) -> Outcome:
    try:
        writing.result()
    except _TROUBLE as error:
        return _failure(outcome.job, error, existing)
    return outcome


def _failure(job: Job, error: Exception, existing: Existing) -> Outcome:
    """What becomes of a photograph where the system is in the way; a mistake of ours goes on.

    A result that another process wrote in the meantime is skipped where those that exist are.
    """
    if existing == "skip" and isinstance(error, PlaceTakenError) and job.target.exists():
        return Outcome(job, skipped=True)
    if isinstance(error, BlindSRError):
        return Outcome(job, error=str(error))
    if isinstance(error, OSError):
        return Outcome(job, error=f"{error.filename or job.target}: {error.strerror or error}")
    if isinstance(error, RuntimeError) and not out_of_memory(error):
        raise error
    return Outcome(
        job, error=f"there is not enough memory for {job.source}; with less --max-memory it goes through in strips"
    )
