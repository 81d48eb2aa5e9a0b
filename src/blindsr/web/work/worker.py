"""A worker process: answers requests, one at a time, that come as lines of JSON through its standard input.

The server that started it is the only one who writes there; the process ends when that end is closed.
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
"""Statuses of problems; that of others is 422."""


def main() -> None:
    """Answer requests until the standard input ends."""
    options = _options()
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what libraries print is no answer
    _limit(options)
    try:
        serve(sys.stdin.buffer, lambda message: answers.write(json.dumps(message).encode() + b"\n"))
    except BrokenPipeError:  # the server has gone
        os._exit(0)


def serve(requests: BinaryIO, answer: Callable[[dict[str, Any]], object]) -> None:
    """Answer requests of the form ``{"id", "do", "with"}``; ``{"cancel": id}`` stops one.

    Args:
        requests: a stream of lines; the process ends with it.
        answer: is called with ``{"id": 0}`` at the beginning, then with ``{"id", "progress"}``, and once with
            ``{"id", "result"}`` or ``{"id", "problem"}``.
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
        os._exit(0)  # whatever is at work: nobody waits for it

    Thread(target=receive, daemon=True).start()
    answer({"id": 0})  # ready
    while True:
        request = waiting.get()
        number = request["id"]
        answer({"id": number, **answered(request, Watch(partial(_tell, answer, number), cancels[number]))})
        del cancels[number]


def _tell(answer: Callable[[dict[str, Any]], object], number: int, progress: float) -> None:
    answer({"id": number, "progress": round(progress, 4)})


def answered(request: dict[str, Any], watch: Watch) -> dict[str, Any]:
    """The result of a request, or what prevents it."""
    try:
        return {"result": tasks.TASKS[request["do"]](watch=watch, **request["with"])}
    except BlindSRError as error:
        return _problem(_STATUS.get(error.code, 422), error.code, str(error))
    except MemoryError:
        return _problem(507, Code.OUT_OF_MEMORY, "there is not enough memory for this photograph")
    except Exception as error:  # a mistake of ours; the log has all of it
        sys.excepthook(type(error), error, error.__traceback__)
        return _problem(500, "internal", "the server made a mistake with this photograph; its log says which")


def _problem(status: int, code: str, detail: str) -> dict[str, Any]:
    return {"problem": {"status": status, "code": code, "detail": detail}}


def _limit(options: argparse.Namespace) -> None:
    """Bound what a photograph can make this process take."""
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
