"""Owns the spelling of units: one canonical text for the many ways laboratories write a unit.

No unit is understood here. What a text means is each input's allow-list; a general UCUM parser would read
`u/l` as atomic mass unit and `G/L` as gauss (CLINICAL sections 0.2 and 3.2).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from fhir_adapter.model.inputs import QuantityInput, Site

_SUPERSCRIPT = re.compile("[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+")  # NFKC would make 10⁹ the number 109
_LOOK_ALIKES = str.maketrans({"μ": "u", "º": "°", "∧": "^", "ˆ": "^", "✕": "×", "✖": "×", "╳": "×", "∗": "*"})
_INVISIBLE = re.compile("[\\s\u200b-\u200f\u2060\ufeff]+")
_POWER_OF_TEN = re.compile(r"(?<![0-9.])[×xX*]?10(?:\^|\*\*?|[Ee])([0-9]+)")
_TIMES_NUMERAL = re.compile(r"^[×xX*](?=[百千万萬亿])")
_POWER_OF_LETTER = re.compile(r"(?<=[A-Za-z])\^(?=[0-9])")  # mm^3 is UCUM's mm3
_TEMPERATURE_TAIL = re.compile(r"(?<=[^0-9.])[/@]?\(?[0-9]{2}(?:\.[0-9])?°[Cc]\)?$")
_LITRE = re.compile(r"(?<![A-Za-z])([munpfdchk]?)l(?![A-Za-z])")


@lru_cache(maxsize=4096)
def normalise(text: str) -> str:
    """Canonical spelling of a unit text, as sent or as written in an allow-list; idempotent.

    `×10＾9/l`, `X10*9/L`, `10E9/L`, `10⁹/L` become `10*9/L`; `μmol／l` becomes `umol/L`; `U/L/37℃` becomes
    `U/L`. Source: CLINICAL section 3.2. Case is kept (`mm` and `Mm` differ) but for the litre, which UCUM
    writes `l` and `L`.
    """
    while (simpler := _simplify(text)) != text:
        text = simpler
    return text


def accepted_unit(text: str | None, of: QuantityInput, site: Site) -> str | None:
    """The key of `of.units` that a unit text (the site's own words first) stands for; None: not accepted."""
    unit = normalise(text or "")
    local = site.unit_maps.get(unit)
    if local is not None:
        unit = normalise(local)
    return unit if unit in of.units else None


def plain(text: str) -> str:
    """Full-width and other compatibility characters as plain ones (NFKC), but 10⁹ as 10^9; stripped."""
    return unicodedata.normalize("NFKC", _SUPERSCRIPT.sub(_caret, text)).strip()


def _simplify(text: str) -> str:
    # The look-alikes both before and after: NFKC would make the ordinal sign º an o, and makes µ the μ.
    text = plain(text.translate(_LOOK_ALIKES)).translate(_LOOK_ALIKES)
    text = _INVISIBLE.sub("", text)
    text = _TEMPERATURE_TAIL.sub("", text).rstrip(".。")
    text = _POWER_OF_TEN.sub(r"10*\1", text)
    text = _TIMES_NUMERAL.sub("", text)
    text = _POWER_OF_LETTER.sub("", text)
    return _LITRE.sub(r"\1L", text)


def _caret(match: re.Match[str]) -> str:
    return "^" + unicodedata.normalize("NFKC", match[0])
