"""Errors as problem documents (RFC 9457): a stable code for programs, a message for people."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"


class ProblemError(Exception):
    """Error that is sent to the client as a problem document."""

    def __init__(self, status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers = status, code, detail, headers

    def to_dict(self) -> dict[str, Any]:
        """Convert to a problem document."""
        return document(self.status, self.code, self.detail)

    def response(self) -> JSONResponse:
        """Convert to a response."""
        return JSONResponse(self.to_dict(), self.status, self.headers, MEDIA_TYPE)


def document(status: int, code: str, detail: str) -> dict[str, Any]:
    """Build a problem document."""
    title = HTTPStatus(status).phrase
    return {"type": f"urn:blindsr:{code}", "title": title, "status": status, "detail": detail, "code": code}


def missing(what: str) -> ProblemError:
    """Return the problem of something that does not exist or was deleted; ``what`` names it."""
    return ProblemError(404, "not-found", f"{what} not found; it may have been deleted")


def install(app: FastAPI) -> None:
    """Install handlers that send all errors as problem documents."""

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
        return ProblemError(500, "internal", "internal server error; see the server's log").response()

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return invalid(error.errors()).response()


def invalid(errors: Any) -> ProblemError:
    """Return the problem of values that fail validation; it names fields and reasons, not the values."""
    parts = ["{}: {}".format(".".join(map(str, one["loc"])) or "body", one["msg"]) for one in errors]
    return ProblemError(422, "invalid", "; ".join(parts))
