"""The pages of docs/ that are made of the program, one module for each; `docs/make_reference.py` writes them."""
