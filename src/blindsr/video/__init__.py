"""Video through PyAV: one condition for each shot; other streams of a file are copied."""

SUFFIXES = frozenset({".mp4", ".m4v", ".mkv", ".mov", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".m2ts", ".wmv", ".flv"})
"""Suffixes of video files."""


def is_video(name: str) -> bool:
    """Whether a file is a video, by its name."""
    return any(name.lower().endswith(suffix) for suffix in SUFFIXES)
