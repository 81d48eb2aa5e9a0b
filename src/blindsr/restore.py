"""Restoration of one file of any kind: the entry point of Python, the web and other programs."""

import os
from collections.abc import Callable
from dataclasses import replace

from blindsr.errors import BlindSRError, Code
from blindsr.images import formats
from blindsr.images.read import detect_format
from blindsr.inference.progress import CancelledError, Watch
from blindsr.pipeline.options import Options
from blindsr.pipeline.outcome import PER_IMAGE_ERRORS, Outcome, to_error
from blindsr.pipeline.planning import locations
from blindsr.pipeline.planning.locations import Workspace
from blindsr.pipeline.planning.plan import Job, result_name
from blindsr.pipeline.restorer import Restorer
from blindsr.video import is_video
from blindsr.video.restore import restore_video


def restore_file(
    source: str | os.PathLike[str] | bytes,
    target: str | os.PathLike[str] | None,
    options: Options = Options(),
    *,
    progress: Callable[[float], None] | None = None,
) -> Outcome:
    """Restore a file: a picture, an animation, several pages, an image larger than memory, or a video.

    Safe to call from several threads, also with a shared model. Recently used models are cached.

    Args:
        source: path, URL that fsspec supports, or content of a file; videos are recognised by their names.
        target: path or URL of the result, written atomically; None returns the content of the file instead, in the
            format of ``options`` (not for videos).
        options: options of restoration.
        progress: called with the finished fraction; a `Watch` can also cancel the work.

    Returns:
        The outcome; its ``content`` is the result file if there is no target.

    Raises:
        BlindSRError: the file cannot be read or written, or options do not suit it.
        CancelledError: the watch cancelled the work.

    Examples:
        >>> import blindsr
        >>> outcome = blindsr.restore_file("photo.jpg", "photo_x4.png", blindsr.Options(model="cmdsr_x4.photo"))
        >>> outcome.error is None, outcome.megapixels
        (True, 0.049152)

        Bytes in, bytes out:

        >>> with open("photo.jpg", "rb") as file:
        ...     outcome = blindsr.restore_file(file.read(), None, blindsr.Options(scale=2, format="webp"))
        >>> outcome.content[8:12]
        b'WEBP'
    """
    watch = Watch.of(progress)
    with Workspace() as work:
        if isinstance(source, bytes):
            given: locations.Location = work.fetch(source, _name_of_content(source))
        else:
            given = locations.parse_location(source)
        if is_video(locations.name_of(given)):
            return _restore_video(given, target, options, work, watch)
        return _restore_picture(given, target, options, work, watch)


def _restore_picture(
    given: locations.Location, target: str | os.PathLike[str] | None, options: Options, work: Workspace, watch: Watch
) -> Outcome:
    restorer = Restorer(options)
    naming = options.naming(restorer.upscaler.scale)
    own = None if target is not None else work.temporary(result_name(given, naming))
    job = Job(given, own or locations.parse_location(target or ""))
    try:
        outcome = restorer.restore_job(job, work, watch)
    except CancelledError:
        raise
    except PER_IMAGE_ERRORS as error:
        outcome = restorer.failed(job, error, work)
        if outcome.error is not None:
            raise outcome.error from error
    return outcome if own is None else replace(outcome, content=own.read_bytes())


def _restore_video(
    given: locations.Location, target: str | os.PathLike[str] | None, options: Options, work: Workspace, watch: Watch
) -> Outcome:
    if target is None:
        raise BlindSRError("a video needs a target, whose extension decides its format", Code.MISSING_OPTION)
    job = Job(given, locations.parse_location(target))
    if options.existing == "skip" and locations.modification_time(job.target) is not None:
        return Outcome(job, skipped=True)
    locations.check_new(job.target, overwrite=options.existing == "replace")
    made = work.prepare(job.target)
    try:
        restored = restore_video(work.fetch(given), made, options, progress=watch)
    except CancelledError:
        raise
    except PER_IMAGE_ERRORS as error:
        raise to_error(job, error, work) from error
    work.deliver(made, job.target, overwrite=options.existing == "replace")
    return Outcome(job, seconds=restored.seconds, megapixels=restored.megapixels, findings=restored.findings)


def _name_of_content(data: bytes) -> str:
    """Return a file name for some content, with the extension of its format."""
    kind = detect_format(data)
    return f"image{next((row.suffixes[0] for row in formats.FORMATS if row.name == kind), '')}"
