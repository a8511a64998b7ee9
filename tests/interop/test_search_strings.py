"""Strings, numbers with units, references: https://hl7.org/fhir/R4/search.html#ptypes."""

from __future__ import annotations

import pytest

from tests.interop.making import (
    TRIAL,
    UCUM,
    enrolment,
    identifier,
    observation,
    own,
    patient,
    quantity,
    study,
)
from tests.interop.target import Target, address


@pytest.fixture(scope="module")
def named(server: Target, shared_tag: str) -> str:
    """Patients a to e, written once."""
    names = {
        "a": {"family": "Eve", "given": ["Anna", "Maria"]},
        "b": {"family": "Everett", "given": ["Bo"]},
        "c": {"family": "Møller-Steven", "given": ["Zoë"]},
        "d": {"family": "欧阳", "given": ["雪"], "text": "欧阳雪"},
        "e": {"family": "欧", "given": ["阳阳"], "text": "欧阳阳"},
    }
    for name, element in names.items():
        server.update({**patient(shared_tag, name=[element]), "id": f"{shared_tag}-{name}"}, 201)
    return shared_tag


STRINGS = [
    ("family", "Eve", "ab", "a string matches from its beginning"),
    ("family", "eVE", "ab", "in any case of letters"),
    ("family", "teven", "", "not in the middle"),
    ("family:exact", "Eve", "a", "exact: the whole string"),
    ("family:exact", "eve", "", "exact: in the same case"),
    ("family:contains", "even", "c", "contains: anywhere"),
    ("family:contains", "eve", "abc", "contains: also at the beginning, in any case"),
    ("given", "Maria", "a", "every given name counts"),
    ("given", "zoe", "c", "accents are no difference"),
    ("name", "Bo", "b", "name looks into all parts"),
    ("family", "欧阳", "d", "Chinese from its beginning"),
    ("family", "欧", "de", "Chinese, one character"),
    ("family:exact", "欧", "e", "Chinese, the whole string"),
    ("name:contains", "阳雪", "d", "Chinese, anywhere"),
    ("name", "欧阳", "de", "Chinese, by the text"),
    ("family", "Eve,欧", "abde", "a list means or"),
]


@pytest.mark.parametrize(("name", "value", "expected", "reason"), STRINGS, ids=[row[3] for row in STRINGS])
def test_string(server: Target, named: str, name: str, value: str, expected: str, reason: str) -> None:
    """search.html#string."""
    found = server.ids("Patient", {"_tag": own(named), name: value})
    assert "".join(sorted(one[-1] for one in found)) == expected


@pytest.fixture(scope="module")
def measured(server: Target, shared_tag: str) -> str:
    """Observations p to t with quantities, written once."""
    values = {
        "p": quantity(4.9),
        "q": quantity(5),
        "r": quantity(5.04),
        "s": quantity(7.5),
        "t": {"value": 5, "unit": "stars", "system": "http://hospital.example/units", "code": "stars"},
    }
    for name, value in values.items():
        server.update({**observation(shared_tag, valueQuantity=value), "id": f"{shared_tag}-{name}"}, 201)
    return shared_tag


UNIT = f"|{UCUM}|mg/L"
QUANTITIES = [
    (f"5{UNIT}", "pqr", "a number stands for the range of its precision: 4.5 to 5.5"),
    (f"5.0{UNIT}", "qr", "5.0 is 4.95 to 5.05"),
    (f"5.04{UNIT}", "r", "5.04 is 5.035 to 5.045"),
    (f"gt5{UNIT}", "rs", "gt compares the number itself"),
    (f"ge5{UNIT}", "qrs", "ge"),
    (f"lt5{UNIT}", "p", "lt"),
    (f"le5{UNIT}", "pq", "le"),
    (f"ge7.5{UNIT}", "s", "ge with a fraction"),
    ("gt4", "pqrst", "without a unit, any unit"),
    ("5.00||stars", "t", "the unit without its system"),
    (f"5|{UCUM}|g/L", "", "another unit is another quantity"),
    (f"4.9{UNIT},7.5{UNIT}", "ps", "a list means or"),
    (f"lt5{UNIT},gt7{UNIT}", "ps", "each value of a list has its own prefix"),
]


@pytest.mark.parametrize(("value", "expected", "reason"), QUANTITIES, ids=[row[2] for row in QUANTITIES])
def test_quantity(server: Target, measured: str, value: str, expected: str, reason: str) -> None:
    """search.html#quantity."""
    found = server.ids("Observation", {"_tag": own(measured), "value-quantity": value})
    assert "".join(sorted(one[-1] for one in found)) == server.says(
        f"quantity-{value.replace(UNIT, '')}", expected
    )


@pytest.fixture(scope="module")
def referred(server: Target, shared_tag: str) -> str:
    """Two patients, A on a trial, with an observation each."""
    tag = shared_tag
    for name, gender in (("A", "female"), ("B", "male")):
        made = patient(
            tag, gender=gender, identifier=identifier(f"{tag}-{name}"), name=[{"family": f"N{name}"}]
        )
        server.update({**made, "id": f"{tag}-{name}"}, 201)
        reading = observation(tag, f"Patient/{tag}-{name}", valueQuantity=quantity(1), status="corrected")
        server.update({**reading, "id": f"{tag}-o{name}"}, 201)
    trial = server.update({**study(tag, identifier=identifier(tag, TRIAL)), "id": f"{tag}-S"}, 201)
    server.update({**enrolment(tag, f"Patient/{tag}-A", address(trial)), "id": f"{tag}-R"}, 201)
    return tag


REFERENCES = [
    ("subject", "Patient/{}-A", "A", "type and id"),
    ("subject", "{}-A", "A", "the id alone"),
    ("patient", "{}-A", "A", "a parameter for patients only, by id"),
    ("patient", "Patient/{}-A", "A", "the same by type and id"),
    ("subject:Patient", "{}-A", "A", "the type as a modifier"),
    ("subject:Group", "{}-A", "", "another type with the same id"),
    ("subject", "Group/{}-A", "", "another type, written out"),
    ("subject", "Patient/{0}-A,Patient/{0}-B", "AB", "a list"),
    ("subject", "Patient/{}-nobody", "", "nobody"),
    ("subject:Patient.gender", "female", "A", "a chain to the patient's gender"),
    ("subject:Patient.identifier", "https://hospital.example/mrn|{}-B", "B", "a chain to the identifier"),
    (
        "patient.identifier",
        "https://hospital.example/mrn|{}-B",
        "B",
        "a chain without a type, where it is clear",
    ),
    ("subject:Patient.name", "NA", "A", "a chain to a string"),
    ("patient.birthdate", "ge1900", "", "a chain to what nobody has"),
]


@pytest.mark.parametrize(
    ("name", "value", "expected", "reason"), REFERENCES, ids=[row[3] for row in REFERENCES]
)
def test_reference(server: Target, referred: str, name: str, value: str, expected: str, reason: str) -> None:
    """search.html#reference, #chaining."""
    pairs = {"_tag": own(referred), "status": "corrected", name: value.format(referred)}
    assert sorted(server.ids("Observation", pairs)) == [f"{referred}-o{one}" for one in expected]


def test_reference_by_full_address(server: Target, referred: str) -> None:
    """search.html#reference: an absolute address of this server is the same as type and id."""
    value = f"{server.url}/Patient/{referred}-A"
    found = server.ids("Observation", {"_tag": own(referred), "status": "corrected", "subject": value})
    assert len(found) == server.says("reference-by-address", 1)


def test_a_chain_over_two_references(server: Target, referred: str) -> None:
    """search.html#chaining: chains may be long."""
    stored = server.create(
        {
            "resourceType": "Provenance",
            "target": [{"reference": f"ResearchSubject/{referred}-R"}],
            "recorded": "2024-05-10T12:00:00Z",
            "agent": [{"who": {"display": "fhir-adapter"}}],
        }
    )
    chain = "target:ResearchSubject.individual:Patient.identifier"
    found = server.ids("Provenance", {chain: f"https://hospital.example/mrn|{referred}-A"})
    assert found == [stored["id"]]


HAS = [
    ("_has:Observation:patient:status", "corrected", "AB", "patients with such an observation"),
    ("_has:Observation:patient:status", "cancelled", "", "nobody has one"),
    ("_has:Observation:subject:code", "http://loinc.org|1988-5", "AB", "by code"),
    ("_has:ResearchSubject:individual:study", "ResearchStudy/{}-S", "A", "patients of a trial"),
    ("_has:ResearchSubject:individual:study.identifier", "{}", "A", "and a chain"),
]


@pytest.mark.parametrize(("name", "value", "expected", "reason"), HAS, ids=[row[3] for row in HAS])
def test_has(server: Target, referred: str, name: str, value: str, expected: str, reason: str) -> None:
    """search.html#has: reverse chaining."""
    found = server.ids("Patient", {"_tag": own(referred), name: value.format(referred)})
    assert sorted(found) == [f"{referred}-{one}" for one in expected]


def test_has_with_a_chain_to_a_system(server: Target, referred: str) -> None:
    """search.html#has, #chaining: identifiers' systems are addresses, with slashes."""
    chain = {"_has:ResearchSubject:individual:study.identifier": f"{TRIAL}|{referred}"}
    assert server.get("Patient", chain).status_code == server.says("has-chain-system", 200)


def test_has_in_a_list_of_conditions(server: Target, referred: str) -> None:
    """search.html#has together with an ordinary parameter: both must hold."""
    pairs = {"_tag": own(referred), "_has:Observation:patient:status": "corrected", "gender": "male"}
    assert server.ids("Patient", pairs) == [f"{referred}-B"]
