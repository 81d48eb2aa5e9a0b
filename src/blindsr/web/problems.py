"""Errors as RFC 9457 problems: a code for programs, a sentence for people."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"


class ProblemError(Exception):
    """Something that a client is told, as a problem document."""

    def __init__(self, status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers = status, code, detail, headers

    def to_dict(self) -> dict[str, Any]:
        """The document of RFC 9457."""
        return document(self.status, self.code, self.detail)

    def response(self) -> JSONResponse:
        """The document as a response."""
        return JSONResponse(self.to_dict(), self.status, self.headers, MEDIA_TYPE)


def document(status: int, code: str, detail: str) -> dict[str, Any]:
    """A problem document."""
    title = HTTPStatus(status).phrase
    return {"type": f"urn:blindsr:{code}", "title": title, "status": status, "detail": detail, "code": code}


def missing(what: str) -> ProblemError:
    """The problem of something that does not exist, or not any more."""
    return ProblemError(404, "not-found", f"there is no such {what}, or not any more")


def install(app: FastAPI) -> None:
    """Let an application answer all errors as problems."""

    @app.exception_handler(ProblemError)
    async def _problem(_: Request, error: ProblemError) -> JSONResponse:
        return error.response()

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> JSONResponse:
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
        headers = dict(error.headers) if error.headers else None
        return ProblemError(error.status_code, code, str(error.detail), headers).response()

    @app.exception_handler(Exception)
    async def _internal(_: Request, _error: Exception) -> JSONResponse:
        return ProblemError(500, "internal", "the server made a mistake; its log says which").response()

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return invalid(error.errors()).response()


def invalid(errors: Any) -> ProblemError:
    """The problem of values that a schema refuses; says which and why, not what they were."""
    told = ["{}: {}".format(".".join(map(str, one["loc"])) or "body", one["msg"]) for one in errors]
    return ProblemError(422, "invalid", "; ".join(told))
