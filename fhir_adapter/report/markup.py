"""Owns text inside HTML and SVG: nothing of a hospital's records may be taken for markup there."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Final

# C0 and C1 controls are no HTML text; bidirectional marks would reorder what a person reads.
_UNSEEN: Final = dict.fromkeys(
    [*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)],
    "\ufffd",
)


def text(value: object) -> str:
    """A value as text, or as an attribute between double quotes."""
    return html.escape(str(value).translate(_UNSEEN), quote=True)


def element(name: str, inner: str, **attributes: object) -> str:
    """`inner` is markup already; `class_` is the attribute class, `_` in a name is a hyphen."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"' for key, value in attributes.items()
    )
    return f"<{name}{given}>{inner}</{name}>"


def empty(name: str, **attributes: object) -> str:
    """An SVG element without content."""
    return element(name, "", **attributes).removesuffix(f"></{name}>") + "/>"


def bullets(items: Iterable[str], class_: str = "") -> str:
    """A list of markup."""
    made = "".join(element("li", item) for item in items)
    return element("ul", made, **({"class_": class_} if class_ else {})) if made else ""
