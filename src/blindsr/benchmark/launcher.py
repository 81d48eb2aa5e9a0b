"""Script that runs a program and writes what it used to a file of JSON: `python -I -S launcher.py FILE COMMAND...`.

On Linux, the largest resident memory of a process is at least that of the process that started it. blindsr with torch
takes hundreds of megabytes, this script ten.
"""

import json
import resource
import signal
import subprocess
import sys
import time


def main(report: str, *command: str) -> None:
    """Run a command, and write its exit code, time and memory, or why it cannot be started."""
    start = time.perf_counter()
    try:
        with subprocess.Popen(command) as running:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program
            code = running.wait()
    except OSError as error:
        used: dict[str, object] = {"error": error.strerror}
    else:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = {
            "code": code,
            "seconds": time.perf_counter() - start,
            "processor_seconds": children.ru_utime + children.ru_stime,
            "memory": children.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        }
    with open(report, "w", encoding="utf-8") as file:  # noqa: PTH123  # pathlib would take memory too
        json.dump(used, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
