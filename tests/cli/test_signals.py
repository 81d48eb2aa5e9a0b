"""Signals end the program in order."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from blindsr.cli.signals import handled

# Announces itself once a part file is there, or while a module loads, and then waits.
_WORK = """
import sys, time
from pathlib import Path
from blindsr.cli.signals import handled
with handled():
    from blindsr.parts import part_folder
    with part_folder(Path(sys.argv[1])) as folder:
        (folder / "part.png").write_bytes(b"half")
        print("ready", flush=True)
        time.sleep(60)
"""
_IMPORT = """
import sys
from blindsr.cli.signals import handled
sys.path.insert(0, sys.argv[1])
with handled():
    import slow
"""
_HEARD = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
"""
"""Shells let commands in the background ignore interrupts, and ``nohup`` a closed terminal; children inherit that."""
_SLOW = "import time\nprint('ready', flush=True)\ntry: time.sleep(60)\nexcept BaseException: raise ImportError"


def _ended_by(number: signal.Signals, code: str, folder: Path) -> tuple[int, bytes]:
    command = [sys.executable, "-c", _HEARD + code, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
        return process.returncode, err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_part_files_are_removed(number: signal.Signals, tmp_path: Path) -> None:
    assert _ended_by(number, _WORK, tmp_path) == (128 + number, b"")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_removes_them_too(tmp_path: Path) -> None:
    code, err = _ended_by(signal.SIGINT, _WORK, tmp_path)
    assert code == -signal.SIGINT
    assert b"KeyboardInterrupt" in err  # which the command line catches
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_modules_that_load_cannot_swallow_a_signal(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(_SLOW)
    assert _ended_by(number, _IMPORT, tmp_path) == (-number, b"")


def test_handlers_of_others_stay() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    ignored = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with handled():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not before[signal.SIGTERM]
    finally:
        signal.signal(signal.SIGHUP, ignored)
    assert {number: signal.getsignal(number) for number in before} == before


def test_threads_set_no_handlers() -> None:
    entered = []

    def enter() -> None:
        with handled():
            entered.append(True)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert entered == [True]
