"""``blindsr serve``: a page and an API on this machine."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from blindsr.errors import BlindSRError, Code


def _default_state() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "blindsr"


def serve(
    *,
    host: Annotated[
        str, typer.Option(help="Address to listen on; all but loopback addresses need --token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 selects a free one.")] = 8000,
    state: Annotated[
        Path | None,
        typer.Option(help="Private folder of the queue and the results; ~/.local/state/blindsr by default."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Number of processes that restore.")] = 1,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    runtime: Annotated[
        Literal["auto", "torch", "onnxruntime", "openvino"],
        typer.Option(help="Library that runs the networks; see blindsr upscale --runtime."),
    ] = "auto",
    engine: Annotated[
        Literal["local", "ray"], typer.Option(help="ray runs the workers on a cluster; see docs/server.md.")
    ] = "local",
    address: Annotated[str | None, typer.Option(help="Address of the Ray cluster; this machine if not given.")] = None,
    store: Annotated[
        str | None, typer.Option(help="Path or URL of a folder that all machines of the cluster can reach.")
    ] = None,
    token: Annotated[
        str | None, typer.Option(envvar="BLINDSR_TOKEN", help="Secret that requests must contain; see --token-file.")
    ] = None,
    token_file: Annotated[Path | None, typer.Option(help="A file that contains the token.")] = None,
    no_auth: Annotated[bool, typer.Option("--no-auth", help="Let other machines connect without a token.")] = False,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A host name of the server, e.g. behind a proxy; repeatable.")
    ] = None,
    allow_origin: Annotated[
        list[str] | None, typer.Option(help="Origin of another site that may use the API; repeatable.")
    ] = None,
    keep: Annotated[str, typer.Option(help="How long photographs and results are kept: 30m, 24h, 7d.")] = "24h",
    disk: Annotated[str, typer.Option(help="Disk space for photographs and results; old ones are deleted.")] = "10GB",
    max_upload: Annotated[str, typer.Option(help="Maximum size of an uploaded file.")] = "100MB",
    max_megapixels: Annotated[float, typer.Option(help="Maximum size of a photograph.")] = 100.0,
    queue: Annotated[int, typer.Option(min=1, max=100_000, help="Maximum number of queued photographs.")] = 100,
    memory: Annotated[str | None, typer.Option(help="Memory limit of a worker; by default what is free.")] = None,
    max_time: Annotated[str, typer.Option(help="Time limit for a photograph.")] = "1h",
) -> None:
    """Serve a page to restore photographs in a browser, and an API; see docs/server.md."""
    try:
        from blindsr.web import access, app, server, settings
    except ModuleNotFoundError as error:
        raise BlindSRError(
            f"blindsr serve requires an additional library ({error.name}): pip install 'blindsr[web]'",
            Code.MISSING_DEPENDENCY,
        ) from None

    if token is not None and token_file is not None:
        raise BlindSRError("give either --token or --token-file", Code.CONFLICTING_OPTIONS)
    chosen = settings.Settings(
        state=(state or _default_state()).absolute(),
        host=host,
        port=port,
        workers=workers,
        device=device,
        runtime=runtime,
        engine=engine,
        address=address,
        store=store,
        token=settings.read_token(token_file) if token_file is not None else token,
        no_auth=no_auth,
        allow_host=tuple(allow_host or ()),
        allow_origin=tuple(allow_origin or ()),
        keep=settings.parse_duration(keep),
        disk=settings.parse_size(disk),
        max_upload=settings.parse_size(max_upload),
        max_megapixels=max_megapixels,
        queue=queue,
        memory=None if memory is None else settings.parse_size(memory),
        max_time=settings.parse_duration(max_time),
    )
    door = access.Access(chosen)
    with server.listen(chosen.host, chosen.port) as listener:
        served = app.create_app(chosen, door)
        link = "" if chosen.token is None else f"/?token={door.link()} (this link works once)"
        typer.echo(f"{server.page_address(listener)}{link}")
        server.run(served, listener)
