"""What a large job on a cluster would take and cost, by simulation from speeds measured on one machine.

    python benchmarks/cluster.py --files 10000000 --workers 1000 --speed 2.3 --price 0.08

Files of varying size queue up for workers, four at a time, as `blindsr upscale --engine ray` hands them out; workers
take time to start, now and then one dies and its four files are done again, and the list of files grows at a rate.
"""

import argparse
import heapq
import math
from dataclasses import dataclass

import numpy as np

_BATCH = 4
_SPREAD = 0.6
"""Standard deviation of the logarithm of a photograph's megapixels."""


@dataclass(frozen=True)
class Job:
    """What is to be done, and by whom."""

    files: int
    workers: int
    speed: float
    """Megapixels of result a second of one worker."""
    megapixels: float
    """Of a mean result."""
    start: float
    """Seconds until a worker has its model."""
    overhead: float
    """Seconds to fetch and bring back a file."""
    listing: float
    """Files a second that are listed."""
    deaths: float
    """Deaths of a worker in an hour."""


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[10, 100, 1000, 4000])
    parser.add_argument("--speed", type=float, required=True, help="megapixels of result a second, measured")
    parser.add_argument("--price", type=float, required=True, help="of a worker for an hour")
    parser.add_argument("--megapixels", type=float, default=8.0, help="of a mean result")
    parser.add_argument("--start", type=float, default=60.0)
    parser.add_argument("--overhead", type=float, default=0.2)
    parser.add_argument("--listing", type=float, default=3000.0, help="files a second")
    parser.add_argument("--deaths", type=float, default=0.01, help="of a worker in an hour")
    given = vars(parser.parse_args())
    price, counts = given.pop("price"), given.pop("workers")
    print("workers  hours    busy  cost")
    for workers in counts:
        hours, busy = simulate(Job(workers=workers, **given))
        print(f"{workers:<8} {hours:<8.2f} {busy:<5.0%} {workers * hours * price:.0f}")


def simulate(job: Job, most: int = 200_000) -> tuple[float, float]:
    """Hours that it takes, and the part of the workers' time that is spent on images.

    Larger jobs are shrunk to ``most`` batches, with as many fewer files and as much slower a list.
    """
    generator = np.random.default_rng(0)
    batches = math.ceil(job.files / _BATCH)
    shrink = max(1.0, batches / most)
    sizes = job.megapixels * np.exp(
        _SPREAD * generator.standard_normal((int(batches / shrink), _BATCH)) - _SPREAD**2 / 2
    )
    work = (sizes / job.speed + job.overhead).sum(1) * shrink
    free = [job.start] * job.workers
    heapq.heapify(free)
    spent = 0.0
    for number, seconds in enumerate(work):
        begin = max(heapq.heappop(free), number * shrink * _BATCH / job.listing)
        lost = seconds * generator.random() + job.start if generator.random() < job.deaths * seconds / 3600 else 0.0
        heapq.heappush(free, begin + lost + seconds)
        spent += seconds
    end = max(free)
    return end / 3600, spent / (end * job.workers)


if __name__ == "__main__":
    main()
