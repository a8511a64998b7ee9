"""Tokens: https://hl7.org/fhir/R4/search.html#token."""

from __future__ import annotations

import pytest

from tests.interop.making import LOINC, MRN, concept, identifier, marked, own, patient, quantity
from tests.interop.target import Target

LOCAL = "http://hospital.example/lab"


@pytest.fixture(scope="module")
def readings(server: Target, shared_tag: str) -> str:
    """Observations a to f, written once: their codes, statuses and what they lack tell them apart."""
    rows: dict[str, dict[str, object]] = {
        "a": {"code": concept("1988-5", LOINC, "C reactive protein"), "status": "final"},
        "b": {"code": concept("4537-7", LOINC, "Erythrocyte sedimentation rate"), "status": "amended"},
        "c": {"code": concept("1988-5", LOCAL), "status": "final"},
        "d": {"code": {"coding": [{"code": "1988-5"}]}, "status": "preliminary"},
        "e": {"code": {"text": "C reactive protein, by hand"}, "status": "final"},
        "f": {
            "code": {"coding": [{"system": LOINC, "code": "4537-7"}, {"system": LOCAL, "code": "ESR"}]},
            "status": "entered-in-error",
        },
    }
    for name, elements in rows.items():
        value = quantity(5) if name in "ab" else None
        made = marked(shared_tag, "Observation", **elements, valueQuantity=value)
        server.update({**made, "id": f"{shared_tag}-{name}"}, 201)
    return shared_tag


CODES = [
    (f"{LOINC}|1988-5", "a", "system and code: both must match"),
    ("1988-5", "acd", "a code alone matches in any system"),
    ("|1988-5", "d", "a bar without a system asks for codings that have none"),
    (f"{LOINC}|", "abf", "a system alone matches any code in it"),
    (f"{LOINC}|4537-7", "bf", "any coding of a concept may match"),
    (f"{LOCAL}|ESR", "f", "also the second one"),
    (f"{LOINC}|ESR", "", "system and code of one and the same coding"),
    ("esr-none", "", "an unknown code matches nothing"),
    (f"{LOINC}|1988-5,{LOCAL}|1988-5", "ac", "a comma means or"),
    (f"{LOINC}|1988-5,|1988-5,{LOCAL}|ESR", "adf", "forms may be mixed in a list"),
]


@pytest.mark.parametrize(("value", "expected", "reason"), CODES, ids=[row[2] for row in CODES])
def test_code(server: Target, readings: str, value: str, expected: str, reason: str) -> None:
    """search.html#token."""
    found = server.ids("Observation", {"_tag": own(readings), "code": value})
    assert sorted(found) == [f"{readings}-{name}" for name in expected]


STATUSES = [
    ([("status", "final")], "ace", "a code element is searched by its code"),
    ([("status", "final,amended")], "abce", "a list means or"),
    ([("status", "final"), ("code", "1988-5")], "ac", "two parameters mean and"),
    ([("code", f"{LOINC}|4537-7"), ("code", f"{LOCAL}|ESR")], "f", "a repeated parameter means and"),
    ([("status", "final"), ("status", "amended")], "", "one status cannot be two"),
    ([("status:not", "final")], "bdf", "not: whatever is not this code"),
    ([("status:not", "entered-in-error")], "abcde", "not: how a client leaves out what was in error"),
    ([("code:not", f"{LOINC}|4537-7")], "acde", "not: no coding may match, and a text alone matches nothing"),
    ([("value-quantity:missing", "true")], "cdef", "missing true: the element is absent"),
    ([("value-quantity:missing", "false")], "ab", "missing false: the element is there"),
    ([("date:missing", "true")], "abcdef", "missing of an element nobody has"),
    ([("code:text", "C reactive")], "ae", "text: the display or text of a concept, by its beginning"),
]


@pytest.mark.parametrize(("pairs", "expected", "reason"), STATUSES, ids=[row[2] for row in STATUSES])
def test_tokens_together(
    server: Target, readings: str, pairs: list[tuple[str, str]], expected: str, reason: str
) -> None:
    """search.html#combining, #modifiers."""
    found = server.ids("Observation", [("_tag", own(readings)), *pairs])
    assert sorted(found) == [f"{readings}-{name}" for name in expected]


def test_several_values_of_not(server: Target, readings: str) -> None:
    """search.html#modifiers: a list after :not leaves out each of its values."""
    found = server.ids("Observation", {"_tag": own(readings), "status:not": "final,amended"})
    assert sorted(found) == [f"{readings}-{name}" for name in "df"]


def test_identifier_forms(server: Target, tag: str) -> None:
    """search.html#token: identifiers are tokens, with the system before the bar."""
    stored = server.create(patient(tag, identifier=identifier(f"{tag}-1") + identifier(tag, "urn:other")))
    for value, found in (
        (f"{MRN}|{tag}-1", True),
        (f"{tag}-1", True),
        (f"urn:other|{tag}", True),
        (f"urn:other|{tag}-1", False),
        (f"|{tag}-1", False),
        (f"{MRN}|{tag}", False),
    ):
        assert server.ids("Patient", {"identifier": value}) == ([stored["id"]] if found else []), value


def test_identifiers_keep_their_case(server: Target, tag: str) -> None:
    """search.html#token: identifier values are matched as they are written."""
    server.create(patient(tag, identifier=identifier(f"{tag}-ABC")))
    assert server.ids("Patient", {"identifier": f"{MRN}|{tag}-abc"}) == []


def test_a_comma_in_a_value_is_escaped(server: Target, tag: str) -> None:
    r"""search.html#escaping: \, stands for a comma that does not part two values."""
    stored = server.create(patient(tag, identifier=identifier(f"{tag},1")))
    assert server.ids("Patient", {"identifier": f"{MRN}|{tag}\\,1"}) == [stored["id"]]
    assert server.ids("Patient", {"identifier": f"{MRN}|{tag},1", "_tag": own(tag)}) == []


def test_a_bar_may_stand_unencoded(server: Target, tag: str) -> None:
    """search.html#token: many clients write the bar as it is."""
    stored = server.create(patient(tag, identifier=identifier(tag)))
    response = server.session.get(f"{server.url}/Patient?identifier=urn:x%7Cy,{MRN}|{tag}", timeout=30)
    assert [row["resource"]["id"] for row in response.json()["entry"]] == [stored["id"]]


@pytest.mark.parametrize(("value", "expected"), [("true", "a"), ("false", "b")])
def test_booleans_are_tokens(server: Target, tag: str, value: str, expected: str) -> None:
    """search.html#token: active=true; who does not say is neither."""
    for name, active in (("a", True), ("b", False), ("c", None)):
        server.update({**patient(tag, active=active), "id": f"{tag}-{name}"}, 201)
    assert server.ids("Patient", {"_tag": own(tag), "active": value}) == [f"{tag}-{expected}"]


def test_gender_is_a_token(server: Target, tag: str) -> None:
    """patient.html#search."""
    stored = server.create(patient(tag, gender="female"))
    server.create(patient(tag, gender="male"))
    assert server.ids("Patient", {"_tag": own(tag), "gender": "female"}) == [stored["id"]]
    fixed = "http://hl7.org/fhir/administrative-gender|female"
    assert server.ids("Patient", {"_tag": own(tag), "gender": fixed}) == [stored["id"]]


def test_tags_of_any_system(server: Target, tag: str) -> None:
    """search.html#all: _tag works on every type, with and without its system."""
    stored = server.create(patient(tag))
    assert server.ids("Patient", {"_tag": tag}) == [stored["id"]]
    assert server.ids("Patient", {"_tag": f"urn:other|{tag}"}) == []


def test_ids(server: Target, tag: str) -> None:
    """search.html#all: _id, and a list of them."""
    one, other, third = (server.create(patient(tag))["id"] for _ in range(3))
    assert server.ids("Patient", {"_id": one}) == [one]
    assert sorted(server.ids("Patient", {"_id": f"{one},{third}"})) == sorted([one, third])
    assert server.ids("Patient", {"_id": f"{tag}-nobody"}) == []
    assert other not in server.ids("Patient", {"_id": f"{one},{third}"})
