"""``blindsr models``: list weights and show their cards."""

from pathlib import Path
from typing import Annotated

import typer

from blindsr.errors import BlindSRError

app = typer.Typer(help="List the weights in the package and in the folder BLINDSR_MODELS, or show the card of one.")


@app.callback(invoke_without_command=True)
def overview(context: typer.Context) -> None:
    """List the weights in the package and in the folder BLINDSR_MODELS."""
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console
    from rich.table import Table

    from blindsr import weights

    table = Table("name", "method", "scale", "parameters", "file", "steps")
    for name, path in (weights.in_folder() | weights.available()).items():
        table.add_row(name, *_row(path))
    Console().print(table)


def _row(path: Path) -> tuple[str, ...]:
    """Return the cells after the name; files of other programs are not opened, so their networks are unknown."""
    from blindsr import weights

    size = f"{path.stat().st_size / 1e6:.1f} MB"
    try:
        if weights.is_foreign(path):
            return "community", "", "", size, ""
        card = weights.read_card(path)
    except BlindSRError:
        return "damaged", "", "", size, ""
    scale, steps = card.config.get("scale", ""), card.provenance.get("steps", "")
    return card.method, f"x{scale}", f"{weights.parameters(path):,}", size, str(steps)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Name of weights, or path of a weights file.")],
    as_yaml: Annotated[
        bool, typer.Option("--yaml", help="Print configuration, recipe and provenance as YAML instead of the page.")
    ] = False,
) -> None:
    """Show the card of weights: what they were trained on, and how well they did; without a page, as YAML."""
    import yaml

    from blindsr import weights

    path = weights.find_weights(name)
    page = path.with_suffix(".md")
    if weights.is_foreign(path):
        from blindsr.inference.community import load_community

        card = load_community(path).config.model_dump(mode="json")
    elif page.is_file() and not as_yaml:
        typer.echo(page.read_text(encoding="utf-8"), nl=False)
        return
    else:
        card = weights.read_card(path).model_dump(mode="json")
    typer.echo(yaml.safe_dump(card, sort_keys=False, allow_unicode=True), nl=False)
