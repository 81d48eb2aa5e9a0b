from prometheus_client.parser import text_string_to_metric_families

from blindsr.web.metrics import Metrics


def test_numbers_are_of_one_server_and_read_by_prometheus() -> None:
    first, second = Metrics(), Metrics()
    first.requests.labels("200").inc()
    first.seconds.observe(2)
    found = {one.name: one for one in text_string_to_metric_families(first.text().decode())}
    assert found["blindsr_requests"].samples[0].value == 1
    assert "blindsr_job_seconds" in found
    assert b'status="200"' not in second.text()
