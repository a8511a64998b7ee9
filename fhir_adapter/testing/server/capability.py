"""Owns the CapabilityStatement: what this server does, under the quirks it has at the moment.

https://hl7.org/fhir/R4/capabilitystatement.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

from fhir_adapter.testing.server import media, validation
from fhir_adapter.testing.server.context import Context
from fhir_adapter.testing.server.search.parameters import RESOURCE_TYPES, parameters_of
from fhir_adapter.testing.server.time import instant

_INTERACTIONS = (
    "read",
    "vread",
    "update",
    "delete",
    "history-instance",
    "history-type",
    "create",
    "search-type",
)
_OPERATIONS = {
    "Patient": {
        "everything": "http://hl7.org/fhir/OperationDefinition/Patient-everything",
        "export": "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/patient-export",
    },
    "Group": {"export": "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export"},
}
_EXPORT = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export"


def statement(context: Context, base: str, *, smart: bool) -> dict[str, Any]:
    """The CapabilityStatement; `smart` when requests need a token."""
    rest: dict[str, Any] = {
        "mode": "server",
        "resource": [_resource(context, type_) for type_ in sorted(validation.types())],
        "interaction": [{"code": code} for code in _system_interactions(context)],
        "operation": [{"name": "export", "definition": _EXPORT}],
    }
    if smart:
        rest["security"] = _security(base)
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": instant(context.now()),
        "kind": "instance",
        "software": {"name": "fhir_adapter harness"},
        "implementation": {"description": "A FHIR server for tests; it misbehaves on purpose.", "url": base},
        "fhirVersion": context.fhir_version,
        "format": list(media.FORMATS),
        "rest": [rest],
    }


def _resource(context: Context, type_: str) -> dict[str, Any]:
    quirks = context.quirks
    parameters = parameters_of(type_, context.fhir_version)
    links = sorted(name for name, parameter in parameters.items() if parameter.kind == "reference")
    content: dict[str, Any] = {
        "type": type_,
        "interaction": [{"code": code} for code in _INTERACTIONS],
        "versioning": "versioned-update" if quirks.guards and quirks.etag != "none" else "versioned",
        "readHistory": True,
        "updateCreate": quirks.update_create,
        "conditionalCreate": quirks.conditional_create in ("atomic", "racy"),
        "conditionalRead": "full-support",
        "conditionalUpdate": quirks.conditional_update,
        "conditionalDelete": "single",
        "searchInclude": ["*", *(f"{type_}:{name}" for name in links)],
        "searchRevInclude": list(_referring(type_, context.fhir_version)),
        "searchParam": [
            {"name": name, "type": parameter.kind}
            for name, parameter in sorted(parameters.items())
            if name not in quirks.ignored_parameters
        ],
    }
    if type_ in _OPERATIONS:
        content["operation"] = [
            {"name": name, "definition": definition} for name, definition in _OPERATIONS[type_].items()
        ]
    return content


@cache
def _referring(type_: str, fhir_version: str) -> tuple[str, ...]:
    """`Type:parameter` of the references that may point to a type."""
    return tuple(
        f"{source}:{name}"
        for source in sorted(RESOURCE_TYPES)
        for name, parameter in sorted(parameters_of(source, fhir_version).items())
        if parameter.kind == "reference" and type_ in (parameter.targets or (type_,))
    )


def _system_interactions(context: Context) -> list[str]:
    transactions = ["transaction"] if context.quirks.transactions else []
    return [*transactions, "batch", "search-system", "history-system"]


def _security(base: str) -> dict[str, Any]:
    # https://hl7.org/fhir/smart-app-launch/conformance.html#using-cs
    addresses = {
        "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
        "extension": [{"url": "token", "valueUri": f"{base}/auth/token"}],
    }
    system = "http://terminology.hl7.org/CodeSystem/restful-security-service"
    service = {"coding": [{"system": system, "code": "SMART-on-FHIR"}], "text": "SMART Backend Services"}
    return {"extension": [addresses], "service": [service]}
