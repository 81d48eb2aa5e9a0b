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
    scale: Annotated[
        float | None, Field(gt=0, le=100, description="Enlargement factor; that of the model by default.")
    ] = None
    size: Annotated[
        str | None,
        Field(
            pattern=r"^\d{0,6}x\d{0,6}$",
            examples=["3000x2000"],
            description="Instead of 'scale': width and height to fit into, pixels; one may be left out.",
        ),
    ] = None
    megapixels: Annotated[
        float | None, Field(gt=0, le=10000, description="Instead of 'scale': megapixels of the result.")
    ] = None
    native: Annotated[
        str | None,
        Field(
            pattern=r"^(auto|off|[01]?\.?\d{1,6})$",
            description="Fraction of its sides that the photograph is reduced to first, 'auto' or 'off'.",
        ),
    ] = None
    strength: Annotated[
        float | None, Field(ge=0, le=1, description="From 0, bicubic enlargement, to 1, the model's result.")
    ] = None
    denoise: Annotated[
        float | None, Field(ge=0, le=100, description="Factor of the estimated noise: 0 keeps it, 1 removes it.")
    ] = None
    detail: Annotated[
        float | None, Field(ge=0, le=1, description="From 0, weights for fidelity, to 1, for perceptual quality.")
    ] = None
    noise: Annotated[
        float | None, Field(ge=0, le=255, description="Known standard deviation of the noise, 0 to 255.")
    ] = None
    blur: Annotated[
        float | None, Field(gt=0, le=20, description="Known standard deviation of the blur, pixels of the result.")
    ] = None
    tta: Annotated[bool | None, Field(description="Eight-fold self-ensemble.")] = None
    steps: Annotated[int | None, Field(ge=0, le=10000, description="Gradient steps on the photograph.")] = None
    time_limit: Annotated[
        str | None,
        Field(
            pattern=r"^\d{1,6}(\.\d{1,3})?[smh]$",
            examples=["5s"],
            description="Time limit for adapting to the photograph.",
        ),
    ] = None
    format: Annotated[
        Literal["keep", "png", "jpeg", "webp", "tiff", "avif", "heic", "bmp", "ppm", "gif"] | None,
        Field(description="Format of the result; 'keep' uses that of the photograph."),
    ] = None
    quality: Annotated[int | None, Field(ge=1, le=100, description="Quality of JPEG, WebP, AVIF and HEIC.")] = None
    bits: Annotated[
        Literal["keep", "8", "16", "32"] | None,
        Field(description="Bits per sample; 'keep' uses those of the photograph if the format supports them."),
    ] = None
    seed: Annotated[int | None, Field(ge=0, lt=2**63, description="Seed of the method's random choices.")] = None
    report: Annotated[bool | None, Field(description="Report findings, and make a residual map.")] = None

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

    wait: Annotated[float, Field(ge=0, le=LONGEST_WAIT, description="seconds")]


class PreviewRequest(BaseModel):
    """A region of a photograph to restore immediately."""

    model_config = ConfigDict(extra="forbid")

    photo: Annotated[str, Field(description="id of an uploaded photograph")]
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
    width: Annotated[int, Field(description="pixels")]
    height: Annotated[int, Field(description="pixels")]
    format: str
    megapixels: float
    frames: Annotated[int, Field(description="number of frames of an animation, or of pages")]


class Result(BaseModel):
    """File of a result."""

    name: str
    size_bytes: int
    width: int
    height: int
    format: str


class Problem(BaseModel):
    """Problem document (RFC 9457)."""

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
    progress: Annotated[float, Field(description="finished fraction, 0 to 1")]
    seconds_left: Annotated[float | None, Field(description="estimate; null if it is not running")]
    position: Annotated[int | None, Field(description="number of jobs ahead in the queue")]
    created: Annotated[float, Field(description="seconds since 1970")]
    started: Annotated[float | None, Field(description="seconds since 1970")]
    finished: Annotated[float | None, Field(description="seconds since 1970")]
    model: Annotated[str | None, Field(description="weights that restored the photograph, once it is done")]
    options: dict[str, Any]
    error: Problem | None
    result: Result | None
    has_map: Annotated[bool, Field(description="whether there is a residual map")]


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
    blur: Annotated[
        dict[str, Any] | None, Field(description="width (standard deviation, pixels), confidence (0 to 1), kernel")
    ]
    noise: Annotated[
        dict[str, Any] | None,
        Field(description="sigma (standard deviation, 0 to 255), grain (share that is coarser than a pixel)"),
    ]
    jpeg: Annotated[
        dict[str, Any],
        Field(description="found, quality, source (file or pixels), confidence, and period and phase of the blocks"),
    ]
    resolution: Annotated[
        dict[str, Any], Field(description="native_fraction: fraction of its sides that holds all of its detail")
    ]
    warnings: list[str]
    choice: Annotated[dict[str, Any], Field(description="model that 'auto' selects, and the reasons")]
    report: Annotated[dict[str, Any], Field(description="all findings, as of `blindsr analyze --json`")]


class Models(BaseModel):
    """Available weights."""

    models: list[dict[str, Any]]
    default: str


class Command(BaseModel):
    """The command line that gives the same result."""

    command: str
