"""The ASGI application: assembly, start and shutdown."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from pydantic.json_schema import models_json_schema
from starlette.responses import JSONResponse, Response

from blindsr import __version__
from blindsr.web import problems
from blindsr.web.access import Access
from blindsr.web.api import jobs, page, photos, schema
from blindsr.web.engine.cleaner import Cleaner
from blindsr.web.engine.queue import Queue
from blindsr.web.engine.service import Service
from blindsr.web.guard import Guard
from blindsr.web.metrics import Metrics
from blindsr.web.settings import Settings


def create_app(settings: Settings, access: Access) -> Guard:
    """Create the ASGI application and lock its private folder.

    Args:
        settings: of the server.
        access: access control.

    Raises:
        BlindSRError: another server uses the folder, or it cannot be created.
    """
    app, metrics = bare_app(), Metrics()
    app.router.lifespan_context = _lifespan(Service(settings), metrics)
    return Guard(app, access, metrics, settings.max_upload, settings.disk)


class _App(FastAPI):
    """An application whose description has the schemas of bodies that routes read themselves."""

    def openapi(self) -> dict[str, Any]:
        """Describe the interface."""
        if self.openapi_schema is None:
            _, found = models_json_schema(
                [(schema.JobRequest, "validation"), (schema.PreviewRequest, "validation")],
                ref_template="#/components/schemas/{model}",
            )
            super().openapi()["components"]["schemas"].update(found["$defs"])
        return super().openapi()


def bare_app() -> FastAPI:
    """Create the application without services, for its routes and schema."""
    app = _App(
        title="blindsr",
        version=__version__,
        description="Restoration of photographs over HTTP; see docs/server.md.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        responses={422: {"description": "validation error", "model": schema.Problem}},
    )
    problems.install(app)
    for router in (photos.router, jobs.router, page.router):
        app.include_router(router)
    _add_own_routes(app)
    return app


def _lifespan(service: Service, metrics: Metrics) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return the lifespan of the application: start and stop of its services."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        queue = Queue(service, metrics)
        cleaner = Cleaner(service, queue, metrics)
        app.state.service, app.state.queue = service, queue
        app.state.cleaner, app.state.metrics = cleaner, metrics
        before, tempfile.tempdir = (
            tempfile.tempdir,
            str(service.settings.uploads),
        )  # uploads are renamed within one file system
        warming = asyncio.create_task(service.warm())
        try:
            await queue.start()
            await cleaner.start()
            yield
        finally:
            tempfile.tempdir = before
            queue.changes.close()
            warming.cancel()
            await cleaner.close()
            await queue.close()
            await service.close()

    return lifespan


def _add_own_routes(app: FastAPI) -> None:
    @app.get("/healthz", tags=["server"])
    async def health() -> dict[str, str]:
        """Report that the server responds."""
        return {"status": "ok"}

    @app.get("/readyz", tags=["server"])
    async def readiness(request: Request) -> JSONResponse:
        """Report whether workers of each kind are ready."""
        waiting = [pool.name for pool in request.app.state.service.pools if not pool.ready]
        return JSONResponse({"status": "starting" if waiting else "ready"}, 503 if waiting else 200)

    @app.get("/metrics", tags=["server"], response_class=Response)
    async def numbers(request: Request) -> Response:
        """Return metrics for Prometheus."""
        service, metrics = request.app.state.service, request.app.state.metrics
        counts = await service.store.counts()
        for state in ("queued", "running", "done", "failed", "cancelled"):
            metrics.jobs.labels(state).set(counts.get(state, 0))
        for pool in service.pools:
            metrics.starts.labels(pool.name).set(pool.starts)
        return Response(metrics.text(), media_type="text/plain; version=0.0.4")

    @app.get("/v1/models", tags=["server"])
    async def models(request: Request) -> schema.Models:
        """List the available weights and the options that each supports."""
        return schema.Models(**await request.app.state.service.models(), default="auto")
