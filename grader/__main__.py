"""Lets the program be run as a module."""

from grader.cli import main

if __name__ == "__main__":
    main()
