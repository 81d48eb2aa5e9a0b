"""The picture formats that are read and written, one row each."""

from dataclasses import dataclass

from blindsr.images.picture import Format


@dataclass(frozen=True)
class PictureFormat:
    """What a format is called and what it holds."""

    name: Format
    suffixes: tuple[str, ...]
    """Extensions that are written, the usual one first."""
    aliases: tuple[str, ...] = ()
    """Extensions that are read as well; a result is named by the usual one."""
    bits: int = 8
    """Most bits of a sample."""
    longest: int | None = None
    """Longest side in pixels; None if no limit is ever met."""
    alpha: bool = True
    gray: bool = True
    """Whether it holds gray pictures as such."""
    frames: bool = False
    """Whether it holds several pictures."""
    strips: bool = False
    """Whether it is written a few rows at a time."""


FORMATS = (
    PictureFormat("png", (".png",), (".apng",), bits=16, frames=True, strips=True),
    PictureFormat("jpeg", (".jpg", ".jpeg", ".jfif", ".jpe"), (".jif", ".jfi"), longest=65500, alpha=False),
    PictureFormat("webp", (".webp",), longest=16383, gray=False, frames=True),
    PictureFormat("tiff", (".tif", ".tiff"), bits=32, frames=True, strips=True),
    # The longest side of AVIF is what readers take
    PictureFormat("avif", (".avif",), longest=32768, gray=False),
    PictureFormat("bmp", (".bmp",), (".dib",), alpha=False),
    PictureFormat("ppm", (".ppm", ".pgm", ".pnm"), (".pbm",), bits=16, alpha=False),
    PictureFormat("gif", (".gif",), longest=65535, frames=True),
    PictureFormat("heic", (".heic", ".heif"), (".hif",)),
)

WRITTEN: dict[str, PictureFormat] = {suffix: row for row in FORMATS for suffix in row.suffixes}
"""The format that a file of each extension is written in."""
READ = frozenset(suffix for row in FORMATS for suffix in (*row.suffixes, *row.aliases))
"""Extensions by which picture files are found in folders; a file that is named is read whatever its extension."""


def written_suffix(suffix: str) -> str | None:
    """The extension of a result whose picture has a given one; None if it is none of a format."""
    if suffix.lower() in WRITTEN:
        return suffix
    return next((row.suffixes[0] for row in FORMATS if suffix.lower() in row.aliases), None)
