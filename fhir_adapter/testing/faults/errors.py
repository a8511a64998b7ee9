"""Owns the one error of this room: a profile, a kind or a combination that cannot be used."""

from __future__ import annotations


class FaultError(Exception):
    """A fault profile cannot be used; the message names the file and the key, and says what would do."""
