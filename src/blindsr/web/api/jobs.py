"""``/v1/jobs``: restoration jobs, their progress and their results."""

import hashlib
import json
import shlex
import sqlite3
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from blindsr.web.api import archive, schema
from blindsr.web.api.photos import (
    CACHED,
    UPLOAD,
    Identity,
    ServiceDependency,
    TilePlace,
    decode_json_fields,
    multipart,
    read_body,
    receive_photo,
    tile_response,
    validated,
)
from blindsr.web.engine import events
from blindsr.web.engine.queue import Queue
from blindsr.web.engine.service import Service
from blindsr.web.engine.store import FINAL_STATES, Job, Photo
from blindsr.web.problems import ProblemError

router = APIRouter(prefix="/v1", tags=["jobs"])
_KEY = Header(max_length=200, description="Repeated requests with the same key return the same job.")
_SSE: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {}}}}


def get_queue(request: Request) -> Queue:
    """Return the queue of the running server."""
    queue: Queue = request.app.state.queue
    return queue


QueueDependency = Annotated[Queue, Depends(get_queue)]
_OPTIONS = {"type": "string", "example": '{"scale": 2, "report": true}'}
_BODY = {
    "application/json": {"schema": {"$ref": "#/components/schemas/JobRequest"}},
    **multipart(
        required=[],
        file=UPLOAD,
        photo={"type": "string"},
        options=_OPTIONS,
        wait={"type": "number", "maximum": schema.LONGEST_WAIT},
    ),
}


@router.post(
    "/jobs",
    status_code=202,
    response_model=schema.Job,
    responses={
        200: {"description": "the result, if it was ready in time", "content": {"image/*": {}}},
        429: {"description": "the queue is full", "model": schema.Problem},
    },
    openapi_extra={"requestBody": {"required": True, "content": _BODY}},
)
async def add(
    request: Request,
    service: ServiceDependency,
    queue: QueueDependency,
    idempotency_key: Annotated[str | None, _KEY] = None,
    wait: Annotated[float, Query(ge=0, le=schema.LONGEST_WAIT)] = 0.0,
) -> Response:
    """Restore a photograph; with ``wait``, the response is the result if it is ready by then."""
    photo, options, wait, uploaded = await _asked(request, service, wait)
    try:
        await service.ask(service.reading, "check", {"values": options, "settings": {}}, photo.name, priority=-1)
        job = await _added(queue, photo, options, idempotency_key)
    except BaseException:
        if uploaded:
            await service.remove_photo(photo.id)
        raise
    if uploaded and job.photo != photo.id:  # a repeated request: the job uses the photograph of the first one
        await service.remove_photo(photo.id)
    if wait:
        job = await queue.wait(job.id, wait)
        if job.error is not None:
            return ProblemError(job.error["status"], job.error["code"], job.error["detail"]).response()
        if job.state == "done":
            return _file(job, queue)
    headers = {"Location": f"/v1/jobs/{job.id}"}
    return JSONResponse(await queue.view(job), 202, headers)


async def _asked(request: Request, service: Service, wait: float) -> tuple[Photo, dict[str, Any], float, bool]:
    """Return photograph, options, seconds to wait, and whether the photograph was uploaded with the request."""
    if not request.headers.get("content-type", "").startswith("multipart/"):
        asked = await read_body(request, schema.JobRequest)
        return await service.photo(asked.photo), asked.options.given(), wait, False
    photo, fields = await receive_photo(request, service)
    try:
        wait = validated(schema.Wait, {"wait": fields.pop("wait", wait)}).wait
        asked = validated(schema.JobRequest, {**decode_json_fields(fields, "options"), "photo": photo.id})
    except ProblemError:
        await service.remove_photo(photo.id)
        raise
    return photo, asked.options.given(), wait, True


async def _added(queue: Queue, photo: Photo, options: dict[str, Any], key: str | None) -> Job:
    """Create a job, or return the one of the same idempotency key."""
    asked = hashlib.sha256(json.dumps([photo.sha256, options], sort_keys=True).encode()).hexdigest()
    known = await queue.job_of_key(key) if key else None
    if known is None:
        try:
            return await queue.add(photo, options, key, asked)
        except sqlite3.IntegrityError:  # the same request at the same time
            known = await queue.job_of_key(key or "")
    if known is None or known.asked != asked:
        raise ProblemError(422, "key-reused", "this Idempotency-Key was used for a different request")
    return known


@router.get("/jobs")
async def all_jobs(queue: QueueDependency) -> schema.Jobs:
    """List all jobs, oldest first."""
    return schema.Jobs.model_validate({"jobs": await queue.views()})


@router.get("/jobs/{identity}")
async def about(identity: Identity, queue: QueueDependency) -> schema.Job:
    """Return the state of a job."""
    return schema.Job.model_validate(await queue.view(await queue.job(identity)))


@router.delete("/jobs/{identity}", status_code=204)
async def delete(identity: Identity, queue: QueueDependency) -> None:
    """Cancel a queued or running job; delete a finished one."""
    await queue.remove(identity)


@router.get("/events", response_class=StreamingResponse, responses=_SSE)
async def changes(queue: QueueDependency) -> StreamingResponse:
    """Stream changes of all jobs as server-sent events."""
    return _stream(queue, None)


@router.get("/jobs/{identity}/events", response_class=StreamingResponse, responses=_SSE)
async def changes_of(identity: Identity, queue: QueueDependency) -> StreamingResponse:
    """Stream changes of a job as server-sent events until it is finished."""
    await queue.job(identity)
    return _stream(queue, identity)


def _stream(queue: Queue, identity: str | None) -> StreamingResponse:
    async def text() -> AsyncIterator[str]:
        async with queue.changes.subscribe(identity) as changed:
            first = [one["id"] for one in await queue.views()] if identity is None else [identity]
            async for shown in events.stream(changed, queue.view_of, first):
                yield events.text(shown)
                if identity is not None and shown is not None and shown.get("state", "done") in FINAL_STATES:
                    return

    return StreamingResponse(text(), media_type="text/event-stream", headers={"cache-control": "no-store"})


@router.get("/jobs/{identity}/result", response_class=FileResponse)
async def result(identity: Identity, queue: QueueDependency) -> FileResponse:
    """Return the restored photograph."""
    return _file(await queue.job(identity), queue)


def _file(job: Job, queue: Queue) -> FileResponse:
    path = queue.result(job)
    return FileResponse(path, filename=job.result["name"] if job.result else None, headers=CACHED)


@router.get("/jobs/{identity}/report")
async def report(identity: Identity, queue: QueueDependency) -> dict[str, Any]:
    """Return the report of a job, as printed by ``blindsr upscale --json``."""
    job = await queue.job(identity)
    queue.result(job)
    found: dict[str, Any] = (job.result or {})["report"]
    return found


@router.get("/jobs/{identity}/map", response_class=FileResponse)
async def residual_map(identity: Identity, queue: QueueDependency) -> FileResponse:
    """Return the residual map of the result as PNG; requires the option ``report``."""
    return FileResponse(queue.result(await queue.job(identity), "map"), headers=CACHED)


@router.get("/jobs/{identity}/command")
async def command(identity: Identity, queue: QueueDependency) -> schema.Command:
    """Return the command line that gives the same result."""
    job = await queue.job(identity)
    name = f"./{job.name}" if job.name.startswith("-") else job.name  # so that it is not taken for an option
    words = ["blindsr", "upscale", name, "--out", "restored/"]
    for name, value in job.options.items():
        flag = f"--{name.replace('_', '-')}"
        words += ([flag] if value else []) if isinstance(value, bool) else [flag, str(value)]
    return schema.Command(command=shlex.join(words))


@router.get("/jobs/{identity}/tiles.json")
async def tiles(identity: Identity, service: ServiceDependency, queue: QueueDependency) -> schema.Tiles:
    """Describe the tile pyramid of the result, which is created at the first request."""
    path = queue.result(job := await queue.job(identity))
    return schema.Tiles(**await service.tiles(path, path.parent / "tiles", job.name))


@router.get("/jobs/{identity}/tiles/{level}/{column}_{row}.{kind}", response_class=FileResponse)
async def tile(identity: Identity, place: Annotated[TilePlace, Depends()], queue: QueueDependency) -> FileResponse:
    """Return a tile of the result."""
    return tile_response(queue.result(await queue.job(identity)).parent, place)


@router.get("/results.zip", response_class=StreamingResponse, responses={200: {"content": {"application/zip": {}}}})
async def results(queue: QueueDependency, job: Annotated[list[Identity] | None, Query()] = None) -> StreamingResponse:
    """Return results as one ZIP file; all finished ones if no job is given."""
    found = [await queue.job(one) for one in job] if job else await queue.done()
    entries = [(str((one.result or {})["name"]), queue.result(one)) for one in found if one.result is not None]
    if not entries:
        raise ProblemError(404, "not-found", "there are no results yet")
    headers = {"content-disposition": 'attachment; filename="restored.zip"'}
    return StreamingResponse(archive.pieces(entries), media_type="application/zip", headers=headers)
