"""Faults of an assignment: every one in one run, with file, line and column."""

from grader.lint.fault import Fault as Fault
from grader.lint.whole import lint as lint
