"""``blindsr models``: which weights there are, and what they say about themselves."""

from typing import Annotated

import typer

app = typer.Typer(help="List the weights that come with the package, or show the card of one.")


@app.callback(invoke_without_command=True)
def overview(context: typer.Context) -> None:
    """List the weights that come with the package."""
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console
    from rich.table import Table

    from blindsr import weights

    table = Table("name", "method", "scale", "parameters", "file", "steps")
    for name, path in weights.available().items():
        card = weights.read_card(path)
        scale, steps = card.config.get("scale", ""), card.provenance.get("steps", "")
        size = f"{path.stat().st_size / 1e6:.1f} MB"
        table.add_row(name, card.method, f"x{scale}", f"{weights.parameters(path):,}", size, str(steps))
    Console().print(table)


@app.command()
def show(name: Annotated[str, typer.Argument(help="Name of weights, or path of a weights file.")]) -> None:
    """Show a card: the page for people where there is one, then configuration, recipe and provenance in full."""
    import yaml

    from blindsr import weights

    path = weights.find(name)
    card = weights.read_card(path)
    page = path.with_suffix(".md")
    if page.is_file():
        typer.echo(page.read_text(encoding="utf-8"))
    typer.echo(yaml.safe_dump(card.model_dump(mode="json"), sort_keys=False, allow_unicode=True), nl=False)
