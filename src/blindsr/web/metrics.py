"""Prometheus metrics."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """Metrics of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("blindsr_requests", "Answers, by status.", ["status"], registry=self.registry)
        self.finished = Counter("blindsr_jobs_ended", "Runs of jobs, by their end.", ["state"], registry=self.registry)
        self.jobs = Gauge("blindsr_jobs", "Jobs that are known, by state.", ["state"], registry=self.registry)
        self.starts = Gauge("blindsr_worker_starts", "Starts of worker processes.", ["pool"], registry=self.registry)
        self.disk = Gauge("blindsr_disk_bytes", "Bytes of photographs and results.", registry=self.registry)
        self.seconds = Histogram(
            "blindsr_job_seconds",
            "Time that a job ran.",
            buckets=(1, 3, 10, 30, 100, 300, 1000),
            registry=self.registry,
        )

    def text(self) -> bytes:
        """Return all metrics in the text format of Prometheus."""
        return generate_latest(self.registry)
