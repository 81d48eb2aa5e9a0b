"""The registry finds methods, their training and their recipes."""

import pytest

from blindsr.errors import BlindSRError
from blindsr.methods import registry


@pytest.mark.parametrize("name", registry.names())
def test_every_method_has_a_class_stages_and_recipes(name: str) -> None:
    assert registry.method_class(name).Config.model_fields
    assert registry.training(name).STAGES
    assert any(recipe.startswith(f"{name}_x") for recipe in registry.recipe_files())


def test_an_unknown_method_is_named() -> None:
    with pytest.raises(BlindSRError, match="no method 'esrgan'"):
        registry.method_class("esrgan")
