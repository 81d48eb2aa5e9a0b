"""Training: recipes, the loop, checkpoints and what is made of them."""
