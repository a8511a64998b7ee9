"""D1: asked only of subjects who are on study in this trial; signals are shown, a person decides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fhir_adapter.engines.base import Engine
from tests.resources import REGISTRY, REGISTRY_ID, adverse_event, day, enrolled, status
from tests.screened import Resource, Screened, screened, write_folder
from tests.spec.cases import NO_ROW, Case, case, everything

ON_STUDY = ("on-study", "on-study-intervention", "on-study-observation")
NOT_ON_STUDY = (
    "candidate eligible follow-up ineligible not-registered off-study pending-on-study "
    "potential-candidate screening withdrawn"
).split()
PERSONS = "NEEDS_JUDGEMENT"


def _study(number: str = REGISTRY_ID) -> Resource:
    """A ResearchStudy that carries a registry id."""
    identifier = [{"system": REGISTRY, "value": number}]
    return {"resourceType": "ResearchStudy", "id": "{me}.study", "status": "active", "identifier": identifier}


def _refers(reference: str, **more: object) -> Resource:
    return {**enrolled(), "study": {"reference": reference}, **more}


SERIOUS = {"seriousness": status("serious")}
SEVERE = {"severity": status("severe")}


CASES = [
    *(
        case(f"D1-{state}", enrolled(state), PERSONS, review=True, cell="unknown.on-study review.always")
        for state in ON_STUDY
    ),
    *(case(f"D1-{state}", enrolled(state), NO_ROW, cell="28.others") for state in NOT_ON_STUDY),
    case("D1-nobody", [], NO_ROW, cell="28.others"),
    # which study
    case("D1-study-by-identifier", enrolled(), PERSONS, cell="28.identifier"),
    case("D1-study-of-another-number", enrolled(number="NCT00000000"), NO_ROW, cell="28.others"),
    case(
        "D1-study-by-reference", [_study(), _refers("ResearchStudy/{me}.study")], PERSONS, cell="28.reference"
    ),
    case(
        "D1-study-by-versioned-reference", [_study(), _refers("ResearchStudy/{me}.study/_history/2")], PERSONS
    ),
    case(
        "D1-study-by-reference-of-another-number",
        [_study("NCT00000000"), _refers("ResearchStudy/{me}.study")],
        NO_ROW,
        cell="28.others",
    ),
    case("D1-study-by-reference-to-nothing", _refers("ResearchStudy/nowhere"), NO_ROW, cell="28.others"),
    case("D1-another-persons", {**enrolled(), "individual": {"reference": "Patient/nobody"}}, NO_ROW),
    case(
        "D1-newest-version-left",
        [
            enrolled(id="{me}.9", meta={"versionId": "1"}),
            enrolled("off-study", id="{me}.9", meta={"versionId": "2"}),
        ],
        NO_ROW,
    ),
    # signals
    case("D1-nothing-serious", enrolled(), PERSONS, review=True),
    case(
        "D1-serious-event",
        [enrolled(), adverse_event(when=day(9), **SERIOUS)],
        PERSONS,
        review=True,
        cell="review.adverse-event",
    ),
    case(
        "D1-severe-event",
        [enrolled(), adverse_event(when=day(9), **SEVERE)],
        PERSONS,
        review=True,
        cell="review.adverse-event",
    ),
    case(
        "D1-mild-event",
        [enrolled(), adverse_event(when=day(9), severity=status("mild"))],
        PERSONS,
        review=True,
    ),
]


def test_row(row: Case, check: Callable[[Case], None]) -> None:
    check(row)


@pytest.mark.parametrize(
    ("name", "shown"), [("serious-event", True), ("severe-event", True), ("mild-event", False)]
)
def test_a_serious_or_severe_event_is_named(name: str, shown: bool, table: Screened) -> None:
    """It adds a note to the ones that every subject on study has."""
    always = set(table.verdicts["D1-nothing-serious", "D1"].notes)
    found = set(table.verdicts[f"D1-{name}", "D1"].notes)
    assert found >= always
    assert (found > always) is shown


def test_it_is_no_part_of_eligibility(table: Screened) -> None:
    """Nobody is undetermined, blocked or to be confirmed for it."""
    for subject in table.subjects.values():
        assert "D1" not in {*subject.blocked_by, *subject.missing, *subject.confirm}


SITE_FILE = case("D1-study-that-the-site-names", _refers("ResearchStudy/123"), PERSONS, cell="28.site")


def test_the_site_may_name_its_study(engine: Engine, tmp_path: Path) -> None:
    """`[studies]` in site.toml, for a server whose ResearchStudy carries no registry id."""
    site = tmp_path / "definitions" / "sites" / "with-a-study"
    site.mkdir(parents=True)
    (site / "site.toml").write_text(
        'title = "t"\ntime_zone = "Asia/Shanghai"\n\n[studies]\ntacrolimus-ra = ["ResearchStudy/123"]\n',
        encoding="utf-8",
    )
    folder = write_folder(tmp_path / "in", everything([SITE_FILE]))
    definitions = (tmp_path / "definitions",)
    answers = screened(engine, folder, tmp_path / "work", site=site.name, definitions=definitions)
    SITE_FILE.check(answers.verdicts.get((SITE_FILE.id, "D1")))
