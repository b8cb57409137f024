"""Fuzzing of everything that reads what a stranger wrote: `python -m fuzz` with `tests` on the path (`make fuzz`)."""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # threads of NumPy would count as processor time of an input
    os.environ.setdefault(_name, "1")
