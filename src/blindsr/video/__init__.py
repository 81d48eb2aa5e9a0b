"""Restoration of videos with PyAV: one condition for each shot; other streams are copied."""

SUFFIXES = frozenset({".mp4", ".m4v", ".mkv", ".mov", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".m2ts", ".wmv", ".flv"})
"""Extensions of video files."""


def is_video(name: str) -> bool:
    """Whether a file name has the extension of a video."""
    return any(name.lower().endswith(suffix) for suffix in SUFFIXES)
