"""Schemas of requests and responses."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

LONGEST_WAIT = 60.0
"""Longest time to wait for a result, seconds."""
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.+-]+$", max_length=100)]


class JobOptions(BaseModel):
    """Options of ``blindsr upscale`` for an uploaded photograph; none names a file."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    model: Annotated[Name | None, Field(description="Name of weights, 'bicubic' or 'auto'.")] = None
    scale: Annotated[float | None, Field(gt=0, le=100)] = None
    size: Annotated[str | None, Field(pattern=r"^\d{0,6}x\d{0,6}$", examples=["3000x2000"])] = None
    megapixels: Annotated[float | None, Field(gt=0, le=10000)] = None
    native: Annotated[str | None, Field(pattern=r"^(auto|off|[01]?\.?\d{1,6})$")] = None
    strength: Annotated[float | None, Field(ge=0, le=1)] = None
    denoise: Annotated[float | None, Field(ge=0, le=100)] = None
    detail: Annotated[float | None, Field(ge=0, le=1)] = None
    noise: Annotated[float | None, Field(ge=0, le=255)] = None
    blur: Annotated[float | None, Field(gt=0, le=20)] = None
    tta: bool | None = None
    steps: Annotated[int | None, Field(ge=0, le=10000)] = None
    time_limit: Annotated[str | None, Field(pattern=r"^\d{1,6}(\.\d{1,3})?[smh]$", examples=["5s"])] = None
    format: Literal["keep", "png", "jpeg", "webp", "tiff", "avif", "heic", "bmp", "ppm", "gif"] | None = None
    quality: Annotated[int | None, Field(ge=1, le=100)] = None
    bits: Literal["keep", "8", "16", "32"] | None = None
    seed: Annotated[int | None, Field(ge=0, lt=2**63)] = None
    report: bool | None = None

    def given(self) -> dict[str, Any]:
        """Options that were set."""
        return self.model_dump(exclude_none=True)


class JobRequest(BaseModel):
    """A photograph to restore."""

    model_config = ConfigDict(extra="forbid")

    photo: Annotated[str, Field(description="id of an uploaded photograph")]
    options: JobOptions = JobOptions()


class Wait(BaseModel):
    """Time to wait for the result."""

    wait: Annotated[float, Field(ge=0, le=LONGEST_WAIT)]


class PreviewRequest(BaseModel):
    """A region of a photograph to restore immediately."""

    model_config = ConfigDict(extra="forbid")

    photo: str
    region: Annotated[
        tuple[
            Annotated[int, Field(ge=0)],
            Annotated[int, Field(ge=0)],
            Annotated[int, Field(ge=1)],
            Annotated[int, Field(ge=1)],
        ],
        Field(description="left, top, width, height in pixels of the photograph", examples=[[0, 0, 256, 256]]),
    ]
    options: JobOptions = JobOptions()
    client: Annotated[
        str, Field(max_length=100, description="identifies the client, whose older preview is cancelled")
    ] = ""


class Photo(BaseModel):
    """An uploaded photograph."""

    id: str
    name: str
    size_bytes: int
    width: int
    height: int
    format: str
    megapixels: float
    frames: int


class Result(BaseModel):
    """File of a result."""

    name: str
    size_bytes: int
    width: int
    height: int
    format: str


class Problem(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    code: str


class Job(BaseModel):
    """A restoration job and its progress."""

    id: str
    photo: str
    name: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float
    seconds_left: float | None
    position: Annotated[int | None, Field(description="number of jobs ahead in the queue")]
    created: float
    started: float | None
    finished: float | None
    model: str | None
    options: dict[str, Any]
    error: Problem | None
    result: Result | None
    has_map: bool


class Jobs(BaseModel):
    """All jobs, oldest first."""

    jobs: list[Job]


class Tiles(BaseModel):
    """A tile pyramid in the Deep Zoom layout."""

    width: int
    height: int
    tile_size: int
    overlap: int
    min_level: int
    max_level: int
    format: str


class Card(BaseModel):
    """Estimated degradations of a photograph, and the selected model."""

    width: int
    height: int
    format: str
    blur: dict[str, Any] | None
    noise: dict[str, Any] | None
    jpeg: dict[str, Any]
    resolution: dict[str, Any]
    warnings: list[str]
    choice: dict[str, Any]
    report: dict[str, Any]


class Models(BaseModel):
    """Available weights."""

    models: list[dict[str, Any]]
    default: str


class Command(BaseModel):
    """The command line that gives the same result."""

    command: str
