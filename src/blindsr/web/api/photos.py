"""``/v1/photos``, ``/v1/analyze`` and ``/v1/preview``: photographs and their analysis."""

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
from blindsr.web.uploads import file_field, read_form, text_field

Model = TypeVar("Model", bound=BaseModel)
T = TypeVar("T")
router = APIRouter(prefix="/v1", tags=["photographs"])
CACHED = {"cache-control": "private, max-age=86400, immutable"}
"""Headers of responses that never change."""
UPLOAD: dict[str, Any] = {"type": "string", "format": "binary"}


def multipart(*, required: list[str], **fields: Any) -> dict[str, Any]:
    """OpenAPI description of a multipart body."""
    return {"multipart/form-data": {"schema": {"type": "object", "required": required, "properties": fields}}}


def get_service(request: Request) -> Service:
    """Return the service of the running server."""
    service: Service = request.app.state.service
    return service


ServiceDependency = Annotated[Service, Depends(get_service)]
Identity = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", examples=["0123456789abcdef0123456789abcdef"])]


@dataclass(frozen=True)
class TilePlace:
    """Position of a tile, from its URL."""

    level: Annotated[int, Path(ge=0, le=40)]
    column: Annotated[int, Path(ge=0)]
    row: Annotated[int, Path(ge=0)]
    kind: Annotated[Literal["jpg", "png"], Path()]


def photo_view(photo: Photo) -> dict[str, Any]:
    """Convert a photograph to its API representation."""
    about = {name: photo.about[name] for name in ("width", "height", "format", "frames")}
    megapixels = round(about["width"] * about["height"] / 1e6, 3)
    return {"id": photo.id, "name": photo.name, "size_bytes": photo.size_bytes, **about, "megapixels": megapixels}


async def receive_photo(request: Request, service: Service) -> tuple[Photo, dict[str, str]]:
    """Store the photograph of a multipart request; return it with the text fields.

    Raises:
        ProblemError: malformed body, or a file that is not a photograph.
    """
    form = await read_form(request)
    try:
        file = file_field(form)
        await request.app.state.cleaner.make_room(file.size or 0)
        photo = await service.add_photo(file.file, file.filename)
        return photo, {name: value for name in form if (value := text_field(form, name)) is not None}
    finally:
        await form.close()


@router.post(
    "/photos",
    status_code=201,
    openapi_extra={"requestBody": {"required": True, "content": multipart(required=["file"], file=UPLOAD)}},
)
async def upload(request: Request, service: ServiceDependency) -> schema.Photo:
    """Upload a photograph."""
    photo, _ = await receive_photo(request, service)
    return schema.Photo(**photo_view(photo))


@router.get("/photos/{identity}")
async def about(identity: Identity, service: ServiceDependency) -> schema.Photo:
    """Return the properties of a photograph."""
    return schema.Photo(**photo_view(await service.photo(identity)))


@router.delete("/photos/{identity}", status_code=204)
async def delete(identity: Identity, service: ServiceDependency) -> None:
    """Delete a photograph that no job needs."""
    photo = await service.photo(identity)
    if not await service.remove_photo(identity):
        raise ProblemError(409, "in-use", f"{photo.name} is being restored; cancel that first")


@router.get("/photos/{identity}/preview", response_class=FileResponse)
async def thumbnail(
    identity: Identity, service: ServiceDependency, side: Annotated[int, Query(ge=16, le=8192)] = 1024
) -> FileResponse:
    """Return a thumbnail, upright and in sRGB; its longest side is at most ``side``, but never below 256."""
    path = await service.thumbnail(await service.photo(identity), side)
    return FileResponse(path, headers=CACHED)


@router.get("/photos/{identity}/analysis")
async def analysis(identity: Identity, service: ServiceDependency) -> schema.Card:
    """Return the estimated degradations of a photograph and the selected model."""
    return schema.Card(**await service.card(await service.photo(identity)))


@router.get("/photos/{identity}/tiles.json")
async def tiles(identity: Identity, service: ServiceDependency) -> schema.Tiles:
    """Describe the tile pyramid of a photograph, which is created at the first request."""
    photo = await service.photo(identity)
    folder = service.folder_of_photo(identity) / "tiles"
    return schema.Tiles(**await service.tiles(service.source(photo), folder, photo.name))


@router.get("/photos/{identity}/tiles/{level}/{column}_{row}.{kind}", response_class=FileResponse)
async def tile(identity: Identity, place: Annotated[TilePlace, Depends()], service: ServiceDependency) -> FileResponse:
    """Return a tile of a photograph."""
    return tile_response(service.folder_of_photo(identity), place)


def tile_response(folder: Folder, place: TilePlace) -> FileResponse:
    """Return a tile in a folder as a response.

    Raises:
        ProblemError: the tile does not exist.
    """
    path = folder / "tiles" / str(place.level) / f"{place.column}_{place.row}.{place.kind}"
    if not path.is_file():
        raise missing("tile")
    return FileResponse(path, headers=CACHED)


@router.post(
    "/analyze",
    openapi_extra={"requestBody": {"required": True, "content": multipart(required=["file"], file=UPLOAD)}},
)
async def analyze(request: Request, service: ServiceDependency) -> schema.Card:
    """Analyse a photograph without keeping it."""
    photo, _ = await receive_photo(request, service)
    try:
        return schema.Card(**await cancel_on_disconnect(request, service.card(photo)))
    finally:
        await service.remove_photo(photo.id)


@router.post(
    "/preview",
    response_class=Response,
    responses={
        200: {"content": {"image/png": {}}},
        409: {"description": "a newer preview of the same client has replaced this one"},
    },
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
async def preview(request: Request, service: ServiceDependency) -> Response:
    """Restore a region of a photograph as in the whole result; a newer preview of the same client cancels it."""
    if request.headers.get("content-type", "").startswith("multipart/"):
        photo, fields = await receive_photo(request, service)
        try:
            asked = validated(
                schema.PreviewRequest, {**decode_json_fields(fields, "region", "options"), "photo": photo.id}
            )
            return await cancel_on_disconnect(request, _restored(photo, asked, service))
        finally:
            await service.remove_photo(photo.id)
    asked = await read_body(request, schema.PreviewRequest)
    return await cancel_on_disconnect(request, _restored(await service.photo(asked.photo), asked, service))


async def cancel_on_disconnect(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Await work for one client, and cancel it if the client disconnects.

    Raises:
        ProblemError: the client has disconnected.
    """
    task, left = asyncio.ensure_future(work), asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait([task, left], return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ProblemError(409, Code.CANCELLED, "the client has disconnected")
        return task.result()
    finally:
        for one in (task, left):
            one.cancel()
        await asyncio.gather(task, left, return_exceptions=True)


async def _left(request: Request) -> None:
    """Wait until the client disconnects; the whole body was received before."""
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
        found = await service.run_latest(asked.client, service.ask(service.looking, "preview", values, photo.name))
        content = await asyncio.to_thread(target.read_bytes)
    finally:
        target.unlink(missing_ok=True)
    headers = {"X-Blindsr-Model": found["model"], "X-Blindsr-Seconds": f"{time.monotonic() - begun:.3f}"}
    return Response(content, media_type="image/png", headers={**headers, "cache-control": "no-store"})


def decode_json_fields(fields: dict[str, str], *names: str) -> dict[str, Any]:
    """Decode some of the text fields as JSON.

    Raises:
        ProblemError: a field is not valid JSON.
    """
    try:
        return {name: json.loads(value) if name in names else value for name, value in fields.items()}
    except (ValueError, RecursionError):
        raise ProblemError(422, "invalid", f"expected JSON in {' and '.join(names)}") from None


def validated(model: type[Model], values: Any) -> Model:
    """Validate values by a schema.

    Raises:
        ProblemError: they are invalid.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise invalid(error.errors()) from None


async def read_body(request: Request, model: type[Model]) -> Model:
    """Validate the JSON body of a request.

    Raises:
        ProblemError: it is not JSON, or invalid.
    """
    try:
        values = await request.json()
    except (ValueError, RecursionError):
        raise ProblemError(422, "invalid", "expected JSON, or multipart/form-data with a file") from None
    return validated(model, values)
