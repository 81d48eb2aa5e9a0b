"""``/v1/photos``, ``/v1/analyze`` and ``/v1/preview``: photographs, and what is found out about them."""

import asyncio
import json
import secrets
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path as Folder
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ValidationError
from starlette.responses import FileResponse, Response

from blindsr.errors import Code
from blindsr.web.api import schema
from blindsr.web.engine.service import Service
from blindsr.web.engine.store import Photo
from blindsr.web.problems import ProblemError, invalid, missing
from blindsr.web.uploads import file_of, form_of, text_of

Model = TypeVar("Model", bound=BaseModel)
T = TypeVar("T")
router = APIRouter(prefix="/v1", tags=["photographs"])
CACHED = {"cache-control": "private, max-age=86400, immutable"}
"""For what never changes under its address."""
UPLOAD: dict[str, Any] = {"type": "string", "format": "binary"}


def multipart(*, required: list[str], **fields: Any) -> dict[str, Any]:
    """The description of a multipart body for OpenAPI."""
    return {"multipart/form-data": {"schema": {"type": "object", "required": required, "properties": fields}}}


def service_of(request: Request) -> Service:
    """The running server of a request."""
    service: Service = request.app.state.service
    return service


Here = Annotated[Service, Depends(service_of)]
Identity = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", examples=["0123456789abcdef0123456789abcdef"])]


@dataclass(frozen=True)
class TilePlace:
    """Which tile, as its address says."""

    level: Annotated[int, Path(ge=0, le=40)]
    column: Annotated[int, Path(ge=0)]
    row: Annotated[int, Path(ge=0)]
    kind: Annotated[Literal["jpg", "png"], Path()]


def shown(photo: Photo) -> dict[str, Any]:
    """A photograph as the API shows it."""
    about = {name: photo.about[name] for name in ("width", "height", "format", "frames")}
    megapixels = round(about["width"] * about["height"] / 1e6, 3)
    return {"id": photo.id, "name": photo.name, "size_bytes": photo.size_bytes, **about, "megapixels": megapixels}


async def received(request: Request, service: Service) -> tuple[Photo, dict[str, str]]:
    """The photograph of a multipart request, kept, and its text fields.

    Raises:
        ProblemError: a malformed body, or a file that is no photograph.
    """
    form = await form_of(request)
    try:
        file = file_of(form)
        await request.app.state.keeper.make_room(file.size or 0)
        photo = await service.add_photo(file.file, file.filename)
        return photo, {name: value for name in form if (value := text_of(form, name)) is not None}
    finally:
        await form.close()


@router.post(
    "/photos",
    status_code=201,
    openapi_extra={"requestBody": {"required": True, "content": multipart(required=["file"], file=UPLOAD)}},
)
async def upload(request: Request, service: Here) -> schema.Photo:
    """Upload a photograph."""
    photo, _ = await received(request, service)
    return schema.Photo(**shown(photo))


@router.get("/photos/{identity}")
async def about(identity: Identity, service: Here) -> schema.Photo:
    """What a photograph is."""
    return schema.Photo(**shown(await service.photo(identity)))


@router.delete("/photos/{identity}", status_code=204)
async def delete(identity: Identity, service: Here) -> None:
    """Delete a photograph that no job waits for."""
    photo = await service.photo(identity)
    if not await service.remove_photo(identity):
        raise ProblemError(409, "in-use", f"{photo.name} is being restored; cancel that first")


@router.get("/photos/{identity}/preview", response_class=FileResponse)
async def thumbnail(
    identity: Identity, service: Here, side: Annotated[int, Query(ge=16, le=8192)] = 1024
) -> FileResponse:
    """A small version, upright and in sRGB; its longest side is at most ``side``, but never below 256."""
    path = await service.thumbnail(await service.photo(identity), side)
    return FileResponse(path, headers=CACHED)


@router.get("/photos/{identity}/analysis")
async def analysis(identity: Identity, service: Here) -> schema.Card:
    """What is wrong with a photograph, and what would be done."""
    return schema.Card(**await service.card(await service.photo(identity)))


@router.get("/photos/{identity}/tiles.json")
async def tiles(identity: Identity, service: Here) -> schema.Tiles:
    """A photograph as a pyramid of tiles; they are made at the first request."""
    photo = await service.photo(identity)
    folder = service.folder_of_photo(identity) / "tiles"
    return schema.Tiles(**await service.tiles(service.source(photo), folder, photo.name))


@router.get("/photos/{identity}/tiles/{level}/{column}_{row}.{kind}", response_class=FileResponse)
async def tile(identity: Identity, place: Annotated[TilePlace, Depends()], service: Here) -> FileResponse:
    """One of a photograph's tiles."""
    return tile_of(service.folder_of_photo(identity), place)


def tile_of(folder: Folder, place: TilePlace) -> FileResponse:
    """A tile in a folder.

    Raises:
        ProblemError: there is none.
    """
    path = folder / "tiles" / str(place.level) / f"{place.column}_{place.row}.{place.kind}"
    if not path.is_file():
        raise missing("tile")
    return FileResponse(path, headers=CACHED)


@router.post(
    "/analyze",
    openapi_extra={"requestBody": {"required": True, "content": multipart(required=["file"], file=UPLOAD)}},
)
async def analyze(request: Request, service: Here) -> schema.Card:
    """Analyse a photograph that is not kept."""
    photo, _ = await received(request, service)
    try:
        return schema.Card(**await while_there(request, service.card(photo)))
    finally:
        await service.remove_photo(photo.id)


@router.post(
    "/preview",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}, 409: {"description": "a newer preview has replaced this one"}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/PreviewRequest"}},
                **multipart(
                    required=["file", "region"],
                    file=UPLOAD,
                    region={"type": "string", "example": "[0, 0, 256, 256]"},
                    options={"type": "string", "example": '{"denoise": 0.5}'},
                ),
            },
        }
    },
)
async def preview(request: Request, service: Here) -> Response:
    """Restore a part of a photograph as it will be in the whole; a newer preview of the same client replaces it."""
    if request.headers.get("content-type", "").startswith("multipart/"):
        photo, fields = await received(request, service)
        try:
            asked = parsed(schema.PreviewRequest, {**of_text(fields, "region", "options"), "photo": photo.id})
            return await while_there(request, _restored(photo, asked, service))
        finally:
            await service.remove_photo(photo.id)
    asked = await body_of(request, schema.PreviewRequest)
    return await while_there(request, _restored(await service.photo(asked.photo), asked, service))


async def while_there(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What some work gives that nobody else waits for; it is cancelled where the client leaves meanwhile.

    Raises:
        ProblemError: the client has left, and reads this no more.
    """
    task, left = asyncio.ensure_future(work), asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait([task, left], return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ProblemError(409, Code.CANCELLED, "the client has left")
        return task.result()
    finally:
        for one in (task, left):
            one.cancel()
        await asyncio.gather(task, left, return_exceptions=True)


async def _left(request: Request) -> None:
    """Wait until a client has closed its connection; its whole body has come."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _restored(photo: Photo, asked: schema.PreviewRequest, service: Service) -> Response:
    target = service.settings.uploads / f"{secrets.token_hex(16)}.png"
    begun = time.monotonic()
    values = {
        "source": str(service.source(photo)),
        "target": str(target),
        "region": asked.region,
        "values": asked.options.given(),
        "settings": service.work_settings,
    }
    try:
        found = await service.newest(asked.client, service.ask(service.looking, "preview", values, photo.name))
        content = await asyncio.to_thread(target.read_bytes)
    finally:
        target.unlink(missing_ok=True)
    headers = {"X-Blindsr-Model": found["model"], "X-Blindsr-Seconds": f"{time.monotonic() - begun:.3f}"}
    return Response(content, media_type="image/png", headers={**headers, "cache-control": "no-store"})


def of_text(fields: dict[str, str], *names: str) -> dict[str, Any]:
    """Text fields with some of them read as JSON.

    Raises:
        ProblemError: one is none.
    """
    try:
        return {name: json.loads(value) if name in names else value for name, value in fields.items()}
    except (ValueError, RecursionError):
        raise ProblemError(422, "invalid", f"expected JSON in {' and '.join(names)}") from None


def parsed(model: type[Model], values: Any) -> Model:
    """Values by a schema.

    Raises:
        ProblemError: they do not fit.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise invalid(error.errors()) from None


async def body_of(request: Request, model: type[Model]) -> Model:
    """The JSON body of a request.

    Raises:
        ProblemError: it is none, or does not fit.
    """
    try:
        values = await request.json()
    except (ValueError, RecursionError):
        raise ProblemError(422, "invalid", "expected JSON, or multipart/form-data with a file") from None
    return parsed(model, values)
