"""The page and its files, each compressed once for each version."""

import gzip
import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from blindsr.web.problems import missing

FOLDER = Path(__file__).parent.parent / "static"
_COMPRESSED = ("text/", "application/javascript", "application/json", "image/svg+xml", "application/manifest+json")
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".webmanifest": "application/manifest+json"}
router = APIRouter(include_in_schema=False)


@router.get("/")
async def page(request: Request) -> Response:
    """Return the page."""
    return _file_response(request, "index.html")


@router.get("/static/{name:path}")
async def file(request: Request, name: str) -> Response:
    """Return a file of the page."""
    return _file_response(request, name)


def _file_response(request: Request, name: str) -> Response:
    """Return a file of the static folder, or status 304 if the browser has this version of it.

    Raises:
        ProblemError: there is no such file.
    """
    path = (FOLDER / name.replace("\0", "")).resolve()
    if not path.is_relative_to(FOLDER.resolve()) or not path.is_file():
        raise missing("page")
    plain, small, tag = _content(path, path.stat().st_mtime_ns)
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    headers = {"etag": tag, "cache-control": "no-cache", "vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    if kind.startswith(_COMPRESSED) and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(small, headers={**headers, "content-encoding": "gzip"}, media_type=kind)
    return Response(plain, headers=headers, media_type=kind)


@lru_cache(maxsize=256)
def _content(path: Path, _modified: int) -> tuple[bytes, bytes, str]:
    plain = path.read_bytes()
    return plain, gzip.compress(plain, 9, mtime=0), f'"{hashlib.sha256(plain).hexdigest()[:32]}"'
