"""Owns who a patient is to a person: the name and the record number of a FHIR Patient, as a list shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_RECORD_NUMBER: Final = "MR"  # http://terminology.hl7.org/CodeSystem/v2-0203
# What hospitals call it where they give no code; numbers of an identity card or an insurance are not among it.
_RECORD_WORDS: Final = (
    "病案号",
    "病历号",
    "住院号",
    "门诊号",
    "就诊号",
    "mrn",
    "medical record",
    "record number",
)
_NAME_USES: Final = ("official", "usual", "nickname", "maiden")
_NOT_NOW: Final = ("old", "anonymous")
_HAN: Final = (("\u3400", "\u9fff"), ("\U00020000", "\U0003ffff"))


@dataclass(frozen=True)
class Identity:
    """`record_number`: the hospital's own number of the patient's chart, None where the Patient names none."""

    name: str | None = None
    record_number: str | None = None


def identity_of(patient: Mapping[str, Any]) -> Identity:
    """Name and record number of a Patient as parsed JSON; anything of another shape is passed over."""
    return Identity(_name(patient), _record_number(patient))


def _name(patient: Mapping[str, Any]) -> str | None:
    names = [name for name in _objects(patient, "name") if name.get("use") not in _NOT_NOW]
    # A use that is not on the list, or none, stands between the two known good ones and the rest.
    rank = {use: place for place, use in enumerate((*_NAME_USES[:2], None, *_NAME_USES[2:]))}
    names.sort(key=lambda name: rank.get(name.get("use") if isinstance(name.get("use"), str) else None, 2))
    return next((text for name in names if (text := _written(name))), None)


def _written(name: Mapping[str, Any]) -> str:
    text = name.get("text")
    if isinstance(text, str) and text.strip():
        return text.strip()
    family = name.get("family")
    given = name.get("given")
    first = [part for part in (given if isinstance(given, list) else []) if isinstance(part, str)]
    last = [family] if isinstance(family, str) else []
    # 王 + 小明 is one word, family name first; Anna Schmidt is two, given name first.
    parts = [*last, *first] if all(map(_is_han, [*last, *first])) else [*first, *last]
    return ("" if all(map(_is_han, parts)) else " ").join(parts).strip()


def _is_han(text: str) -> bool:
    return bool(text) and all(any(low <= one <= high for low, high in _HAN) for one in text)


def _record_number(patient: Mapping[str, Any]) -> str | None:
    current = [one for one in _objects(patient, "identifier") if one.get("use") not in ("old", "temp")]
    choices = (
        [one for one in current if _RECORD_NUMBER in _type_codes(one)],
        [one for one in current if any(word in _type_words(one) for word in _RECORD_WORDS)],
        [one for one in current if one.get("use") == "usual" and not one.get("type")],
    )
    return next((text for chosen in choices for one in chosen if (text := _value(one))), None)


def _value(identifier: Mapping[str, Any]) -> str:
    """Some servers send it as a number."""
    value = identifier.get("value")
    is_plain = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value).strip() if is_plain else ""


def _type_codes(identifier: Mapping[str, Any]) -> list[Any]:
    return [coding.get("code") for coding in _objects(_type(identifier), "coding")]


def _type_words(identifier: Mapping[str, Any]) -> str:
    kind = _type(identifier)
    texts = [kind.get("text"), *(coding.get("display") for coding in _objects(kind, "coding"))]
    return "\n".join(text for text in texts if isinstance(text, str)).casefold()


def _type(identifier: Mapping[str, Any]) -> Mapping[str, Any]:
    kind = identifier.get("type")
    return kind if isinstance(kind, dict) else {}


def _objects(node: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return list(_those(node.get(name)))


def _those(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        yield from (entry for entry in value if isinstance(entry, dict))
