"""A patient's whole record: https://hl7.org/fhir/R4/patient-operation-everything.html."""

from __future__ import annotations

import pytest

from tests.interop.making import adverse_event, concept, enrolment, marked, observation, patient, study
from tests.interop.target import Resource, Target, address, link, refused


@pytest.fixture(scope="module")
def record(server: Target, shared_tag: str) -> dict[str, Resource]:
    """A patient with one resource of each kind, and another patient with an observation."""
    tag = shared_tag
    subject, other = server.create(patient(tag)), server.create(patient(tag))
    trial = server.create(study(tag))
    whose = {"reference": address(subject)}
    made = {
        "observation": observation(tag, address(subject)),
        "condition": marked(tag, "Condition", code=concept("M05.8"), subject=whose),
        "enrolment": enrolment(tag, address(subject), address(trial)),
        "event": adverse_event(tag, address(subject)),
    }
    stored = {name: server.create(one) for name, one in made.items()}
    return {
        "subject": subject,
        **stored,
        "other": other,
        "others": server.create(observation(tag, address(other))),
    }


def everything(server: Target, path: str, **params: str) -> list[Resource]:
    """All resources of an $everything, over all pages."""
    response = server.get(f"{path}/$everything", params)
    assert response.status_code == 200, response.text
    first = response.json()
    assert first["type"] == "searchset"
    return [row["resource"] for page in server.pages(first) for row in page.get("entry", ())]


@pytest.mark.parametrize("count", ["1", "2", "50"])
def test_everything_holds_the_record(server: Target, record: dict[str, Resource], count: str) -> None:
    """The patient and what its compartment holds, each once, over pages of any size."""
    found = [address(one) for one in everything(server, address(record["subject"]), _count=count)]
    assert len(found) == len(set(found))
    for name in ("subject", "observation", "condition", "enrolment", "event"):
        assert address(record[name]) in found, name


def test_everything_holds_nothing_of_others(server: Target, record: dict[str, Resource]) -> None:
    """Whose record it is, is what matters most."""
    found = {address(one) for one in everything(server, address(record["subject"]))}
    assert found.isdisjoint({address(record["other"]), address(record["others"])})


def test_everything_of_some_types(server: Target, record: dict[str, Resource]) -> None:
    """_type narrows it."""
    found = everything(server, address(record["subject"]), _type="Observation,Condition")
    assert {one["resourceType"] for one in found} - {"Patient"} == {"Observation", "Condition"}


def test_everything_since(server: Target, tag: str) -> None:
    """_since leaves out what has not changed."""
    subject = server.create(patient(tag))
    old = server.create(observation(tag, address(subject)))
    new = server.create(observation(tag, address(subject)))
    found = everything(server, address(subject), _since=new["meta"]["lastUpdated"])
    assert address(new) in [address(one) for one in found]
    assert (address(old) in [address(one) for one in found]) is server.says("everything-since", False)


def test_everything_has_pages(server: Target, record: dict[str, Resource]) -> None:
    """_count asks for pages."""
    bundle = server.get(f"{address(record['subject'])}/$everything", {"_count": "2"}).json()
    assert link(bundle, "next") is not None


def test_everything_of_nobody_is_404(server: Target, tag: str) -> None:
    """An unknown patient has no record, which is not an empty one."""
    refused(server.get(f"Patient/{tag}/$everything"), 404)
