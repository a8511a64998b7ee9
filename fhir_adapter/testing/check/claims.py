"""Owns what a server says of itself: its CapabilityStatement, read with "yes", "no" or silence.

https://hl7.org/fhir/R4/capabilitystatement.html
"""

from __future__ import annotations

from fhir_adapter.testing.check.report import NO, SILENT, YES
from fhir_adapter.testing.check.shapes import Json, inside, objects, text

_OAUTH = "oauth-uris"


class Claims:
    """One CapabilityStatement; an empty one claims nothing, which is not the same as denying it."""

    def __init__(self, statement: Json) -> None:
        self.statement = statement
        self.known = statement.get("resourceType") == "CapabilityStatement"
        rests = objects(statement.get("rest"))
        served = [rest for rest in rests if rest.get("mode") == "server"]
        self._rest: Json = (served or rests or [{}])[0]
        self._types = {text(kind.get("type")): kind for kind in objects(self._rest.get("resource"))}

    def _said(self, claimed: bool) -> str:
        return (YES if claimed else NO) if self.known and self._rest else SILENT

    def has_type(self, kind: str) -> str:
        """Whether a type is served at all."""
        return self._said(kind in self._types)

    def interaction(self, kind: str, code: str) -> str:
        """Whether a type has an interaction: read, vread, search-type, update..."""
        return self._said(code in _codes(self._types.get(kind, {})))

    def system(self, code: str) -> str:
        """Whether the server has an interaction as a whole: transaction, batch, history-system."""
        return self._said(code in _codes(self._rest))

    def parameter(self, kind: str, name: str) -> str:
        """Whether a search parameter is listed, for the type or for all types."""
        listed = [
            *objects(self._rest.get("searchParam")),
            *objects(inside(self._types.get(kind), "searchParam")),
        ]
        return self._said(name in {text(parameter.get("name")) for parameter in listed})

    def listed(self, kind: str, element: str, value: str) -> str:
        """Whether a list of strings of a type (searchInclude, searchRevInclude) holds a value, or everything."""
        values = inside(self._types.get(kind), element)
        return self._said(isinstance(values, list) and (value in values or "*" in values))

    def flag(self, kind: str, element: str) -> str:
        """A boolean of a type: updateCreate, conditionalCreate, conditionalUpdate."""
        return self._said(inside(self._types.get(kind), element) is True)

    def word(self, kind: str, element: str) -> str:
        """A code of a type (`versioning`), or silence."""
        return text(inside(self._types.get(kind), element)) or SILENT

    def references(self, kind: str, policy: str) -> str:
        """Whether a reference policy is claimed: "enforced"; silence where none is given at all."""
        policies = inside(self._types.get(kind), "referencePolicy")
        return self._said(policy in policies) if isinstance(policies, list) else SILENT

    def exports(self) -> str:
        """Whether any Bulk Data operation is listed."""
        places = [self._rest, *self._types.values()]
        named = [operation for place in places for operation in objects(place.get("operation"))]
        words = [text(operation.get(key)) for operation in named for key in ("name", "definition")]
        return self._said(any(word.rstrip("/").endswith("export") for word in words))

    def security_services(self) -> list[str]:
        """The codes of the security services: SMART-on-FHIR, OAuth, Basic..."""
        services = objects(inside(self._rest, "security", "service"))
        codes = [
            text(coding.get("code")) for service in services for coding in objects(service.get("coding"))
        ]
        return [code for code in codes if code]

    def token_endpoint(self) -> str:
        """The token endpoint of the older SMART extension, or the empty string."""
        for extension in objects(inside(self._rest, "security", "extension")):
            if text(extension.get("url")).endswith(_OAUTH):
                for part in objects(extension.get("extension")):
                    if part.get("url") == "token":
                        return text(part.get("valueUri"))
        return ""

    def formats(self) -> list[str]:
        """The formats listed."""
        values = self.statement.get("format")
        return [text(value) for value in values if text(value)] if isinstance(values, list) else []


def _codes(place: Json) -> set[str]:
    return {text(interaction.get("code")) for interaction in objects(place.get("interaction"))}
