"""Whose record is it: references, merges, versions, deaths. Asked of E2: low platelets that arrive make it TRUE."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fhir_adapter.model.verdicts import Eligibility
from tests.resources import day, patient, platelets, wbc
from tests.screened import Resource, Screened
from tests.spec.cases import Case, case

MRN = "http://hospital.example/mrn"
LOW = platelets(40)
ARRIVES, LOST = "true", "NO_RECORD"


def _of(reference: str, **more: object) -> Resource:
    return {**LOW, "subject": {"reference": reference, **more}}


def _by_identifier(value: str, system: str | None = MRN) -> Resource:
    identifier = {"value": value} if system is None else {"system": system, "value": value}
    return {**LOW, "subject": {"identifier": identifier}}


def _known_as(*values: str, **more: object) -> Resource:
    return patient(identifier=[{"system": MRN, "value": value} for value in values], **more)


def _linked(kind: str, to: str, **more: object) -> Resource:
    return patient(link=[{"other": {"reference": to}, "type": kind}], **more)


def _version(number: str | None, updated: str | None, value: float, **more: object) -> Resource:
    meta = {"versionId": number, "lastUpdated": updated}
    return platelets(value, id="{me}.9", meta={k: v for k, v in meta.items() if v is not None}, **more)


CASES = [
    # references
    case("E2-ref-relative", _of("Patient/{me}"), ARRIVES),
    case("E2-ref-with-version", _of("Patient/{me}/_history/7"), ARRIVES),
    case("E2-ref-absolute-of-the-site", _of("http://hospital.example/fhir/Patient/{me}"), ARRIVES),
    case(
        "E2-ref-absolute-base-unstated", _of("https://elsewhere.example/r4/Patient/{me}"), ARRIVES, rules=(5,)
    ),
    case("E2-ref-absolute-of-nobody", _of("https://elsewhere.example/r4/Patient/nobody"), LOST, rules=(5,)),
    case("E2-ref-identifier-unique", [_known_as("{me}-1"), _by_identifier("{me}-1")], ARRIVES, rules=(5,)),
    case("E2-ref-identifier-of-nobody", [_known_as("{me}-1"), _by_identifier("{me}-2")], LOST, rules=(5,)),
    case(
        "E2-ref-identifier-of-another-system",
        [_known_as("{me}-1"), _by_identifier("{me}-1", "http://else")],
        LOST,
        rules=(5,),
    ),
    case(
        "E2-ref-identifier-without-system",
        [_known_as("{me}-1"), _by_identifier("{me}-1", None)],
        LOST,
        rules=(5,),
    ),
    case(
        "E2-ref-identifier-of-two-patients",
        [_known_as("{me}-1"), _known_as("{me}-1", id="{other}"), _by_identifier("{me}-1")],
        LOST,
        rules=(5,),
    ),
    case(
        "E2-ref-reference-beats-identifier",
        [_known_as("{me}-1"), _of("Patient/nobody", identifier={"system": MRN, "value": "{me}-1"})],
        LOST,
    ),
    case("E2-ref-group", _of("Group/{me}"), LOST),
    case("E2-ref-contained", _of("#{me}"), LOST),
    case("E2-ref-urn-that-nothing-names", _of("urn:uuid:{me}"), LOST),
    case("E2-ref-search", _of("Patient?identifier={me}"), LOST),
    case("E2-ref-missing", {**LOW, "subject": {"display": "某人"}}, LOST),
    # merges: the survivor owns the data
    case(
        "E2-merge-replaced-by",
        [patient(), _linked("replaced-by", "Patient/{me}", id="{old}"), _of("Patient/{old}")],
        ARRIVES,
        rules=(4,),
    ),
    case(
        "E2-merge-replaces",
        [_linked("replaces", "Patient/{old}"), patient(id="{old}"), _of("Patient/{old}")],
        ARRIVES,
        rules=(4,),
    ),
    case(
        "E2-merge-chain-followed-to-the-end",
        [
            patient(),
            _linked("replaced-by", "Patient/{me}", id="{old}"),
            _linked("replaced-by", "Patient/{old}", id="{older}"),
            _of("Patient/{older}"),
        ],
        ARRIVES,
        rules=(8,),
    ),
    case(
        "E2-merge-dangling-merges-nothing",
        [_linked("replaces", "Patient/{old}"), _of("Patient/{old}")],
        LOST,
        rules=(4,),
    ),
    case(
        "E2-merge-dangling-keeps-its-own",
        [_linked("replaced-by", "Patient/nobody"), _of("Patient/{me}")],
        ARRIVES,
        rules=(4,),
    ),
    case(
        "E2-merge-cycle-merges-nothing",
        [
            _linked("replaced-by", "Patient/{old}"),
            _linked("replaced-by", "Patient/{me}", id="{old}"),
            _of("Patient/{old}"),
        ],
        LOST,
        rules=(4,),
    ),
    case(
        "E2-merge-by-two-merges-nothing",
        [
            patient(),
            patient(id="{other}"),
            patient(
                id="{old}",
                link=[
                    {"other": {"reference": f"Patient/{to}"}, "type": "replaced-by"}
                    for to in ("{me}", "{other}")
                ],
            ),
            _of("Patient/{old}"),
        ],
        LOST,
        rules=(4,),
    ),
    case(
        "E2-merge-see-also-is-none",
        [_linked("seealso", "Patient/{old}"), patient(id="{old}"), _of("Patient/{old}")],
        LOST,
    ),
    # versions of one id
    case(
        "E2-version-newest-updated",
        [_version("9", day(9), 200), _version("1", day(1), 40), wbc(6)],
        "true",
        rules=(3,),
    ),
    case(
        "E2-version-without-update-is-oldest",
        [_version("9", None, 200), _version("1", day(1), 40), wbc(6)],
        "true",
        rules=(3,),
    ),
    case(
        "E2-version-number-not-text",
        [_version("10", day(1), 40), _version("9", day(1), 200), wbc(6)],
        "true",
        rules=(3,),
    ),
    case(
        "E2-version-in-error-removes-the-older",
        [_version("1", day(9), 40), _version("2", day(1), 40, status="entered-in-error"), wbc(6)],
        LOST,
        rules=(3,),
    ),
    case(
        "E2-version-older-in-error-is-nothing",
        [_version("1", day(9), 200, status="entered-in-error"), _version("2", day(1), 40), wbc(6)],
        "true",
        rules=(3,),
    ),
    case(
        "E2-version-updated-with-seven-digits",
        [
            _version("1", f"{day(1)}T08:00:00.1234567Z", 40),
            _version("1", f"{day(1)}T08:00:00.1234565Z", 40),
            wbc(6),
        ],
        "true",
        rules=(3,),
    ),
    case(
        "E2-version-of-the-patient",
        [patient("2015-01-01", meta={"versionId": "1"}), patient(meta={"versionId": "2"}), LOW],
        "true",
        rules=(3,),
    ),
    # deaths: the rows stay
    case("E2-dead-still-has-a-row", [patient(deceasedBoolean=True), LOW], "true", rules=(8,)),
]
DEAD = {
    "boolean": ({"deceasedBoolean": True}, True),
    "alive": ({"deceasedBoolean": False}, False),
    "yesterday": ({"deceasedDateTime": day(1)}, True),
    "today": ({"deceasedDateTime": day(0)}, True),
    "this-year": ({"deceasedDateTime": "2026"}, True),
    "tomorrow": ({"deceasedDateTime": day(-1)}, False),
    "unreadable": ({"deceasedDateTime": "?"}, True),
}
CASES += [
    case(f"I2-dead-{name}", patient(**element), "true", rules=(8,)) for name, (element, _) in DEAD.items()
]
# versions whose time is written in an unusual way, twice over: neither may vanish
CASES += [
    case(
        f"E2-version-odd-time-{n}",
        [_version("1", "2026-06", 200), _version("2", "2026-06", 40), wbc(6)],
        "true",
        rules=(3,),
    )
    for n in range(3)
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)


@pytest.mark.parametrize("name", DEAD)
def test_the_dead_are_no_candidates(name: str, table: Screened) -> None:
    result = table.subjects[f"I2-dead-{name}"]
    is_dead = DEAD[name][1]
    assert (result.eligibility is Eligibility.INELIGIBLE) is is_dead
    assert ("deceased" in result.blocked_by) is is_dead
    assert not (is_dead and result.near_miss)


@pytest.mark.parametrize("name", ["replaced-by", "replaces", "chain-followed-to-the-end"])
def test_a_replaced_patient_has_no_row(name: str, table: Screened) -> None:
    assert f"E2-merge-{name}.old" not in table.subjects
    assert table.subjects[f"E2-merge-{name}"].flags == ()


@pytest.mark.parametrize(
    "name",
    ["dangling-merges-nothing", "dangling-keeps-its-own", "cycle-merges-nothing", "by-two-merges-nothing"],
)
def test_an_unresolved_merge_is_flagged(name: str, table: Screened) -> None:
    assert table.subjects[f"E2-merge-{name}"].flags == ("merge-unresolved",)


def test_every_resource_is_in_one_count(table: Screened) -> None:
    for of_type in table.screening.counts.values():
        assert of_type["seen"] == sum(
            of_type[name] for name in ("used", "superseded", "unlinked", "replaced", "not_needed")
        )
    lost = [one.id for one in CASES if one.id.startswith("E2-ref") and one.says == LOST]
    assert table.screening.counts["Observation"]["unlinked"] == len(lost) + 1  # and the dangling merge's
