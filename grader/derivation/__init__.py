"""Judging every line of a derivation where it stands."""
