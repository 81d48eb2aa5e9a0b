"""Text files that list images, one per line."""

import codecs
import re
import sys
from pathlib import Path

from blindsr.errors import BlindSRError, Code


def read_list(path: Path) -> list[str]:
    """Read a list of files, one per line; empty lines and lines starting with # are skipped.

    Args:
        path: of a UTF-8 or UTF-16 file, with or without a byte order mark; ``-`` is the standard input.

    Raises:
        BlindSRError: the file cannot be read or is not text.
    """
    named = "the standard input" if str(path) == "-" else str(path)
    try:
        if str(path) != "-":
            data = path.read_bytes()
        elif sys.stdin is None:
            raise BlindSRError("standard input is closed; name a list file", Code.CANNOT_READ)
        else:
            data = sys.stdin.buffer.read()
        lines = re.split(r"\r\n|\r|\n", _decoded(data))
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file in UTF-8 or UTF-16"
        raise BlindSRError(f"cannot read list {named}: {reason}", Code.CANNOT_READ) from None
    return [line for line in lines if line.strip() and not line.startswith("#")]


def _decoded(data: bytes) -> str:
    """Decode text in UTF-8 or UTF-16, by its byte order mark or its zero bytes.

    Raises:
        UnicodeError: neither encoding.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16")
    elif data[1:2] == b"\0" or data[:1] == b"\0":  # the first character of a path is ASCII nearly always
        text = data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be")
    else:  # names of files may hold bytes that are not UTF-8, and are found by them
        text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")
    if "\0" in text:
        raise UnicodeError("a zero byte")
    return text
