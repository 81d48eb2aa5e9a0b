"""Analysis of a photograph: degradations, and the model that suits them."""
