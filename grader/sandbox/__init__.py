"""Students' Python, run where it can do no harm."""

from grader.sandbox.launch import Mode
from grader.sandbox.sandbox import Sandbox

__all__ = ["Mode", "Sandbox"]
