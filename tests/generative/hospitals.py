"""Owns the input of one example: subjects and their records, versions, merges, references, and what is incomplete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from random import Random

from fhir_adapter.landing import Landing
from fhir_adapter.model.dates import parse_datetime
from tests.generative.diagnoses import condition
from tests.generative.events import coded_result, event
from tests.generative.laboratory import observation, visit
from tests.generative.medications import medication, medication_record
from tests.generative.times import Times, birth_date, some
from tests.screened import TYPES, ZONE, Resource

_WHOSE = {"AllergyIntolerance": "patient", "Immunization": "patient", "ResearchSubject": "individual"}

BASE = "http://hospital.example/fhir"
MRN = "http://hospital.example/mrn"


@dataclass(frozen=True)
class Hospital:
    """Resources as a hospital sends them, and what its export could not deliver."""

    resources: tuple[Resource, ...]
    full_urls: dict[str, str] = field(default_factory=dict)
    deleted: frozenset[str] = frozenset()
    incomplete: frozenset[tuple[str, str]] = frozenset()
    failed: tuple[str, ...] = ()  # types with a problem for everybody
    not_pulled: tuple[str, ...] = ()

    def mark(self, landing: Landing) -> None:
        """Tell a landing what files alone do not say."""
        landing.full_urls.update(self.full_urls)
        landing.deleted.update(self.deleted)
        landing.incomplete.update(self.incomplete)
        for name in self.failed:
            landing.blame(name, "an error in the export")


def hospital(rng: Random, subjects: int, today: date) -> Hospital:
    """`subjects` groups of one to three Patients with everything that belongs to them."""
    resources: list[Resource] = []
    full_urls: dict[str, str] = {}
    for number in range(subjects):
        group = list(_group(rng, number, subjects, today))
        for resource in group:
            if some(rng, 1, 12):
                full_urls[f"urn:uuid:{resource['id']}"] = f"{resource['resourceType']}/{resource['id']}"
        resources += group
    names = sorted({f"{r['resourceType']}/{r['id']}" for r in resources})
    deleted = frozenset(name for name in names if some(rng, 1, 60))
    incomplete = frozenset(
        (rng.choice(TYPES[1:]), f"p{number}") for number in range(subjects) if some(rng, 1, 15)
    )
    resources += [{"id": f"med{n}", **medication(rng)} for n in range(3)]
    resources += [{"resourceType": "ResearchStudy", "id": "s1", "identifier": [{"value": "-"}]}]
    failed = (rng.choice(TYPES),) if some(rng, 1, 8) else ()
    not_pulled = (rng.choice(TYPES[1:]),) if some(rng, 1, 8) else ()
    kept = tuple(r for r in resources if r["resourceType"] not in not_pulled)
    return Hospital(kept, full_urls, deleted, incomplete, failed, not_pulled)


def _group(rng: Random, number: int, subjects: int, today: date) -> Iterator[Resource]:
    ids = [f"p{number}"] + [f"p{number}{letter}" for letter in "ab"[: rng.choice((0, 0, 0, 0, 1, 2))]]
    times = Times.of(rng, today)
    for one in ids:
        patients = [_patient(rng, one, ids, subjects, today) for _ in range(_how_many(rng))]
        yield from _versions(rng, times, patients)
    made = [rng.choice((observation,) * 3 + (condition,))(rng, times) for _ in range(2 + rng.randrange(9))]
    for _ in range(rng.choice((0, 1, 1, 2))):
        made += visit(rng, times)
    for count, record in enumerate(made):
        again = observation if record["resourceType"] == "Observation" else condition
        known = {"id": f"{ids[0]}-{count}", **_reference(rng, rng.choice(ids))}
        contents = [record, *(again(rng, times) for _ in range(_how_many(rng) - 1))]
        yield from _versions(rng, times, [{**content, **known} for content in contents])
    yield from _treated(rng, ids, times)


def _treated(rng: Random, ids: list[str], times: Times) -> Iterator[Resource]:
    """Medications, events and coded results."""
    names = [f"{ids[0]}-m{n}" for n in range(rng.randrange(6))]
    meds = [medication_record(rng, times, ["med0", "med1", "med2"]) for _ in names]
    records = [f"{r['resourceType']}/{name}" for r, name in zip(meds, names, strict=True)]
    for name, record in zip(names, meds, strict=True):
        yield from _versions(rng, times, [{**record, "id": name, **_reference(rng, rng.choice(ids))}])
    for n in range(rng.choice((0, 1, 1, 2))):
        happened = event(rng, times, records)
        whose = _WHOSE.get(happened["resourceType"], "subject")
        reference = _reference(rng, rng.choice(ids)).get("subject")
        found = {**happened, "id": f"{ids[0]}-e{n}", **({whose: reference} if reference is not None else {})}
        yield from _versions(rng, times, [found])
    for n in range(rng.choice((0, 1, 2, 3))):
        result = {**coded_result(rng, times), "id": f"{ids[0]}-c{n}", **_reference(rng, rng.choice(ids))}
        yield from _versions(rng, times, [result])


def _how_many(rng: Random) -> int:
    """Versions of one id in the input: mostly one."""
    return rng.choice((1,) * 9 + (2, 2, 3))


def _versions(rng: Random, times: Times, contents: list[Resource]) -> Iterator[Resource]:
    """The contents of one id, each a version of its own: what two versions are called is never the same."""
    stamps: set[tuple[str, int | None]] = set()
    for content in contents:
        meta: Resource = {}
        if some(rng, 2, 3):
            meta["versionId"] = rng.choice(("1", "2", "3", "10", "9", "v2", "002", "a"))
        if some(rng, 2, 3):
            meta["lastUpdated"] = times.instant(rng)
        updated = parse_datetime(meta.get("lastUpdated"), ZONE)
        # 002 is 2, and one instant has many spellings: what is equal must not be told apart by its content.
        stamp = (str(meta.get("versionId", "")).lstrip("0"), updated.high if updated is not None else None)
        if stamp not in stamps:
            stamps.add(stamp)
            yield {**content, "meta": meta} if meta or some(rng, 1, 2) else content


def _patient(rng: Random, id_: str, ids: list[str], subjects: int, today: date) -> Resource:
    found: Resource = {"resourceType": "Patient", "id": id_}
    if not some(rng, 1, 20):
        found["birthDate"] = birth_date(rng, today)
    if not some(rng, 1, 6):
        found["gender"] = rng.choice(("male", "female", "female", "other", "unknown", "M"))
    if some(rng, 1, 10):
        found |= rng.choice(
            (
                {"deceasedBoolean": True},
                {"deceasedBoolean": False},
                {"deceasedDateTime": Times(today, [today]).moment(rng)},
            )
        )
    if some(rng, 2, 3):
        identifiers = [{"system": MRN, "value": f"MRN-{id_}"}]
        if some(rng, 1, 8):
            identifiers.append({"system": MRN, "value": f"MRN-p{rng.randrange(subjects)}"})
        if some(rng, 1, 12):
            identifiers.append({"value": "no-system"})
        found["identifier"] = identifiers
    if len(ids) > 1 and some(rng, 3, 5):
        found["link"] = [_link(rng, id_, ids, subjects) for _ in range(rng.choice((1, 1, 1, 2)))]
    return found


def _link(rng: Random, own: str, ids: list[str], subjects: int) -> Resource:
    other = rng.choice(
        [
            *(i for i in ids if i != own),
            *(i for i in ids if i != own),
            rng.choice((own, "nobody", f"p{rng.randrange(subjects)}")),
        ]
    )
    reference = rng.choice(
        (f"Patient/{other}", f"Patient/{other}", f"{BASE}/Patient/{other}", f"urn:uuid:{other}")
    )
    return {
        "other": {"reference": reference},
        "type": rng.choice(("replaced-by", "replaced-by", "replaces", "replaces", "seealso", "refer")),
    }


def _reference(rng: Random, id_: str) -> Resource:
    """`subject` of a record: mostly plain, else in one of the many other spellings, or pointing nowhere."""
    if not some(rng, 1, 5):
        return {"subject": {"reference": f"Patient/{id_}"}}
    identifier = rng.choice(
        (
            {"system": MRN, "value": f"MRN-{id_}"},
            {"system": MRN, "value": "?"},
            {"value": "no-system"},
            {"system": "x", "value": f"MRN-{id_}"},
            {},
        )
    )
    return rng.choice(
        (
            {"subject": {"reference": f"Patient/{id_}/_history/3"}},
            {"subject": {"reference": f"{BASE}/Patient/{id_}"}},
            {"subject": {"reference": f"https://elsewhere.example/r4/Patient/{id_}/_history/1"}},
            {"subject": {"reference": f"urn:uuid:{id_}"}},
            {"subject": {"identifier": identifier}},
            {"subject": {"identifier": identifier}},
            {"subject": {"reference": f"Patient/{id_}", "identifier": identifier}},
            {"subject": {"reference": f"Group/{id_}"}},
            {"subject": {"reference": "#contained"}},
            {"subject": {"reference": "Patient/nobody"}},
            {"subject": {"reference": f"Patient/{id_}/"}},
            {"subject": {"reference": f"Patient?identifier={id_}"}},
            {"subject": {"reference": ""}},
            {"subject": {"display": "某人"}},
            {},
        )
    )
