"""Owns what a medication is: its drugs of the catalogue, its route and strength, and why it was stopped.

Source: docs/semantics.md §8 (*Drug*, *Route*, *Stop reason*); CLINICAL.md §2.5 and §4.3 rules 22 and 23. A code
that can be placed decides alone; else the texts and displays do, the longest names first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from fhir_adapter.model.codes import system_of, translate
from fhir_adapter.model.dosage import DoseUnits
from fhir_adapter.model.inputs import Definitions, Drug
from fhir_adapter.model.readings import Coding, DrugReading, RawAmount, RawMedication, StopReading
from fhir_adapter.model.texts import Occurrence, Phrase, PhraseBook, Wording, fold, folded, joined, outermost
from fhir_adapter.model.vocabularies import vocabularies

OTHER: Final = "other"
NOT_SYSTEMIC: Final = "not-systemic"
"""Ids of the catalogue: some drug that no line reads; one that does not reach the blood."""

_ATC: Final = re.compile(r"[ABCDGHJLMNPRSV](?:[0-9]{2}(?:[A-Z](?:[A-Z](?:[0-9]{2})?)?)?)?")
_ATC_SUBSTANCE: Final = 7
_GLUED: Final = re.compile(
    r"(?<=[a-z])(?=[0-9]+(?:\.[0-9]+)?\s*(?:mg|g|ug|mcg|μg|ml|iu|u|%|毫克|微克|克|毫升))"
)
"""`prednisone5mg` is a whole word and a strength."""

_PER_VOLUME_OR_TIME: Final = (
    r"\s*(?:/|每)\s*(?:[0-9]+(?:\.[0-9]+)?\s*)?(?:ml|l|毫升|升|kg|h|hr|hour|d|day|小时|天|日)"
)
_NO_EFFECT: Final = "无效"


class AtcIndex:
    """Places ATC codes by exact rows and by prefixes; the longest row decides."""

    def __init__(self, drugs: Iterable[Drug]) -> None:
        self._exact: dict[str, set[str]] = {}
        self._prefixes: dict[str, set[str]] = {}
        self._below: dict[str, set[str]] = {}
        for drug in drugs:
            for row in drug.rows:
                if row.system != "atc":
                    continue
                rows = self._exact if row.match == "code" else self._prefixes
                rows.setdefault(row.value, set()).add(drug.id)
                self._note_below(row.value, drug.id)
                for excluded in row.exclude:
                    self._prefixes.setdefault(excluded, set()).add(OTHER)
                    self._note_below(excluded, OTHER)

    def place(self, code: str) -> set[str]:
        """The drugs of a code. None for what is no ATC code, or a group of which rows hold only some members."""
        code = code.strip().upper()
        if not _ATC.fullmatch(code):
            return set()
        found = self._exact.get(code, set()) | self._prefixes.get(code, set())
        for length in range(len(code) - 1, 0, -1):
            found = found or self._prefixes.get(code[:length], set())
        if len(code) < _ATC_SUBSTANCE and self._below.get(code, set()) - found:
            return set()
        return set(found) or {OTHER}

    def _note_below(self, value: str, owner: str) -> None:
        for length in range(1, len(value)):
            self._below.setdefault(value[:length], set()).add(owner)


class DrugReader:
    """Reads medications against the drug catalogue; never raises."""

    def __init__(self, definitions: Definitions) -> None:
        self._site = definitions.site
        self._atc = AtcIndex(definitions.drugs.values())
        self._rxnorm: dict[str, set[str]] = {}
        for drug in definitions.drugs.values():
            for row in drug.rows:
                if row.system == "rxnorm":
                    self._rxnorm.setdefault(row.value, set()).add(drug.id)
        self._names = PhraseBook(_names(definitions.drugs.values()))
        self._routes = vocabularies(definitions.medication.routes, definitions.site)
        self._units = DoseUnits(definitions.medication, definitions.site)
        self._strength_in_text = _strength_pattern(self._units.spellings())

    def read(self, raw: RawMedication) -> DrugReading:
        """What the medication is."""
        codings = translate(raw.codings, self._site)
        said = _unglued(joined((*raw.texts, *(coding.display for coding in codings))))
        placed = self.placed(codings)
        drugs = placed or {name.owner for name in self.names(said)}
        local = bool(drugs) and drugs <= {NOT_SYSTEMIC, OTHER} and NOT_SYSTEMIC in drugs
        return DrugReading(
            drugs=tuple(sorted({OTHER if drug == NOT_SYSTEMIC else drug for drug in drugs})),
            mapped=bool(drugs),
            nameless=not placed and not said,
            route="none" if local else self._route(raw, said),
            strength=self._strength(raw, said),
        )

    def placed(self, codings: Sequence[Coding]) -> set[str]:
        """The drugs that codes (after site mapping) say; empty: no code can be placed."""
        return {drug for coding in codings for drug in self._place(coding)}

    def names(self, text: str, apart: frozenset[str] = frozenset()) -> list[Occurrence]:
        """The names of drugs in a folded text: 甲泼尼松 and 泼尼松龙 do not name 泼尼松. Ids in `apart` name none."""
        return outermost([name for name in self._names.find(text) if name.owner not in apart])

    def _place(self, coding: Coding) -> set[str]:
        system, code = system_of(coding.system, self._site), (coding.code or "").strip()
        if system == "atc":
            return self._atc.place(code)
        return self._rxnorm.get(code, set()) if system == "rxnorm" else set()

    def _route(self, raw: RawMedication, said: str) -> str | None:
        """By the form's code, its text, the names; what is injected reaches the blood, whatever else is said."""
        forms = translate(raw.form, self._site)
        form_text = joined((raw.form_text, *(coding.display for coding in forms)))
        order = [name for name in ("injection", "none") if name in self._routes]
        by_code = [name for name in order if any(self._routes[name].holds(form) for form in forms)]
        by_text = [name for text in (form_text, said) for name in order if self._routes[name].speaks(text)]
        return next(iter((*by_code, *by_text)), None)

    def _strength(self, raw: RawMedication, said: str) -> str | None:
        """mg per countable unit, if one is stated: by Medication.ingredient, where it says any, else by the names."""
        strengths = [pair for pair in raw.strengths if pair[0].value or pair[1].value]
        if strengths:
            stated = {self._ratio(*pair) for pair in strengths}
            return _only(stated) if len(strengths) == 1 else None
        return _only({self._in_text(match) for match in self._strength_in_text.finditer(said)})

    def _ratio(self, numerator: RawAmount, denominator: RawAmount) -> Fraction | None:
        """A denominator without a unit is what is counted, one that is missing is one of it."""
        per = replace(denominator, value=denominator.value or "1")
        mass, count = self._units.milligrams(numerator), self._units.count(per, unit_needed=False)
        return mass / count if mass and count else None

    def _in_text(self, match: re.Match[str]) -> Fraction | None:
        factor = self._units.factor(match["unit"])
        if match["per"] or factor is None:
            return None
        return Fraction(match["number"]) * factor


class StopReader:
    """Reads why a medication was stopped; never raises."""

    def __init__(self, definitions: Definitions) -> None:
        self._site = definitions.site
        self._wording = Wording({**definitions.words, "not_negation": _not_negation(definitions)})
        reasons = vocabularies(definitions.medication.stop_reasons, definitions.site)
        # Where both are stated, the intolerance decides.
        self._reasons = [(name, reasons[name]) for name in ("intolerance", "level") if name in reasons]

    def read(self, codings: Sequence[Coding], text: str | None) -> StopReading:
        """The reason that matters, if any: by code, else by text; 无不良反应 is none."""
        known = translate(codings, self._site)
        for name, reason in self._reasons:
            if any(reason.holds(coding) for coding in known):
                return StopReading(name)
        says = [part for part in (text, *(coding.display for coding in known)) if part]
        parts = self._wording.undoubted(says, find=lambda _: (), family=False)
        for name, reason in self._reasons:
            if any(reason.speaks(part) for part in parts):
                return StopReading(name, from_text=True)
        return StopReading(None)


def _not_negation(definitions: Definitions) -> tuple[str, ...]:
    """无效 says that a drug did nothing, not that there was no reason."""
    return (*definitions.words.get("not_negation", ()), _NO_EFFECT)


def _names(drugs: Iterable[Drug]) -> list[Phrase]:
    return [
        Phrase(drug.id, text, row.match == "text", folded(row.exclude))
        for drug in drugs
        for row in drug.rows
        if row.system == "text" and (text := fold(row.value).strip("-"))
    ]


def _strength_pattern(units: Iterable[str]) -> re.Pattern[str]:
    """A number and a unit of mass. Not the second of `5-10mg`, nor of `20/12.5mg`: neither is one strength."""
    spelled = "|".join(re.escape(fold(unit)) for unit in sorted(units, key=len, reverse=True)) or r"(?!)"
    return re.compile(
        rf"(?<![0-9.,])(?<![0-9][-~–—/])(?P<number>[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>{spelled})(?![a-z])"
        rf"(?P<per>{_PER_VOLUME_OR_TIME})?"
    )


def _unglued(text: str) -> str:
    return _GLUED.sub(" ", text).replace("μ", "u")


def _only(stated: set[Fraction | None]) -> str | None:
    """The one strength, as text: "5", "5/2"."""
    only = stated.pop() if len(stated) == 1 else None
    return str(only) if only else None
