"""Owns what a cell may look like in a file that people open in a spreadsheet: no text of a hospital may run there.

OWASP, CSV Injection (ASVS 1.2.10): a cell that begins with one of these characters gets an apostrophe in front.
"""

from __future__ import annotations

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


def harmless(cell: str) -> str:
    """The cell as no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_DANGEROUS) else cell


def original(cell: str) -> str:
    """The cell without the apostrophe of `harmless`."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_DANGEROUS) else cell
