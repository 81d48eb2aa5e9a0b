"""``blindsr models``: which weights there are, and what they say of themselves."""

from typing import Annotated

import typer

models = typer.Typer(help="List the weights in the package, or show one's card.")


@models.callback(invoke_without_command=True)
def overview(context: typer.Context) -> None:
    """List the weights in the package."""
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console
    from rich.table import Table

    from blindsr import weights

    table = Table("name", "method", "scale", "parameters", "MB", "steps")
    for name, path in weights.available().items():
        card = weights.read_card(path)
        scale, steps = card.config.get("scale"), card.provenance.get("steps")
        size = f"{path.stat().st_size / 1e6:.1f}"
        table.add_row(name, card.method, str(scale), f"{weights.parameters(path):,}", size, str(steps))
    Console().print(table)


@models.command()
def show(name: Annotated[str, typer.Argument(help="Name of weights, or a file.")]) -> None:
    """Show a card: for people where there is one, then the recipe and provenance in full."""
    import yaml

    from blindsr import weights

    path = weights.find(name)
    card = weights.read_card(path)
    text = path.with_suffix(".md")
    if text.is_file():
        typer.echo(text.read_text(encoding="utf-8"))
    typer.echo(yaml.safe_dump(card.model_dump(mode="json"), sort_keys=False, allow_unicode=True))
