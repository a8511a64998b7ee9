"""Owns the shape of a spec table: one row is one patient, one question, one answer.

A row's id begins with the protocol line and tells the record and the answer, as in `E2-plt-80-exactly-false`.
`{me}` in a row stands for the id of its Patient, `{old}`, `{older}` and `{other}` for further ones.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fhir_adapter.model.truth import Truth
from fhir_adapter.model.verdicts import Verdict
from tests.resources import patient
from tests.screened import Resource

NO_ROW = "no row"  # the line is not asked of this patient
_SUBJECT = {"AllergyIntolerance": "patient", "Immunization": "patient", "ResearchSubject": "individual"}
_NOBODYS = {"Patient", "Medication", "ResearchStudy"}
_NAMES = re.compile(r"\{(me|old|older|other)\}")


@dataclass(frozen=True)
class Case:
    """`says` is "true", "false", the reason of an UNKNOWN, "unknown" for any reason, or NO_ROW.

    What is None is not asked. `cell` names what the row tests in cells.toml, apart by spaces: `true.hbv-dna` of the
    row's own line, `14.tuberculosis` of a rule.
    """

    id: str
    resources: tuple[Resource, ...]
    says: str
    review: bool | None = None
    value: float | None = None
    valid_until: str | None = None
    note: str | None = None
    evidence: tuple[str, ...] | None = None  # as "Observation/1": the n-th resource of the row
    rules: tuple[int, ...] = ()  # of CLINICAL 4.3
    cell: str = ""

    @property
    def line(self) -> str:
        return self.id.split("-")[0]

    @property
    def cells(self) -> tuple[str, ...]:
        """Full names: `E1.true.hbv-dna`, `14.tuberculosis`."""
        return tuple(name if name[0].isdigit() else f"{self.line}.{name}" for name in self.cell.split())

    @property
    def truth(self) -> Truth:
        return Truth(self.says) if self.says in ("true", "false") else Truth.UNKNOWN

    def record(self) -> Iterator[Resource]:
        """The row's resources with ids and subjects; a Patient is added where the row has none."""
        own = self.resources
        if not any(resource["resourceType"] == "Patient" for resource in own):
            own = (patient(), *own)
        numbers: Counter[str] = Counter()
        for resource in own:
            kind = resource["resourceType"]
            numbers[kind] += 1
            filled: Resource = {
                "id": "{me}" if kind == "Patient" else f"{self.id}.{numbers[kind]}",
                **resource,
            }
            if kind not in _NOBODYS:
                filled.setdefault(_SUBJECT.get(kind, "subject"), {"reference": "Patient/{me}"})
            text = json.dumps(filled, ensure_ascii=False)
            yield json.loads(_NAMES.sub(lambda found: self._name(found[1]), text))

    def check(self, verdict: Verdict | None) -> None:
        """Compare everything the row says with the engine's answer."""
        if self.says == NO_ROW:
            assert verdict is None
            return
        assert verdict is not None
        said = (str(verdict.truth), str(verdict.reason or verdict.truth))
        wanted = (str(self.truth), said[1] if self.says == "unknown" else self.says)
        assert said == wanted, verdict
        asked: dict[str, Any] = {"review": self.review, "value": self.value, "valid_until": self.valid_until}
        found = {name: getattr(verdict, name) for name, wish in asked.items() if wish is not None}
        assert found == {name: wish for name, wish in asked.items() if wish is not None}, verdict
        if self.note is not None:
            assert self.note in verdict.notes, verdict
        if self.evidence is not None:
            assert verdict.evidence == tuple(self._evidence(one) for one in self.evidence), verdict

    def _name(self, name: str) -> str:
        return self.id if name == "me" else f"{self.id}.{name}"

    def _evidence(self, short: str) -> str:
        kind, _, number = short.partition("/")
        return f"{kind}/{self.id}" + (f".{number}" if kind != "Patient" else "")


def case(id_: str, resources: Resource | Iterable[Resource], says: str, **more: Any) -> Case:
    """One row of a table."""
    given = (resources,) if isinstance(resources, dict) else tuple(resources)
    return Case(id_, given, says, **more)


def everything(cases: Iterable[Case]) -> list[Resource]:
    """The resources of a whole table."""
    return [resource for one in cases for resource in one.record()]
