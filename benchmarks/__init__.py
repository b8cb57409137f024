"""What design.md promises, measured: one module per measure, each with `measure(options)` that yields rows (see bench.py)."""
