"""Files that clients send: counted while they stream, named safely, kept whole or not at all."""

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
"""Characters of a file's name that are kept."""
_FIELDS, _FIELD_SIZE = 8, 2**16
_PIECE = 2**20


async def form_of(request: Request) -> FormData:
    """The fields and the one file of a multipart request.

    Raises:
        ProblemError: no multipart body, or a malformed one.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise ProblemError(415, "unsupported", "expected multipart/form-data")
    try:
        return await request.form(max_files=1, max_fields=_FIELDS, max_part_size=_FIELD_SIZE)
    except HTTPException as error:
        raise ProblemError(400, "malformed", f"the multipart body is malformed: {error.detail}") from None
    except (ValueError, LookupError, UnicodeError) as error:  # a charset that there is not, a header without a value
        raise ProblemError(400, "malformed", f"the multipart body is malformed: {type(error).__name__}") from None


def file_of(form: FormData) -> UploadFile:
    """The photograph's file of a form.

    Raises:
        ProblemError: there is none, or it is empty.
    """
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise ProblemError(422, "invalid", "expected a photograph in the field 'file'")
    if not file.size:
        raise ProblemError(422, "invalid", "the file is empty")
    return file


def text_of(form: FormData, name: str) -> str | None:
    """A field that is no file, or None."""
    value: Any = form.get(name)
    return value if isinstance(value, str) else None


def safe_name(name: str) -> str:
    """The last part of a client's name for a file, without what a file system or a shell could take amiss."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    shown = "".join(one for one in last if one.isprintable() and one not in '<>:"|?*%').strip(". ")
    if len(shown) > _LONGEST_NAME:
        stem, suffix = os.path.splitext(shown)  # noqa: PTH122  # of a text
        shown = stem[: _LONGEST_NAME - len(suffix)] + suffix if len(suffix) < 10 else shown[:_LONGEST_NAME]
    return shown or "photo"


def copy_whole(file: BinaryIO, target: Path) -> tuple[int, str]:
    """Copy an upload to its own folder, until it is on the disk; its size and SHA-256."""
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
