"""Reading a video: frames as pictures, timestamps, colour tags."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch

from blindsr.errors import BlindSRError, Code
from blindsr.images import Picture
from blindsr.video.colour import from_rgb, to_rgb

_UNKNOWN = 2
"""Code of an unspecified colour matrix, primaries or transfer function (ITU-T H.273)."""
_HDR = {16: "PQ", 18: "HLG"}
_HD = 720
"""Smallest height in pixels at which an untagged video is assumed to be BT.709; lower ones are BT.601."""
_BACK = (0, 2, 10, 60, None)
"""Seconds before a frame to seek to, until the frame is found; None for the beginning of the file.

Formats without an index, such as MPEG-TS, are searched by timestamps: a seek may end at a later key frame, or give
timestamps other than those of a complete decoding.
"""
_SMALL = (160, 90)
"""Width and height of frames for shot detection."""


@dataclass(frozen=True)
class Tags:
    """Colour space and range of a video, as codes of ITU-T H.273."""

    matrix: int
    full: bool
    primaries: int
    transfer: int


def _turns(container: Any, stream: Any) -> int:
    """Return how often, by 90 degrees counterclockwise, frames must be turned to be upright: phones store no others."""
    import av  # noqa: PLC0415  # an extra

    try:
        first = next(container.decode(stream), None)
    except av.FFmpegError:  # decoding all frames raises the error
        return 0
    return 0 if first is None else round(first.rotation / 90) % 4


class Clip:
    """Video file; it is opened again each time that it is read."""

    def __init__(self, path: Path) -> None:
        """Read the properties of a file.

        Raises:
            BlindSRError: PyAV is missing, or the file cannot be read, has no video, or is HDR.
        """
        self.path = path
        with self.opened() as container:
            stream = container.streams.video[0]
            context = stream.codec_context
            self.turns = _turns(container, stream)
            sides = (context.width, context.height)
            self.width, self.height = sides[::-1] if self.turns % 2 else sides
            self.time_base = Fraction(stream.time_base)
            self.rate = Fraction(stream.average_rate or stream.guessed_rate or 25)
            self.aspect = context.sample_aspect_ratio
            if self.aspect and self.turns % 2:
                self.aspect = 1 / self.aspect
            self.format = context.format
            self.rgb = bool(self.format.is_rgb or self.format.has_palette)
            matrix = int(context.colorspace)
            if matrix == _UNKNOWN or self.rgb:  # results are Y'CbCr
                matrix = 1 if context.height >= _HD else 6
            full = int(context.color_range) == 2 and not self.rgb
            self.tags = Tags(matrix, full, context.color_primaries, context.color_trc)
        if self.tags.transfer in _HDR:
            raise BlindSRError(
                f"{path} is HDR ({_HDR[self.tags.transfer]}), which is not supported; convert it to SDR first",
                Code.UNSUPPORTED_CONTENT,
            )

    def opened(self) -> Any:
        """Open the container.

        Raises:
            BlindSRError: as for the constructor.
        """
        try:
            import av  # noqa: PLC0415  # an extra
        except ImportError as error:
            raise BlindSRError(
                f"videos require an additional library ({error}): pip install 'blindsr[video]'", Code.MISSING_DEPENDENCY
            ) from None
        try:
            container = av.open(str(self.path))
        except (av.FFmpegError, OSError) as error:
            raise BlindSRError(f"{self.path} cannot be read as a video: {error}", Code.CANNOT_DECODE) from None
        if not container.streams.video:
            container.close()
            raise BlindSRError(f"{self.path} contains no video", Code.CANNOT_DECODE)
        return container

    @property
    def deep(self) -> bool:
        """Whether samples have more than 8 bits."""
        return bool(self.format.components[0].bits > 8)

    @property
    def bits(self) -> int:
        """Bit depth of results."""
        return 10 if self.deep else 8

    @property
    def pixel_format(self) -> str:
        """FFmpeg pixel format of results: chroma subsampling and depth of the file, if encoders support them."""
        chroma = self.format.components[1:3]
        if not chroma or self.rgb:
            sampling = "444" if self.rgb else "420"
        else:
            halved = (chroma[0].width < self.format.width, chroma[0].height < self.format.height)
            sampling = {(True, True): "420", (True, False): "422"}.get(halved, "444")
        return f"yuv{sampling}p{'10le' if self.deep else ''}"

    def frames(self, start: int | None = None) -> Iterator[Any]:
        """Yield frames in presentation order; frames without timestamp are skipped.

        Args:
            start: timestamp of the first frame to yield, in units of the time base; the first frame if not given.

        Raises:
            BlindSRError: the file is corrupt, or has no frame with this timestamp.
        """
        if start is None:
            yield from self._decoded()
            return
        for seconds in _BACK:
            frames = self._decoded(None if seconds is None else start - round(seconds / self.time_base))
            try:
                first = next((frame for frame in frames if frame.pts >= start), None)
            except BlindSRError:  # some decoders fail where a seek ended
                continue
            if first is not None and first.pts == start:
                yield first
                yield from frames
                return
        raise BlindSRError(f"{self.path} is corrupt: a frame cannot be decoded again", Code.CANNOT_DECODE)

    def _decoded(self, target: int | None = None) -> Iterator[Any]:
        """Yield frames with a timestamp, from a key frame near the target on, or all."""
        import av  # noqa: PLC0415

        with self.opened() as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            try:
                if target is not None:
                    with contextlib.suppress(av.FFmpegError):  # before the first frame: all are decoded
                        container.seek(target, stream=stream)
                for frame in container.decode(stream):
                    if frame.pts is not None:
                        yield frame
            except av.FFmpegError as error:
                raise BlindSRError(f"{self.path} is corrupt: {error}", Code.CANNOT_DECODE) from None

    def small(self, frame: Any) -> Any:
        """Reduce a frame to 8-bit RGB ``(90, 160, 3)`` for shot detection."""
        return frame.reformat(*_SMALL, format="rgb24").to_ndarray()

    def picture(self, frame: Any) -> Picture:
        """Convert a frame to a picture, turned upright."""
        return Picture(torch.rot90(self._pixels(frame), self.turns, (1, 2)))

    def _pixels(self, frame: Any) -> torch.Tensor:
        """Convert a frame to RGB ``(3, h, w)`` in [0, 1]."""
        if self.rgb:
            return Picture.from_array(frame.to_ndarray(format="rgb48le" if self.deep else "rgb24")).pixels
        if frame.format.name != self.pixel_format:  # 12 bits, gray: without a change of the matrix
            frame = frame.reformat(format=self.pixel_format)
        planes, kind = [], np.uint16 if self.deep else np.uint8
        for plane in frame.planes:
            samples = np.frombuffer(plane, kind).reshape(plane.height, -1)
            planes.append(samples[:, : plane.width])
        rgb = to_rgb(planes, self.bits, self.tags.matrix, full=self.tags.full)
        return torch.from_numpy(rgb.transpose(2, 0, 1).clip(0, 1))

    def frame(self, picture: Picture) -> Any:
        """Convert a picture to a frame in the format of the clip."""
        import av  # noqa: PLC0415  # an extra

        rgb = picture.pixels.clamp(0, 1).permute(1, 2, 0).contiguous().numpy()
        halved = ("444" not in self.pixel_format, "420" in self.pixel_format)
        planes = from_rgb(rgb, self.bits, self.tags.matrix, halved, full=self.tags.full)
        frame = av.VideoFrame(picture.width, picture.height, self.pixel_format)
        for plane, samples in zip(frame.planes, planes, strict=True):
            lines = np.zeros((plane.height, plane.line_size // samples.itemsize), samples.dtype)
            lines[:, : plane.width] = samples
            plane.update(lines.tobytes())
        return frame
