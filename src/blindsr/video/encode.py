"""Encoding of videos: packets of each segment, and muxing of all segments with the other streams of the source."""

import heapq
import io
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blindsr import files
from blindsr.errors import BlindSRError, Code
from blindsr.images import Picture
from blindsr.inference.progress import Watch
from blindsr.video.clip import Clip

_PRESETS = {"libx264": "medium", "libx265": "medium", "libsvtav1": "8"}
_IN_BAND = frozenset({".ts", ".m2ts", ".avi", ".mpg", ".mpeg"})
"""Extensions of formats without a header for the whole file: parameters of the video are part of its key frames."""
_AUDIO_OF_TS = frozenset({"aac", "ac3", "eac3", "mp2", "mp3", "dts", "opus"})
"""Codecs that FFmpeg copies to MPEG-TS, which does not report them as supported."""
_CODECS_OF_MPEG = ("mpeg1video", "mpeg2video")
_CHECKED = (64, 64)
"""Width and height for checks."""
_THREADS = 2
"""Threads of an encoder; restoration dominates the time."""


@dataclass(frozen=True)
class Encoding:
    """Settings of the encoder."""

    codec: str = "libx264"
    """FFmpeg name of an encoder."""
    crf: int = 16
    """Constant rate factor, 0 to 63; lower is better."""
    suffix: str = ".mkv"
    """Extension of the output file, in lower case, which determines its format."""

    def check(self, clip: Clip) -> None:
        """Check before the work that the format supports the encoder, and the encoder the format of the clip.

        Raises:
            BlindSRError: it does not.
        """
        with tempfile.TemporaryDirectory() as folder, _output(Path(folder) / f"check{self.suffix}") as output:
            self.stream(output, clip, *_CHECKED)

    def stream(self, container: Any, clip: Clip, width: int, height: int) -> Any:
        """Add a video stream to a container.

        Raises:
            BlindSRError: unknown encoder, or it does not support the format of the clip.
        """
        import av  # noqa: PLC0415  # an extra

        if container.format.name == "mpeg" and self.codec not in _CODECS_OF_MPEG:
            raise BlindSRError(
                f"{self.suffix} files cannot contain {self.codec}; use .mp4 or .mkv", Code.UNSUPPORTED_FORMAT
            )
        try:
            stream = container.add_stream(self.codec, rate=clip.rate)
        except (av.FFmpegError, ValueError) as error:
            raise BlindSRError(
                f"encoder {self.codec!r} is not available for this file: {error}", Code.UNKNOWN_NAME
            ) from None
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = width, height, clip.pixel_format
        context.time_base, context.thread_count = clip.time_base, _THREADS
        if clip.aspect:
            context.sample_aspect_ratio = clip.aspect
        tags = clip.tags
        context.colorspace, context.color_range = tags.matrix, 2 if tags.full else 1
        context.color_primaries, context.color_trc = tags.primaries, tags.transfer
        if self.suffix == ".avi":  # which has no presentation times
            context.max_b_frames = 0
        options = {"crf": str(self.crf)}
        if self.codec in _PRESETS:
            options["preset"] = _PRESETS[self.codec]
        context.options = options
        stream.time_base = clip.time_base
        return stream


class SegmentEncoder:
    """Encoder of one segment, which starts with a key frame."""

    def __init__(self, clip: Clip, encoding: Encoding, size: tuple[int, int]) -> None:
        """Open an encoder.

        Args:
            clip: the source, whose format and tags the video gets.
            encoding: settings of the encoder.
            size: width and height of the frames, pixels.

        Raises:
            BlindSRError: unknown encoder, or it does not support the format of the clip.
        """
        import av  # noqa: PLC0415  # an extra

        self._clip = clip
        container = "mpegts" if encoding.suffix in _IN_BAND else "matroska"
        self._container = av.open(io.BytesIO(), "w", format=container)
        self._stream = encoding.stream(self._container, clip, *size)
        self._packets: list[Any] = []

    def add(self, picture: Picture, pts: int) -> None:
        """Encode a picture with a timestamp, in units of the time base of the clip.

        Raises:
            BlindSRError: the encoder fails.
        """
        import av  # noqa: PLC0415

        frame = self._clip.frame(picture)
        frame.pts, frame.time_base = pts, self._clip.time_base
        try:
            self._packets.extend(self._stream.encode(frame))
        except av.FFmpegError as error:
            raise BlindSRError(f"cannot encode this video: {error}", Code.UNSUPPORTED_OPTION) from None

    def write(self, path: Path) -> None:
        """Finish the encoding, and write the packets to an NPZ file, atomically."""
        packets = [*self._packets, *self._stream.encode(None)]
        content = io.BytesIO()
        np.savez(
            content,
            data=np.frombuffer(b"".join(bytes(packet) for packet in packets), np.uint8),
            sizes=np.array([packet.size for packet in packets], np.int64),
            pts=np.array([packet.pts for packet in packets], np.int64),
            durations=np.array([packet.duration or 0 for packet in packets], np.int64),
            keys=np.array([packet.is_keyframe for packet in packets], np.int64),
        )
        files.write_file(path, content.getvalue())


def join(
    clip: Clip, segments: Sequence[Path], target: Path, *, encoding: Encoding, size: tuple[int, int], watch: Watch
) -> None:
    """Mux the packets of all segments with audio, subtitles and metadata of the source.

    Args:
        clip: the source.
        segments: files of `SegmentEncoder.write`, in their order.
        target: output file; the extension determines the format.
        encoding: settings that the segments were encoded with.
        size: width and height of the frames, pixels.
        watch: receives warnings about streams that the format does not support.

    Raises:
        BlindSRError: the file cannot be written, or its format does not support the encoder.
    """
    import av  # noqa: PLC0415  # an extra

    with clip.opened() as source, _output(target) as output:
        stream = encoding.stream(output, clip, *size)
        carried = _carried(source, output, watch)
        output.metadata.update(source.metadata)
        try:
            output.start_encoding()
            for packet in heapq.merge(
                _video(segments, stream, clip.time_base), _others(source, carried), key=lambda timed: timed[0]
            ):
                output.mux(packet[1])
        except av.FFmpegError as error:
            text = f"{target.name} cannot be written with this encoder and the streams of the source: {error}"
            raise BlindSRError(text, Code.UNSUPPORTED_FORMAT) from None


def _output(target: Path) -> Any:
    """Open a container for writing.

    Raises:
        BlindSRError: the extension is not that of a video format.
    """
    import av  # noqa: PLC0415  # an extra

    try:
        return av.open(str(target), "w")
    except (av.FFmpegError, ValueError) as error:
        raise BlindSRError(f"{target.name} cannot be written as a video: {error}", Code.UNSUPPORTED_FORMAT) from None


def _carried(source: Any, output: Any, watch: Watch) -> dict[int, Any]:
    """Add output streams for the copied streams of the source; return them by source index."""
    found = {}
    for stream in source.streams:
        if stream.type not in ("audio", "subtitle"):
            continue
        if not _holds(output, stream):
            watch.warn(
                f"{stream.type} stream ({stream.codec_context.name}) is not supported by this format and is omitted"
            )
            continue
        found[stream.index] = output.add_stream_from_template(stream, opaque=True)
        found[stream.index].metadata.update(stream.metadata)
    return found


def _holds(output: Any, stream: Any) -> bool:
    """Whether a format supports the codec of a stream."""
    name = stream.codec_context.codec.canonical_name
    if name == "mov_text":
        return output.format.name in ("mp4", "mov", "ipod")
    return name in output.supported_codecs or (output.format.name == "mpegts" and name in _AUDIO_OF_TS)


def _video(segments: Sequence[Path], stream: Any, time_base: Fraction) -> Iterator[tuple[float, Any]]:
    """Yield the packets of all segments in decoding order, with times in seconds.

    Decoding times are recomputed, since each encoder starts at its own first frame.
    """
    import av  # noqa: PLC0415  # an extra

    shown = np.concatenate([_arrays(path)["pts"] for path in segments])
    decoded = decode_times(shown)
    index = 0
    for path in segments:
        arrays = _arrays(path)
        ends = np.cumsum(arrays["sizes"])
        for number, end in enumerate(ends):
            packet = av.Packet(arrays["data"][end - arrays["sizes"][number] : end].tobytes())
            packet.stream, packet.time_base = stream, time_base
            packet.pts, packet.dts = int(shown[index]), int(decoded[index])
            packet.duration, packet.is_keyframe = int(arrays["durations"][number]), bool(arrays["keys"][number])
            yield float(packet.dts * time_base), packet
            index += 1


def decode_times(shown: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return increasing decoding times for frames in decoding order, none later than presentation."""
    ordered = np.sort(shown)
    delay = int((np.arange(len(shown)) - np.searchsorted(ordered, shown)).max(initial=0))
    step = int(ordered[1] - ordered[0]) if len(ordered) > 1 else 1
    before = ordered[0] - max(1, step) * np.arange(delay, 0, -1, dtype=np.int64)
    return np.concatenate((before, ordered))[: len(shown)]


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    with np.load(path) as archive:
        return dict(archive)


def _others(source: Any, carried: dict[int, Any]) -> Iterator[tuple[float, Any]]:
    """Yield the packets of the copied streams, with times in seconds."""
    streams = [source.streams[index] for index in carried]
    if not streams:
        return
    last = 0.0
    for packet in source.demux(streams):
        if packet.dts is None:
            continue
        last = max(last, float(packet.dts * packet.time_base))
        packet.stream = carried[packet.stream.index]
        yield last, packet
