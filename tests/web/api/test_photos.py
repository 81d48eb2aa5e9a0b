import asyncio
import io
import re
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from starlette.requests import Request
from starlette.types import Message

from blindsr.errors import Code
from blindsr.web.api.photos import cancel_on_disconnect
from blindsr.web.problems import ProblemError

Photograph = Callable[..., bytes]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("PNG", "a.png"),
        ("JPEG", "a.jpg"),
        ("WEBP", "a.webp"),
        ("TIFF", "a.tif"),
        ("BMP", "a.bmp"),
        ("GIF", "a.gif"),
        ("PPM", "a.ppm"),
        ("AVIF", "a.avif"),
    ],
)
def test_a_photograph_of_each_kind(served: Any, photograph: Photograph, kind: str, name: str) -> None:
    data = photograph(kind=kind)
    photo = served.upload(data, name)
    assert photo == {
        "id": photo["id"],
        "name": name,
        "size_bytes": len(data),
        "width": 48,
        "height": 40,
        "format": kind.lower(),
        "megapixels": 0.002,
        "frames": 1,
    }
    assert served.client.get(f"/v1/photos/{photo['id']}").json() == photo
    answer = served.client.get(f"/v1/photos/{photo['id']}/preview?side=1024")
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.size == (48, 40)


def test_heic(served: Any, photograph: Photograph) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(photograph())) as image:
        pillow_heif.from_pillow(image).save(buffer, quality=90)
    photo = served.upload(buffer.getvalue(), "IMG_1.HEIC")
    assert (photo["format"], photo["width"]) == ("heic", 48)
    assert served.client.get(f"/v1/photos/{photo['id']}/preview").headers["content-type"] == "image/jpeg"


def test_previews_are_small_and_upright(served: Any, photograph: Photograph) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = served.upload(photograph(900, 600, kind="JPEG", exif=exif.tobytes()), "a.jpg")
    assert (photo["width"], photo["height"]) == (600, 900)
    for side, longest in ((300, 256), (512, 512), (700, 512), (5000, 900)):
        answer = served.client.get(f"/v1/photos/{photo['id']}/preview?side={side}")
        with Image.open(io.BytesIO(answer.content)) as image:
            assert max(image.size) == image.size[1] == longest


def test_the_card_of_a_photograph(served: Any, photograph: Photograph) -> None:
    photo = served.upload(photograph(400, 300, kind="JPEG", quality=40), "a.jpg")
    card = served.client.get(f"/v1/photos/{photo['id']}/analysis").json()
    assert (card["width"], card["height"], card["format"]) == (400, 300, "jpeg")
    assert card["jpeg"]["found"]
    assert card["jpeg"]["quality"] == 40
    assert card["choice"]["model"]
    assert card["choice"]["reasons"][0]
    kernel = card["blur"]["kernel"]
    assert len(kernel) == len(kernel[0])
    assert sum(map(sum, kernel)) == pytest.approx(1, abs=0.01)
    assert card["report"]["recommended"] == card["choice"]["model"]


def test_what_is_analysed_at_once_is_not_kept(served: Any, photograph: Photograph) -> None:
    before = set((served.state / "photos").iterdir())
    data = photograph(300, 300, kind="JPEG", quality=30)
    answer = served.client.post("/v1/analyze", files={"file": ("a.jpg", data)})
    assert answer.json()["jpeg"]["quality"] == 30
    assert set((served.state / "photos").iterdir()) == before


def test_tiles(served: Any, photograph: Photograph) -> None:
    photo = served.upload(photograph(700, 520))
    base = f"/v1/photos/{photo['id']}"
    about = served.client.get(f"{base}/tiles.json").json()
    assert (about["width"], about["height"], about["format"]) == (700, 520, "jpg")
    last, inner = about["max_level"], about["tile_size"] + about["overlap"]
    assert 2 ** (last - 1) < 700 <= 2**last
    for place, size in (
        (f"{last}/0_0", (inner, inner)),
        (f"{last}/1_1", (700 - inner + 2, 520 - inner + 2)),
        ("0/0_0", (1, 1)),
    ):
        with Image.open(io.BytesIO(served.client.get(f"{base}/tiles/{place}.jpg").content)) as image:
            assert image.size == size
    for place in (f"{last}/2_0.jpg", f"{last}/0_0.png", f"{last}/0_0.svg", "-1/0_0.jpg", "../source.png", "99/0_0.jpg"):
        assert served.client.get(f"{base}/tiles/{place}").status_code in (404, 422)


def test_a_preview_is_a_part_of_the_result(served: Any, photograph: Photograph, tmp_path: Any) -> None:
    from blindsr import Options, restore_file

    data = photograph(96, 80)
    photo = served.upload(data)
    asked = {"photo": photo["id"], "region": [8, 16, 40, 24], "options": {"denoise": 0.5, "strength": 1}}
    answer = served.client.post("/v1/preview", json=asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-blindsr-model"]
    assert float(answer.headers["x-blindsr-seconds"]) > 0
    (tmp_path / "a.png").write_bytes(data)
    restore_file(tmp_path / "a.png", tmp_path / "b.png", Options(denoise=0.5, preview=(8, 16, 40, 24)))
    with Image.open(io.BytesIO(answer.content)) as image, Image.open(tmp_path / "b.png") as expected:
        assert image.size == (160, 96)
        assert image.tobytes() == expected.tobytes()
    files = {"file": ("a.png", data)}
    fields = {"region": "[8, 16, 40, 24]", "options": '{"denoise": 0.5}'}
    assert served.client.post("/v1/preview", files=files, data=fields).content == answer.content


@pytest.mark.parametrize("region", [[0, 0, 49, 10], [48, 0, 1, 1], [0, 0, 0, 5], [-1, 0, 5, 5], [0, 0, 5], "x"])
def test_regions_outside_are_refused(served: Any, photograph: Photograph, region: Any) -> None:
    photo = served.upload(photograph())
    answer = served.client.post("/v1/preview", json={"photo": photo["id"], "region": region})
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_a_photograph_is_deleted(served: Any, photograph: Photograph) -> None:
    photo = served.upload(photograph())
    folder = served.state / "photos" / photo["id"]
    assert folder.is_dir()
    assert served.client.delete(f"/v1/photos/{photo['id']}").status_code == 204
    assert served.client.get(f"/v1/photos/{photo['id']}").status_code == 404
    assert not folder.exists()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "a.png"),
        (b"not an image", "a.png"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>', "a.svg"),
        (b"%PDF-1.4", "a.jpg"),
        (b"PK\x03\x04" + bytes(100), "a.png"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a.png"),
    ],
)
def test_what_is_no_photograph_is_refused_in_a_sentence(served: Any, data: bytes, name: str) -> None:
    before = set((served.state / "photos").iterdir())
    answer = served.client.post("/v1/photos", files={"file": (name, data)})
    assert answer.status_code == 422
    assert str(served.state) not in answer.text
    assert answer.json()["detail"]
    assert set((served.state / "photos").iterdir()) == before


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, content: bytes, *more: bytes) -> bytes:
    """A PNG file of 8 bits, gray, with other chunks before its content."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + chunk(b"IDAT", content) + chunk(b"IEND", b"")


def zeros(count: int) -> bytes:
    """As many zeros, compressed, as a stream."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(2**20)) for _ in range(count // 2**20)) + packer.flush()


def zipped(count: int) -> bytes:
    """A ZIP file of zeros."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.png", "w") as file:
        for _ in range(count // 2**20):
            file.write(bytes(2**20))
    return buffer.getvalue()


def bombs() -> dict[str, bytes]:
    """Small files that would become large."""
    gigabyte = zeros(2**30)
    small = zlib.compress(bytes(9 * 8))
    animation = io.BytesIO()
    Image.new("L", (4000, 4000)).save(animation, "GIF")
    head = 13 + 3 * 2 ** ((animation.getvalue()[10] & 7) + 1)  # with the colour table
    header, frame = animation.getvalue()[:head], animation.getvalue()[head:-1]
    return {
        "pixels.png": png(60_000, 60_000, gigabyte),
        "rows.png": png(8, 8, gigabyte),
        "profile.png": png(8, 8, small, chunk(b"iCCP", b"x\0\0" + gigabyte)),
        "text.png": png(8, 8, small, *(chunk(b"zTXt", b"Comment\0\0" + gigabyte) for _ in range(3))),
        "archive.png": zipped(2**28),
        "frames.gif": header + 70 * frame + b";",
    }


def peak(process: int) -> int:
    """Bytes that a process has held at most."""
    text = Path(f"/proc/{process}/status").read_text()
    return 1024 * int(next(line.split()[1] for line in text.splitlines() if line.startswith("VmHWM")))


def test_bombs_do_no_harm(serving: Any, photograph: Photograph) -> None:
    server = serving()
    served_by = server.workers()
    before = {one: peak(one) for one in served_by}
    for name, data in bombs().items():
        assert len(data) < 10_000_000
        answer = server.client.post("/v1/photos", files={"file": (name, data)})
        if name in ("pixels.png", "archive.png", "frames.gif"):
            assert answer.status_code in (413, 422), (name, answer.text)
        if answer.status_code == 201:  # what is beside its few pixels is left out
            assert server.client.get(f"/v1/photos/{answer.json()['id']}/analysis").status_code in (200, 422)
        else:
            assert answer.json()["code"] != "worker-died", name
    assert server.workers() == served_by
    for one, most in before.items():
        assert peak(one) < most + 300e6
    assert server.upload(photograph())["width"] == 48


def test_names_from_clients_are_only_shown(served: Any, photograph: Photograph) -> None:
    before = {one for one in served.state.parent.rglob("*") if "evil" in one.name}
    for name in ("../../evil.png", "..\\..\\evil.png", "/tmp/evil.png", "a/../evil.png"):
        photo = served.upload(photograph(), name)
        assert photo["name"] == "evil.png"
        job = served.over(served.job(photo["id"], model="bicubic", format="jpeg")["id"])
        answer = served.client.get(f"/v1/jobs/{job['id']}/result")
        assert re.search(r'filename="evil_x4\.jpe?g"', answer.headers["content-disposition"])
        archive = served.client.get(f"/v1/results.zip?job={job['id']}").content
        assert zipfile.ZipFile(io.BytesIO(archive)).namelist() == [job["result"]["name"]]
    assert {one for one in served.state.parent.rglob("*") if "evil" in one.name} == before


def test_a_preview_that_nobody_waits_for_is_cancelled() -> None:
    def asked(*messages: str) -> Request:
        coming = iter(messages)

        async def receive() -> Message:
            await asyncio.sleep(0.01)
            kind = next(coming, None)
            if kind is None:
                await asyncio.sleep(60)
            return {"type": str(kind)}

        return Request({"type": "http"}, receive)

    async def work(ended: list[str], seconds: float) -> str:
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        return "done"

    async def main() -> None:
        ended: list[str] = []
        with pytest.raises(ProblemError) as left:
            await cancel_on_disconnect(asked("http.request", "http.disconnect"), work(ended, 60))
        assert left.value.code == Code.CANCELLED
        assert ended == ["cancelled"]
        assert await cancel_on_disconnect(asked(), work(ended, 0.05)) == "done"
        assert len(ended) == 1

    asyncio.run(main())


@pytest.mark.slow
def test_a_client_that_leaves_ends_its_preview(serving: Any, photograph: Photograph) -> None:
    server = serving()
    photo = server.upload(photograph(700, 700))["id"]
    asked = {"photo": photo, "region": [0, 0, 700, 700], "options": {"tta": True}}
    with pytest.raises(httpx.ReadTimeout):
        server.client.post("/v1/preview", json=asked, timeout=3)
    answered = 'blindsr_requests_total{status="%s"}'
    while answered % 409 not in server.client.get("/metrics").text:  # once its client is missed
        time.sleep(0.1)
    quick = {"photo": photo, "region": [0, 0, 8, 8], "options": {"model": "bicubic"}}
    assert server.client.post("/v1/preview", json=quick).status_code == 200
    # Previews come one after the other: had the first gone on, it would have left its file after it was given up
    assert not list((server.state / "uploads").iterdir())


def test_a_photograph_that_was_cut_short_says_so(served: Any, photograph: Photograph) -> None:
    for kind, name in (("PNG", "cut.png"), ("JPEG", "cut.jpg"), ("WEBP", "cut.webp")):
        data = photograph(300, 200, kind=kind)
        answer = served.client.post("/v1/photos", files={"file": (name, data[: len(data) // 2])})
        assert answer.status_code == 422
        assert name in answer.json()["detail"]


def test_bodies_of_other_kinds_are_refused(served: Any) -> None:
    assert served.client.post("/v1/photos", json={}).status_code == 415
    assert served.client.post("/v1/photos", data={"file": "text"}).status_code == 415
    assert served.client.post("/v1/photos", files={"other": ("a.png", b"x")}).status_code == 422
    assert served.client.post("/v1/jobs", content=b"{").status_code == 422
    assert served.client.post("/v1/jobs", content=b"[" * 100_000).status_code in (413, 422)
