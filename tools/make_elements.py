"""Makes fhir_adapter/views/elements.json from HL7's JSON Schema of FHIR R4.

Usage: python tools/make_elements.py fhir.schema.json fhir_adapter/views/elements.json
The schema is published at https://hl7.org/fhir/R4/fhir.schema.json.zip.

An element is written as its type, with * when it repeats; a choice element as `value[x]` with its types.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

# Every type has these two; the reader adds them, so the table stays small.
_EVERYWHERE = {"id", "extension"}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("schema", type=Path)
    arguments.add_argument("table", type=Path)
    given = arguments.parse_args()
    definitions = json.loads(given.schema.read_text(encoding="utf-8"))["definitions"]
    suffixes = {name[0].upper() + name[1:]: name for name in definitions if "_" not in name}
    types, resources = {}, []
    for name, definition in sorted(definitions.items()):
        if "properties" not in definition:
            continue
        if "resourceType" in definition["properties"]:
            resources.append(name)
        types[name] = _elements(definition["properties"], suffixes)
    lines = [f"  {json.dumps(name)}: {json.dumps(types[name], sort_keys=True)}" for name in sorted(types)]
    given.table.write_text(
        '{"resources": ' + json.dumps(resources) + ',\n"types": {\n' + ",\n".join(lines) + "\n}}\n",
        encoding="utf-8",
    )


def _elements(properties: dict[str, Any], suffixes: dict[str, str]) -> dict[str, str]:
    groups: dict[str, dict[str, str]] = {}
    for name, definition in properties.items():
        member = _choice_member(name, definition, suffixes)
        if member:
            groups.setdefault(member[0], {})[name] = member[1]
    # One complex member alone is an ordinary element that ends in a type's name (effectivePeriod).
    groups = {
        base: members
        for base, members in groups.items()
        if len(members) > 1 or "$ref" not in properties[next(iter(members))]
    }
    in_choice = {name for members in groups.values() for name in members}
    elements = {f"{base}[x]": " ".join(sorted(members.values())) for base, members in groups.items()}
    for name, definition in properties.items():
        if name.startswith("_") or name in in_choice or name == "resourceType" or name in _EVERYWHERE:
            continue
        elements[name] = _type(definition)
    return elements


def _choice_member(name: str, definition: dict[str, Any], suffixes: dict[str, str]) -> tuple[str, str] | None:
    """The base and type of `valueQuantity`; the schema inlines primitive choices, so the suffix tells."""
    if name.startswith("_") or definition.get("type") == "array" or "enum" in definition:
        return None
    reference = definition.get("$ref", "").rpartition("/")[2]
    for at in range(1, len(name)):
        type_name = suffixes.get(name[at:])
        if type_name and (reference == type_name if reference else type_name[0].islower()):
            return name[:at], type_name
    return None


def _type(definition: dict[str, Any]) -> str:
    if definition.get("type") == "array":
        return _type(definition["items"]) + "*"
    reference = str(definition.get("$ref", "")).rpartition("/")[2]
    # What is left without a reference is an enumeration of codes.
    return reference or "code"


if __name__ == "__main__":
    main()
