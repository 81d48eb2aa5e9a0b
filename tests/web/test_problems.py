from typing import Any

from blindsr.web.app import bare_app
from blindsr.web.problems import MEDIA_TYPE, ProblemError


def test_all_errors_are_documents_of_one_form(local: Any) -> None:
    app = bare_app()

    @app.get("/raising")
    async def raising() -> None:
        raise ProblemError(429, "queue-full", "too many", {"Retry-After": "3"})

    @app.get("/number/{number}")
    async def number(number: int) -> int:
        return number

    client = local(app)
    for path, status, code in (
        ("/raising", 429, "queue-full"),
        ("/number/x", 422, "invalid"),
        ("/nowhere", 404, "not-found"),
    ):
        answer = client.get(path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == MEDIA_TYPE
        found = answer.json()
        assert found.keys() == {"type", "title", "status", "detail", "code"}
        assert (found["status"], found["code"], found["type"]) == (status, code, f"urn:blindsr:{code}")
    assert client.get("/raising").headers["retry-after"] == "3"
    assert "path.number" in client.get("/number/x").json()["detail"]
    assert client.request("POST", "/number/1").json()["code"] == "method-not-allowed"
