"""Uploads: multipart parsing, safe names and atomic storage."""

import hashlib
import os
import re
import unicodedata
from pathlib import Path
from typing import Any, BinaryIO

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from blindsr.web.problems import ProblemError

_LONGEST_NAME = 120
"""Maximum length of a file name, characters."""
_FIELDS, _FIELD_SIZE = 8, 2**16
_PIECE = 2**20


async def read_form(request: Request) -> FormData:
    """Parse the fields and the single file of a multipart request.

    Raises:
        ProblemError: the body is not multipart, or malformed.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise ProblemError(415, "unsupported", "expected multipart/form-data")
    try:
        return await request.form(max_files=1, max_fields=_FIELDS, max_part_size=_FIELD_SIZE)
    except HTTPException as error:
        raise ProblemError(400, "malformed", f"the multipart body is malformed: {error.detail}") from None
    except (ValueError, LookupError, UnicodeError) as error:  # unknown charset, or header without a value
        raise ProblemError(400, "malformed", f"the multipart body is malformed: {type(error).__name__}") from None


def file_field(form: FormData) -> UploadFile:
    """Return the uploaded file of a form.

    Raises:
        ProblemError: it is missing or empty.
    """
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise ProblemError(422, "invalid", "expected a photograph in the field 'file'")
    if not file.size:
        raise ProblemError(422, "invalid", "the file is empty")
    return file


def text_field(form: FormData, name: str) -> str | None:
    """Return a text field, or None."""
    value: Any = form.get(name)
    return value if isinstance(value, str) else None


def safe_name(name: str) -> str:
    """Return the last component of a client's file name, without special characters."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    shown = "".join(one for one in last if one.isprintable() and one not in '<>:"|?*%').strip(". ")
    if len(shown) > _LONGEST_NAME:
        stem, suffix = os.path.splitext(shown)  # noqa: PTH122  # of a text
        shown = stem[: _LONGEST_NAME - len(suffix)] + suffix if len(suffix) < 10 else shown[:_LONGEST_NAME]
    return shown or "photo"


def save_upload(file: BinaryIO, target: Path) -> tuple[int, str]:
    """Copy an upload to a file and flush it to the disk; return its size and SHA-256."""
    target.parent.mkdir(mode=0o700)
    file.seek(0)
    digest = hashlib.sha256()
    with target.open("wb") as out:
        while piece := file.read(_PIECE):
            digest.update(piece)
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
        size = out.tell()
    return size, digest.hexdigest()
