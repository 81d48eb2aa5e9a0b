"""Training: recipes, the loop, checkpoints and export."""
