"""Owns what is the same word in a search: letters without case, accents and width.

https://hl7.org/fhir/R4/search.html#string: insensitive to casing, accents, extra spaces.
"""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """A text as strings are compared: NFKC, without case and combining marks, one space between words."""
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKC", text).casefold()
    parts = unicodedata.normalize("NFKD", plain)
    return " ".join("".join(char for char in parts if not unicodedata.combining(char)).split())
