"""Restoration of one picture file by a model with options."""

import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from blindsr import files, images
from blindsr.analysis.choice import Choice, describe_choice
from blindsr.analysis.consistency import consistency
from blindsr.analysis.native import NativeOption, resolve_native, shrink
from blindsr.errors import BlindSRError, Code
from blindsr.files import OutputExistsError, check_new
from blindsr.images import Frames, Picture
from blindsr.images.codecs.jpeg import jpeg_quality
from blindsr.images.read import MAX_PIXELS
from blindsr.images.strips import SUFFIXES, Strips, bytes_held
from blindsr.inference.progress import Watch
from blindsr.inference.size import Size
from blindsr.inference.upscaler import Upscaler
from blindsr.pipeline import memory, models, stream
from blindsr.pipeline.comparison import side_by_side
from blindsr.pipeline.frames import fitting_tile, middle_frame, restore_frames
from blindsr.pipeline.options import Options, Region
from blindsr.pipeline.outcome import OpenedFile, Outcome, OversizedImage, Result, to_error
from blindsr.pipeline.planning import locations
from blindsr.pipeline.planning.locations import Workspace
from blindsr.pipeline.planning.plan import Job


class Restorer:
    """A model with options, for any number of files; immutable and thread-safe."""

    def __init__(self, options: Options) -> None:
        """Load the model and the files of the options.

        Raises:
            BlindSRError: unknown model, a file cannot be read, or the model does not support a hint.
        """
        self.options = options
        self.upscaler = models.load_model(options)
        self.hints = options.hints()
        self.upscaler.check(self.hints)
        self.condition = models.load_condition(options, self.upscaler)
        self.limit = options.memory_limit

    def restore_job(self, job: Job, work: Workspace, watch: Watch = Watch()) -> Outcome:
        """Read, restore and write one file."""
        opened = self.read(job, work)
        outcome, result = self.restore(opened, watch)
        self.write(opened, result, work)
        return outcome

    def failed(self, job: Job, error: Exception, work: Workspace) -> Outcome:
        """Return the outcome of a file after an error; unexpected errors are raised again.

        With ``skip_existing``, a result that another process wrote in the meantime counts as skipped.
        """
        appeared = isinstance(error, OutputExistsError) and locations.modification_time(job.target) is not None
        if appeared and self.options.existing == "skip":
            return Outcome(job, skipped=True)
        return Outcome(job, to_error(job, error, work))

    def read(self, job: Job, work: Workspace) -> OpenedFile:
        """Fetch and decode a file, unless its existing result is kept.

        Raises:
            BlindSRError: the file cannot be read, or its result cannot be written.
        """
        options, replaced = self.options, self.options.existing == "replace"
        if job.error is not None:
            raise job.error
        if options.existing == "skip" and locations.modification_time(job.target) is not None:
            return OpenedFile(job, Path(), Path(), None)
        locations.check_new(job.target, overwrite=replaced)
        source, target = work.fetch(job.source), work.prepare(job.target)
        opened = OpenedFile(job, source, target, None)
        if options.compare is not None:
            check_new(options.compare, (source, target), overwrite=replaced)
        if options.report:  # an interrupted run may have left it without its result
            check_new(opened.map, (source,), overwrite=options.existing != "refuse")
        return replace(opened, content=self._oversized(opened) or images.read_file(source))

    def restore(self, opened: OpenedFile, watch: Watch = Watch()) -> tuple[Outcome, Result]:
        """Restore a decoded file; an image larger than memory is also written.

        Raises:
            BlindSRError: options do not suit the file, or there is not enough memory.
            CancelledError: the watch cancelled the work.
        """
        if opened.content is None:
            return Outcome(opened.job, skipped=True), None
        watch(0.0)
        self._prepare_folder(opened)
        notes: list[str] = []
        watch, begin = watch.collecting_warnings(notes), time.perf_counter()
        if isinstance(opened.content, OversizedImage):
            made: tuple[Outcome, Result] = self._restore_oversized(opened, opened.content, watch), None
        elif isinstance(opened.content, Frames):
            made = self._restore_frames(opened, opened.content, watch)
        else:
            made = self._restore_picture(opened, opened.content, watch)
        findings = {**made[0].findings, **({"notes": notes} if notes else {})}
        return replace(made[0], seconds=time.perf_counter() - begin, findings=findings), made[1]

    def write(self, opened: OpenedFile, result: Result, work: Workspace) -> None:
        """Write a result and deliver it to its target.

        Raises:
            BlindSRError: the result cannot be written.
        """
        if opened.content is None:
            return
        options, replaced = self.options, self.options.existing == "replace"
        how: dict[str, Any] = {"quality": options.quality, "bits": options.depth, "overwrite": replaced}
        if isinstance(result, Frames):
            images.write_frames(result, opened.target, **how)
        elif result is not None:
            images.write(result, opened.target, **how)
        if opened.map.exists():
            work.deliver(opened.map, opened.job.map, overwrite=options.existing != "refuse")
        work.deliver(opened.target, opened.job.target, overwrite=replaced)
        work.discard(opened.source)

    def _oversized(self, opened: OpenedFile) -> OversizedImage | None:
        """Return the size of an image that must be restored in strips, else None; raise if that is not possible."""
        try:
            strips = Strips(opened.source)
        except BlindSRError:
            return None  # reading it as a whole raises the error or succeeds
        options, width, height, limit = self.options, strips.width, strips.height, self._memory()
        upscaler = self.upscaler if isinstance(self.upscaler, Upscaler) else self.upscaler.general_model
        factor = _factor(options.result_size, width, height, upscaler.scale)
        if width * height <= MAX_PIXELS and memory.bytes_needed(upscaler, width, height, factor) <= limit:
            return None
        plain = options.region is None and options.compare is None and options.shrinking in (None, 1)
        held = bytes_held(opened.target, *options.result_size.resolve(width, height, upscaler.scale))
        if plain and opened.target.suffix.lower() in SUFFIXES and held < limit:
            return OversizedImage(width, height, limit)
        if self.limit is None:
            return None
        if options.region is None:  # a result that no memory would make possible
            images.check_sides(opened.target, *options.result_size.resolve(width, height, upscaler.scale))
        raise BlindSRError(
            f"{opened.job.source} with {width}x{height} pixels does not fit in the allowed memory; it can be "
            "enlarged to a PNG or TIFF file, without preview, comparison or native resolution",
            Code.OUT_OF_MEMORY,
        )

    def _memory(self) -> int:
        return self.limit or memory.parse_memory("auto")

    def _prepare_folder(self, opened: OpenedFile) -> None:
        files.make_folder(opened.target.parent)
        images.check_output(opened.target, self.options.depth)

    def _restore_picture(self, opened: OpenedFile, picture: Picture, watch: Watch) -> tuple[Outcome, Picture]:
        options, region = self.options, self.options.region
        upscaler, size, native, choice = self._chosen(opened, picture)
        photograph = picture
        picture, size, scaled = _at_native(picture, native, size, upscaler.scale)
        if region is None:
            images.check_sides(opened.target, *size.resolve(picture.width, picture.height, upscaler.scale))
        condition = upscaler.estimate_condition(picture, self.hints) if self.condition is None else self.condition
        tile = self._tile(upscaler, picture, size)
        if region is not None:
            result = upscaler.preview(picture, condition, region, tile=tile, watch=watch)
        else:
            enlarge = partial(upscaler.enlarge, size=size, strength=options.strength, tile=tile, watch=watch)
            result = enlarge(picture, condition)
        if options.compare is not None:
            shown = side_by_side(_shown(picture, region), result)
            images.write(shown, options.compare, overwrite=options.existing == "replace")
        chosen = describe_choice(choice, (_shown(photograph, region), result))
        found = {**scaled, **self._findings(upscaler, opened, (picture, result), condition)} if options.report else {}
        return Outcome(opened.job, megapixels=result.height * result.width / 1e6, findings={**chosen, **found}), result

    def _restore_frames(self, opened: OpenedFile, frames: Frames, watch: Watch) -> tuple[Outcome, Frames]:
        options = self.options
        if options.region is not None or options.compare is not None:
            raise BlindSRError(
                f"{opened.job.source} has {len(frames)} frames; --preview and --compare support single pictures only",
                Code.UNSUPPORTED_OPTION,
            )
        images.check_frames(opened.target, frames, options.depth)
        upscaler, size, native, choice = self._chosen(opened, middle_frame(frames))
        for one in frames.samples:
            images.check_sides(opened.target, *size.resolve(one.shape[1], one.shape[0], upscaler.scale))
        result = restore_frames(
            upscaler,
            frames,
            self.hints,
            condition=self.condition,
            size=size,
            strength=options.strength,
            bits=options.depth,
            native=native,
            tile=fitting_tile(upscaler, frames, self._memory()),
            watch=watch,
        )
        megapixels = sum(one.shape[0] * one.shape[1] for one in result.samples) / 1e6
        found = {"frames": len(frames)} if options.report else {}
        return Outcome(opened.job, megapixels=megapixels, findings={**describe_choice(choice), **found}), result

    def _restore_oversized(self, opened: OpenedFile, image: OversizedImage, watch: Watch) -> Outcome:
        options, (upscaler, choice) = self.options, self._fixed()
        condition = stream.restore_in_strips(
            upscaler,
            opened.source,
            opened.target,
            self.hints,
            max_memory=image.limit,
            condition=self.condition,
            size=options.result_size,
            strength=options.strength,
            bits=options.depth,
            quality=options.quality,
            overwrite=options.existing == "replace",
            watch=watch,
        )
        findings = {**describe_choice(choice), **(upscaler.method.describe(condition) if options.report else {})}
        width, height = options.result_size.resolve(image.width, image.height, upscaler.scale)
        return Outcome(opened.job, megapixels=width * height / 1e6, findings=findings)

    def _chosen(self, opened: OpenedFile, picture: Picture) -> tuple[Upscaler, Size, NativeOption, Choice | None]:
        """Return the model for a picture, the native fraction, and the choice."""
        size, native = self.options.result_size, self.options.shrinking
        if isinstance(self.upscaler, Upscaler):
            return self.upscaler, size, native or 1.0, None
        upscaler, choice = self.upscaler.choose(picture, jpeg_quality(opened.source))
        size = Size(factor=self.upscaler.factor) if size == Size() else size
        found = choice.native if self.options.region is None else 1.0
        return upscaler, size, found if native is None or native == "auto" else native, choice

    def _fixed(self) -> tuple[Upscaler, Choice | None]:
        """Return the model for images that are too large to be analysed, and the choice."""
        return (self.upscaler, None) if isinstance(self.upscaler, Upscaler) else self.upscaler.default_choice()

    def _tile(self, upscaler: Upscaler, picture: Picture, size: Size) -> int:
        """Return the side of the tiles that fit in memory next to a picture and its result."""
        width, height = picture.width, picture.height
        held = memory.bytes_for_whole(width * height, _factor(size, width, height, upscaler.scale))
        return memory.fitting_tile(upscaler, width, height, self._memory() - held)

    def _findings(
        self, upscaler: Upscaler, opened: OpenedFile, pair: tuple[Picture, Picture], condition: Any
    ) -> dict[str, Any]:
        """Return the findings of the method and the consistency of the result; writes the residual map."""
        picture, result = pair
        found = upscaler.method.describe(condition)
        estimate = upscaler.method.estimate(condition)
        whole = (result.width, result.height) == (upscaler.scale * picture.width, upscaler.scale * picture.height)
        if estimate is not None and whole:
            checked = consistency(picture.pixels[None], result.pixels[None], estimate)
            images.write(checked.to_picture(), opened.map, overwrite=self.options.existing != "refuse")
            found["consistency"] = {**checked.to_dict(), "map": str(opened.job.map)}
        return found


def _factor(size: Size, width: int, height: int, scale: int) -> float:
    """Return the enlargement that must be held in memory."""
    return max(scale, size.resolve(width, height, scale)[0] / width)


def _at_native(
    picture: Picture, native: NativeOption, size: Size, scale: int
) -> tuple[Picture, Size, dict[str, float]]:
    """Reduce a picture to its native resolution; return it with the size of the result and what to report."""
    fraction = resolve_native(native, picture.pixels)
    if fraction == 1:
        return picture, size, {}
    size = Size(exact=size.resolve(picture.width, picture.height, scale))
    return shrink(picture, fraction), size, {"native": round(fraction, 3)}


def _shown(picture: Picture, region: Region | None) -> Picture:
    """Return the region of a picture that a preview shows."""
    if region is None:
        return picture
    left, top, width, height = region
    return replace(picture, pixels=picture.pixels[:, top : top + height, left : left + width], alpha=None)
