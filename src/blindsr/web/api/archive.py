"""Streaming of several results as one ZIP file, without a temporary file."""

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

_PIECE = 2**18


class _Sink:
    """Write-only buffer for a ZIP file; it is not seekable."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._count = 0

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        self._count += len(data)
        return len(data)

    def tell(self) -> int:
        return self._count

    def flush(self) -> None:
        """Do nothing: data are buffered until `fetch`."""

    def fetch(self) -> bytes:
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data


def pieces(entries: Sequence[tuple[str, Path]]) -> Iterator[bytes]:
    """Generate the bytes of a ZIP file of named files; files that were deleted in the meantime are skipped."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]  # needs only these methods
        for name, path in _distinct(entries):
            try:
                source: IO[bytes] = path.open("rb")
            except FileNotFoundError:
                continue
            with source, archive.open(zipfile.ZipInfo.from_file(path, name), "w", force_zip64=True) as entry:
                while piece := source.read(_PIECE):
                    entry.write(piece)
                    yield sink.fetch()
    yield sink.fetch()


def _distinct(entries: Sequence[tuple[str, Path]]) -> Iterator[tuple[str, Path]]:
    """Make names unique by appending a number."""
    used: set[str] = set()
    for name, path in entries:
        shown, number = name, 1
        while shown.lower() in used:
            number += 1
            shown = f"{Path(name).stem}-{number}{Path(name).suffix}"
        used.add(shown.lower())
        yield shown, path
