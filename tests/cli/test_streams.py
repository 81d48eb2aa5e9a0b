"""Closed and broken standard streams."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import os, sys
from blindsr.cli import streams
for number in {closed}:
    os.close(number)
names = ("stdin", "stdout", "stderr")
for number in {closed}:
    setattr(sys, names[number], None)
streams.prepare()
{body}
"""


def _python(body: str, closed: tuple[int, ...] = (), **options: object) -> "subprocess.CompletedProcess[bytes]":
    code = _PROGRAM.format(closed=list(closed), body=body)
    return subprocess.run([sys.executable, "-c", code], capture_output=not options, check=False, **options)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_no_file_gets_the_number_of_a_closed_stream(closed: tuple[int, ...], tmp_path: Path) -> None:
    place = tmp_path / "image"
    body = f"""
with open({str(place)!r}, "wb") as file:
    for number in {closed}:
        os.write(number, b"") if number else os.read(number, 1)
    os.write(2, b"a library complains")
    print("a name")
    print("an error", file=sys.stderr)
    assert all(streams.is_closed(getattr(sys, name)) for number, name in enumerate(names) if number in {closed})
sys.exit(not streams.finish())
"""
    ended = _python(body, closed)
    assert ended.returncode == 0, ended.stderr
    assert place.read_bytes() == b""
    assert ended.stdout == (b"" if 1 in closed else b"a name\n")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_the_work_goes_on_where_nobody_reads(unbuffered: str, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    place = tmp_path / "done"
    body = f"""
for number in range(3):
    print("a name", flush=True)
open({str(place)!r}, "w").close()
sys.exit(not streams.finish())
"""
    with os.fdopen(writing, "wb") as pipe:
        environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
        ended = _python(body, stdout=pipe, stderr=subprocess.PIPE, env=environment)
    assert ended.returncode == 1
    assert ended.stderr.count(b"\n") == 1
    assert place.exists()


def test_a_help_text_that_nobody_reads_to_its_end_is_no_error_message() -> None:
    command = f"{sys.executable} -m blindsr train --help | head -1"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert ended.stderr == b""


def test_neither_stream_can_be_written(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs a device that is always full")
    with full.open("wb") as device:
        ended = _python("print('a name'); sys.exit(not streams.finish())", stdout=device, stderr=device)
    assert ended.returncode == 1


def test_names_that_are_not_unicode_are_printed_as_they_are() -> None:
    assert _python("print(os.fsdecode(b'\\xff')); streams.finish()").stdout == b"\xff\n"


def test_streams_that_were_replaced_stay(capsys: pytest.CaptureFixture[str]) -> None:
    from blindsr.cli import streams

    before = sys.stdout, sys.stderr
    streams.prepare()
    assert (sys.stdout, sys.stderr) == before
    assert streams.finish()
    sys.stdout.write("seen")
    assert capsys.readouterr().out == "seen"
