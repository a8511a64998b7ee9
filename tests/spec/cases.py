"""Owns the shape of a spec table: one row is one patient, one question, one answer.

A row's id begins with the protocol line and tells the record and the answer, as in `E2-plt-80-exactly-false`.
`{me}` in a row stands for the id of its Patient, `{old}`, `{older}` and `{other}` for further ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fhir_adapter.model.truth import Reason, Truth
from fhir_adapter.model.verdicts import Verdict
from tests.resources import patient
from tests.screened import Resource

_NAMES = re.compile(r"\{(me|old|older|other)\}")


@dataclass(frozen=True)
class Case:
    """`says` is "true", "false", or the reason of an UNKNOWN; what is None is not asked."""

    id: str
    resources: tuple[Resource, ...]
    says: str
    review: bool | None = None
    value: float | None = None
    valid_until: str | None = None
    note: str | None = None
    evidence: tuple[str, ...] | None = None  # as "Observation/1": the n-th resource of the row
    rules: tuple[int, ...] = ()  # of CLINICAL 4.3

    @property
    def line(self) -> str:
        return self.id.split("-")[0]

    @property
    def truth(self) -> Truth:
        return Truth(self.says) if self.says in ("true", "false") else Truth.UNKNOWN

    def record(self) -> Iterator[Resource]:
        """The row's resources with ids and subjects; a Patient is added where the row has none."""
        own = self.resources
        if not any(resource["resourceType"] == "Patient" for resource in own):
            own = (patient(), *own)
        numbers = dict.fromkeys(("Patient", "Observation", "Condition"), 0)
        for resource in own:
            kind = resource["resourceType"]
            numbers[kind] += 1
            filled: Resource = {
                "id": "{me}" if kind == "Patient" else f"{self.id}.{numbers[kind]}",
                **resource,
            }
            if kind != "Patient" and "subject" not in resource:
                filled["subject"] = {"reference": "Patient/{me}"}
            text = json.dumps(filled, ensure_ascii=False)
            yield json.loads(_NAMES.sub(lambda found: self._name(found[1]), text))

    def check(self, verdict: Verdict) -> None:
        """Compare everything the row says with the engine's answer."""
        said = (str(verdict.truth), verdict.reason)
        wanted = (str(self.truth), Reason(self.says) if self.truth is Truth.UNKNOWN else None)
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
