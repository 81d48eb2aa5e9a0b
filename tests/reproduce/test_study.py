from typing import Any

import pytest

from blindsr.errors import BlindSRError, Code
from blindsr.reproduce.study import BICUBIC, parse_study, protocol_of, studies, study
from blindsr.train.recipe import load_recipe

VALUES: dict[str, Any] = {
    "title": "T",
    "source": "S",
    "convention": "C",
    "recipe": "cmdsr_x4.paper",
    "short": "cmdsr_x4.classic",
    "variants": {"a": {"settings": ["stage.tasks=2"]}, "b": {"recipe": "cmdsr_x4.plain", "init": "a"}},
    "tables": [
        {
            "title": "t",
            "columns": [
                {"protocols": ["cmdsr-middle", "cmdsr-simple"], "data": ["Set5"], "measures": ["psnr", "ssim"]},
                {"quantity": "parameters"},
            ],
            "rows": [{"label": "theirs", "paper": "27.1/0.75 28/- 1000"}, {"label": "ours", "variants": ["a", "b"]}],
        }
    ],
}


def test_columns_and_cells() -> None:
    made = parse_study(VALUES, "cmdsr-table-0")
    table = made.tables[0]
    assert [column.label for column in table.each()] == ["cmdsr-middle, Set5", "cmdsr-simple, Set5", "parameters"]
    assert table.paper(table.rows[0]) == [(27.1, 0.75), (28.0, None), (1000.0,)]
    assert table.paper(table.rows[1]) == [(None, None), (None, None), (None,)]
    assert made.data() == ["Set5"]
    assert made.recipe_of("a", full=True) == ("cmdsr_x4.paper", ("stage.tasks=2",))
    assert made.recipe_of("b", full=True) == ("cmdsr_x4.plain", ())
    assert made.recipe_of("b", full=False) == ("cmdsr_x4.classic", ())


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("tables", 0, "rows", 0, "paper"), "27.1/0.75 28"),
        (("tables", 0, "rows", 0, "paper"), "27.1 28/0.7 1000"),
        (("tables", 0, "rows", 1, "variants"), ["c"]),
        (("variants", "b", "init"), "z"),
        (("tables", 0, "columns", 1), {"labels": ["x"]}),
        (("tables", 0, "columns", 0, "labels"), ["x"]),
        (("recipe",), None),
        (("colour",), "red"),
    ],
)
def test_what_does_not_fit_gets_one_sentence(place: tuple[Any, ...], value: object) -> None:
    import copy

    values = copy.deepcopy(VALUES)
    inner: Any = values
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        parse_study(values, "cmdsr-table-0")


def test_the_nearest_name_is_told() -> None:
    with pytest.raises(BlindSRError, check=Code.UNKNOWN_NAME.matches):
        study("cmdsr-table-5b")


@pytest.mark.parametrize("name", list(studies()))
def test_recipes_and_protocols_of_a_study_exist(name: str) -> None:
    one = study(name)
    for variant in one.variants:
        for full in (True, False):
            recipe, settings = one.recipe_of(variant, full=full)
            assert load_recipe(recipe, settings).header.method == name.split("-", maxsplit=1)[0]
    for table in one.tables:
        named = {column.protocol for column in table.each() if column.protocol is not None}
        scales = {protocol_of(name).scale for name in named} - {0}
        assert all(row.variants or row.paper for row in table.rows)
        for row in table.rows:
            own = {
                load_recipe(*one.recipe_of(v, full=True)).model.model_dump()["scale"]
                for v in row.variants
                if v != BICUBIC
            }
            if scales and own and row.scale is None:
                assert own == scales, f"{row.label} lacks a variant for a scale"


def test_they_are_in_the_order_of_the_papers() -> None:
    tables = [name for name in studies() if name.startswith("cmdsr-table")]
    numbers = [int(name.rsplit("-", 1)[1].rstrip("abcdef")) for name in tables]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("full", [True, False])
def test_no_patch_of_figure_9_has_to_be_taken_twice(full: bool) -> None:
    one = study("cmdsr-figure-9")
    for variant in one.variants:
        recipe = load_recipe(*one.recipe_of(variant, full=full))
        model, stage = recipe.model.model_dump(), recipe.stages["stage"].model_dump()
        places = (stage["crop"] // model["scale"] - model["patch"] + 1) ** 2
        assert stage["images"] * places >= model["support"]
