"""Owns what the server takes in: well-formed resources of the right type, by R4's JSON schema.

In R5 mode ResearchSubject and AdverseEvent, whose shape changed, are held to fhir.resources' R5 classes; every other
type is held to R4's schema, which refuses what R5 added to it. No message holds a value of the resource.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from fhir_adapter.testing.server import documents, schema
from fhir_adapter.testing.server.context import R5, Context
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.search.parameters import mandatory_elements

# https://hl7.org/fhir/R4/datatypes.html#id
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_IN_R5 = ("AdverseEvent", "ResearchSubject")


class Invalid(Problem):
    """A resource that does not conform: 422, one issue for each finding."""

    def __init__(self, findings: schema.Findings) -> None:
        path, text = findings[0]
        super().__init__(422, "invariant", f"{path} {text}")
        self.findings = findings

    @property
    def outcome(self) -> dict[str, Any]:
        """One issue per finding, with its place."""
        issues = [
            {"severity": "error", "code": "invariant", "diagnostics": f"{path} {text}", "expression": [path]}
            for path, text in self.findings
        ]
        return {"resourceType": "OperationOutcome", "issue": issues}


def types() -> frozenset[str]:
    """The resource types that the server knows."""
    return schema.r4().types


def is_id(text: Any) -> bool:
    """Whether a text may be a resource's id."""
    return isinstance(text, str) and ID.fullmatch(text) is not None


def accept(context: Context, resource: Any, type_: str) -> dict[str, Any]:
    """The resource itself where it may be stored as that type; Problem 400 or `Invalid` 422 otherwise."""
    if not isinstance(resource, dict):
        raise Problem(400, "structure", "the resource is not a JSON object")
    if resource.get("resourceType") != type_:
        raise Problem(400, "invalid", f"the resource is not of type {type_}")
    if not isinstance(resource.get("meta", {}), dict):
        raise Problem(400, "structure", f"{type_}.meta is not an object")
    if context.validate and (findings := _findings(resource, context.fhir_version)):
        raise Invalid(findings)
    return resource


def _findings(resource: dict[str, Any], fhir_version: str) -> schema.Findings:
    type_ = resource["resourceType"]
    if fhir_version != R5 or type_ not in _IN_R5:
        found = schema.r4().findings(resource)
        places = {place for place, _ in found}
        return [*(one for one in _absent(resource) if one[0] not in places), *found][: schema.LIMIT]
    return _r5_findings(resource)


@cache
def _r5_classes() -> dict[str, Any]:
    # Loaded when they are needed: they take a third of a second.
    from fhir.resources.adverseevent import AdverseEvent
    from fhir.resources.researchsubject import ResearchSubject

    return {"AdverseEvent": AdverseEvent, "ResearchSubject": ResearchSubject}


def _r5_findings(resource: dict[str, Any]) -> schema.Findings:
    from pydantic import ValidationError

    type_ = resource["resourceType"]
    kind = _r5_classes()[type_]
    try:
        # By its text: Python objects would be coerced where JSON is not.
        kind.model_validate_json(documents.write(resource))
    except ValidationError as error:
        return [_finding(type_, one["loc"], one["type"]) for one in error.errors()][: schema.LIMIT]
    # fhir.resources knows the codes of required bindings, but does not hold a resource to them.
    return [
        (f"{type_}.{name}", "is not one of the codes that are allowed here")
        for name, field in kind.model_fields.items()
        if name in resource
        and resource[name] not in (field.json_schema_extra or {}).get("enum_values", [resource[name]])
    ]


def _absent(resource: dict[str, Any]) -> schema.Findings:
    # R4's JSON schema cannot demand a primitive: an extension (`_status`) may stand in its place.
    type_ = resource["resourceType"]
    there = {name.removeprefix("_") for name in resource}
    return [
        (f"{type_}.{name}", "is mandatory and is not there")
        for name in sorted(mandatory_elements(type_))
        if name not in there
        and not (name.endswith("[x]") and any(one.startswith(name[:-3]) for one in there))
    ]


def _finding(type_: str, place: tuple[int | str, ...], kind: str) -> tuple[str, str]:
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return type_ + steps, f"is refused: {kind}"
