"""Owns the columns of the list as a file: one row per patient, in words, for a person with a spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fhir_adapter.model.identities import Identity
from fhir_adapter.model.verdicts import Score
from fhir_adapter.report.records import Dossier
from fhir_adapter.report.words import Words, against, confirm, missing, variant_text, worth_work

Cell = str | float | None

COLUMNS: Final[Mapping[str, int]] = {
    "name": 14,
    "record number": 16,
    "patient id": 38,
    "verdict": 14,
    "near miss": 10,
    "speaks against": 40,
    "missing, and what to do": 60,
    "to confirm": 46,
    "DAS28": 8,
    "DAS28 low": 10,
    "DAS28 high": 10,
    "DAS28 date": 12,
    "DAS28 variant": 10,
    "tender joints": 8,
    "swollen joints": 8,
    "ESR": 8,
    "CRP": 8,
    "patient global": 8,
    "flags": 20,
}
"""Name -> width in characters."""
DATES: Final = frozenset({"DAS28 date"})
SCORES: Final = frozenset({"DAS28", "DAS28 low", "DAS28 high"})


def cells(dossier: Dossier, identity: Identity, words: Words) -> dict[str, Cell]:
    """One patient's row; texts of several lines where there are several things to say."""
    result, verdicts = dossier.listed.result, dossier.verdicts
    to_do = missing(words, result, verdicts) if worth_work(result) else []
    return {
        "name": identity.name,
        "record number": identity.record_number,
        "patient id": result.subject.removeprefix("Patient/"),
        "verdict": str(result.eligibility),
        "near miss": "yes" if result.near_miss else None,
        "speaks against": "\n".join(against(words, result, verdicts)),
        "missing, and what to do": "\n".join(map(str, to_do)),
        "to confirm": "\n".join(confirm(words, result, verdicts)),
        **_score(dossier.listed.score),
        "flags": ", ".join(result.flags),
    }


def _score(score: Score | None) -> dict[str, Cell]:
    given = dict(score.inputs) if score else {}
    exact = score is not None and score.value is not None
    return {
        "DAS28": score.value if score else None,
        "DAS28 low": score.low if score and not exact else None,
        "DAS28 high": score.high if score and not exact else None,
        "DAS28 date": score.effective if score else None,
        "DAS28 variant": variant_text(score) if score else None,
        "tender joints": given.get("tender"),
        "swollen joints": given.get("swollen"),
        "ESR": given.get("esr"),
        "CRP": given.get("crp"),
        "patient global": given.get("global"),
    }
