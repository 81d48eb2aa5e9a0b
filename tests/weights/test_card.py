"""A card survives its JSON, and says no to what it does not know."""

import pydantic
import pytest

from blindsr.weights import Card


def test_json_round_trip() -> None:
    card = Card(name="a", method="cmdsr", config={"scale": 4}, recipe={"x": [1, None]}, provenance={"hours": 0.5})
    assert Card.model_validate_json(card.model_dump_json()) == card
    assert card.licence == "Apache-2.0"
    assert card.version == 1


@pytest.mark.parametrize("change", [{"version": 2}, {"extra": 1}, {"config": []}])
def test_what_it_refuses(change: dict[str, object]) -> None:
    values: dict[str, object] = {"name": "a", "method": "cmdsr", "config": {}, "recipe": {}, "provenance": {}}
    with pytest.raises(pydantic.ValidationError):
        Card.model_validate({**values, **change})
