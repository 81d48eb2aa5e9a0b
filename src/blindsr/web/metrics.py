"""Prometheus metrics."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """Metrics of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("blindsr_requests", "HTTP responses by status.", ["status"], registry=self.registry)
        self.finished = Counter("blindsr_jobs_ended", "Runs of jobs by final state.", ["state"], registry=self.registry)
        self.jobs = Gauge("blindsr_jobs", "Jobs by state.", ["state"], registry=self.registry)
        self.starts = Gauge("blindsr_worker_starts", "Started workers by pool.", ["pool"], registry=self.registry)
        self.disk = Gauge("blindsr_disk_bytes", "Disk space of photographs and results, bytes.", registry=self.registry)
        self.seconds = Histogram(
            "blindsr_job_seconds",
            "Run time of a job, seconds.",
            buckets=(1, 3, 10, 30, 100, 300, 1000),
            registry=self.registry,
        )

    def text(self) -> bytes:
        """Return all metrics in the text format of Prometheus."""
        return generate_latest(self.registry)
