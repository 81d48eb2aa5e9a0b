"""A worker process: handles requests one at a time, read as lines of JSON from standard input.

Only the server that started it writes there; the process ends when standard input is closed.
"""

import argparse
import json
import os
import resource
import sys
from collections.abc import Callable
from functools import partial
from queue import Queue
from threading import Event, Thread
from typing import Any, BinaryIO

from blindsr.errors import BlindSRError, Code
from blindsr.inference.progress import Watch
from blindsr.web.work import tasks

_STATUS = {Code.CANCELLED: 409, Code.TOO_LARGE: 413, Code.MISSING_DEPENDENCY: 501, Code.OUT_OF_MEMORY: 507}
"""HTTP status by error code; 422 for others."""


def main() -> None:
    """Handle requests until standard input is closed."""
    options = _options()
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # so that output of libraries is not taken for a response
    _limit(options)
    try:
        serve(sys.stdin.buffer, lambda message: answers.write(json.dumps(message).encode() + b"\n"))
    except BrokenPipeError:  # the server has ended
        os._exit(0)


def serve(requests: BinaryIO, answer: Callable[[dict[str, Any]], object]) -> None:
    """Handle requests of the form ``{"id", "do", "with"}``; ``{"cancel": id}`` stops one.

    Args:
        requests: a stream of lines; the process ends with it.
        answer: called with ``{"id": 0}`` at the start; then for each request with ``{"id", "started"}``, with
            ``{"id", "progress"}``, and once with ``{"id", "result"}`` or ``{"id", "problem"}``.
    """
    waiting: Queue[dict[str, Any]] = Queue()
    cancels: dict[int, Event] = {}

    def receive() -> None:
        for line in requests:
            message = json.loads(line)
            if "cancel" in message:
                cancels.get(message["cancel"], Event()).set()
            else:
                cancels[message["id"]] = Event()
                waiting.put(message)
        os._exit(0)  # abandon the current task, since the server has ended

    Thread(target=receive, daemon=True).start()
    answer({"id": 0})  # ready
    while True:
        request = waiting.get()
        number = request["id"]
        answer({"id": number, "started": True})
        answer({"id": number, **run_request(request, Watch(partial(_send_progress, answer, number), cancels[number]))})
        del cancels[number]


def _send_progress(answer: Callable[[dict[str, Any]], object], number: int, progress: float) -> None:
    answer({"id": number, "progress": round(progress, 4)})


def run_request(request: dict[str, Any], watch: Watch) -> dict[str, Any]:
    """Run a request; return ``{"result"}`` or ``{"problem"}``."""
    try:
        return {"result": tasks.TASKS[request["do"]](watch=watch, **request["with"])}
    except BlindSRError as error:
        return _problem(_STATUS.get(error.code, 422), error.code, str(error))
    except MemoryError:
        return _problem(507, Code.OUT_OF_MEMORY, "not enough memory for this photograph")
    except Exception as error:  # a bug; the traceback goes to the log
        sys.excepthook(type(error), error, error.__traceback__)
        return _problem(500, "internal", "internal server error; see the server's log")


def _problem(status: int, code: str, detail: str) -> dict[str, Any]:
    return {"problem": {"status": status, "code": code, "detail": detail}}


def _limit(options: argparse.Namespace) -> None:
    """Limit the resources of this process."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if options.memory:
        resource.setrlimit(resource.RLIMIT_DATA, (options.memory, options.memory))
    if options.file_size:
        resource.setrlimit(resource.RLIMIT_FSIZE, (options.file_size, options.file_size))
    os.nice(options.nice)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="blindsr-worker")
    parser.add_argument("--memory", type=int, default=0)
    parser.add_argument("--file-size", type=int, default=0)
    parser.add_argument("--nice", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
