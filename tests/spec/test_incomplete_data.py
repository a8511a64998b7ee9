"""What is missing from the input makes nobody eligible: whole types, broken lines, types a server never had."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fhir_adapter.engines.base import Engine
from fhir_adapter.landing import Landing
from tests.resources import condition, creatinine, day, enzyme, icd, platelets, upper_limit, visit, wbc
from tests.screened import Resource, Screened, as_line, raw_number, screened, write_folder
from tests.spec.cases import Case, case, everything

LABORATORY = [
    platelets(200),
    wbc(6),
    enzyme("alt", 20, upper_limit(40)),
    enzyme("ast", 20, upper_limit(40)),
    creatinine(90),
    *visit(tender=9, swollen=9, esr=44, ptga=60),
]
RA, OTHER = condition(icd("M05.9")), condition(icd("I10"))
# of one type alone: what the record says with everything there, and what may be said without that type
WITH_RA = case("I1-with-ra", [RA, *LABORATORY], "true")
WITHOUT_RA = case("I1-without-ra", [OTHER, *LABORATORY], "false")
CASES = [WITH_RA, WITHOUT_RA]
MEASURED = ("I4", "E2", "E3", "E4")

Ask = Callable[..., Screened]


@pytest.fixture
def ask(engine: Engine, tmp_path: Path) -> Ask:
    """Screens the two records, or lines given as text."""

    def screen(
        types: tuple[str, ...] = ("Patient", "Observation", "Condition"),
        change: Callable[[Landing], None] = lambda _: None,
        more: dict[str, str] | None = None,
        resources: list[Resource] | None = None,
    ) -> Screened:
        given = everything(CASES) if resources is None else resources
        folder = write_folder(tmp_path / "in", [r for r in given if r["resourceType"] in types], types)
        for name, text in (more or {}).items():
            with (folder / f"{name}.000.ndjson").open("a", encoding="utf-8", newline="\n") as file:
                file.write(text)
        return screened(engine, folder, tmp_path / "work", change=change)

    return screen


def _said(answers: Screened, one: Case) -> dict[str, str]:
    lines = ("I1", "I2", *MEASURED)
    return {line: str(v.reason or v.truth) for line in lines for v in (answers.verdicts[one.id, line],)}


def test_everything_there(ask: Ask) -> None:
    answers = ask()
    said = {"I1": "true", "I2": "true", "I4": "true", "E2": "false", "E3": "false", "E4": "false"}
    assert _said(answers, WITH_RA) == said
    assert _said(answers, WITHOUT_RA) == said | {"I1": "false"}


def test_conditions_not_pulled(ask: Ask) -> None:
    """§4.3 rule 6: silence in what was not pulled says nothing."""
    answers = ask(types=("Patient", "Observation"))
    assert _said(answers, WITH_RA)["I1"] == _said(answers, WITHOUT_RA)["I1"] == "INCOMPLETE_DATA"


def test_observations_not_pulled(ask: Ask) -> None:
    """§4.3 rule 6"""
    answers = ask(types=("Patient", "Condition"))
    for one in CASES:
        assert {_said(answers, one)[line] for line in MEASURED} == {"INCOMPLETE_DATA"}
    assert _said(answers, WITH_RA)["I1"] == "true"


@pytest.mark.parametrize("kind", ["Condition", "Observation"])
def test_a_failed_pull_is_incomplete_but_for_positive_evidence(ask: Ask, kind: str) -> None:
    answers = ask(change=lambda landing: landing.blame(kind, "the export reports an error"))
    assert _said(answers, WITH_RA)["I1"] == "true"
    assert _said(answers, WITHOUT_RA)["I1"] == ("INCOMPLETE_DATA" if kind == "Condition" else "false")
    for line in MEASURED:
        assert (_said(answers, WITH_RA)[line] == "INCOMPLETE_DATA") is (kind == "Observation")


# Of elements that the views read: what no view reads is not looked at (docs/decisions/006).
BROKEN = {
    "duplicate-key": '"subject":{"reference":"Patient/{me}"},"subject":{"reference":"Patient/{me}"}',
    "lone-surrogate": r'"subject":{"reference":"Patient/{me}"},"code":{"text":"\ud800"}',
    "cut-off": '"subject":{"reference":"Patient/{me}"},"code":{"text":"',
    "wrong-shape": '"subject":{"reference":"Patient/{me}"},"code":[]',
    "no-id": '"subject":{"reference":"Patient/{me}"},"id":""',
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("kind", ["Observation", "Condition"])
def test_a_bad_line_of_one_patient(ask: Ask, kind: str, name: str) -> None:
    """§4.3 rule 7: it makes that patient's data of the type incomplete, and nobody else's."""
    broken = BROKEN[name].replace("{me}", WITHOUT_RA.id)
    id_ = '"id":"x",' if name != "no-id" else ""
    answers = ask(more={kind: f'{{"resourceType":"{kind}",{id_}{broken}}}\n'})
    assert _said(answers, WITH_RA) == {
        "I1": "true",
        "I2": "true",
        "I4": "true",
        "E2": "false",
        "E3": "false",
        "E4": "false",
    }
    said = _said(answers, WITHOUT_RA)
    lines = MEASURED if kind == "Observation" else ("I1",)
    assert {said[line] for line in lines} == {"INCOMPLETE_DATA"}
    assert "INCOMPLETE_DATA" not in {said[line] for line in said if line not in lines}


@pytest.mark.parametrize(
    "line",
    [
        '{"resourceType":"Condition","id":"x"\n',
        f'{{"resourceType":"Condition","id":"x","subject":{{"reference":"Patient/{WITH_RA.id}"}},"asserter":{{"reference":"Patient/{WITHOUT_RA.id}"}}\n',
        '{"resourceType":"Condition","id":"x","subject":{"reference":"http://elsewhere.example/Patient/1"}\n',
    ],
    ids=["no-patient", "two-patients", "another-servers"],
)
def test_a_bad_line_of_nobody_in_particular(ask: Ask, line: str) -> None:
    """§4.3 rule 7: then the type is incomplete for everybody."""
    answers = ask(more={"Condition": line})
    assert _said(answers, WITHOUT_RA)["I1"] == "INCOMPLETE_DATA"
    assert _said(answers, WITH_RA)["I1"] == "true"


def test_only_a_line_feed_ends_a_line(ask: Ask) -> None:
    """§4.3 rule 7: the Unicode line separator inside a text is no end."""
    resources = everything(CASES)
    resources[-1]["note"] = [{"text": "first\u2028second\u0085third"}]
    assert _said(ask(resources=resources), WITHOUT_RA)["I1"] == "false"


def test_a_bad_line_of_a_replaced_patient_is_the_survivors(ask: Ask) -> None:
    old: Resource = {
        "resourceType": "Patient",
        "id": "old",
        "link": [{"other": {"reference": f"Patient/{WITHOUT_RA.id}"}, "type": "replaced-by"}],
    }
    bad = '{"resourceType":"Condition","id":"x","subject":{"reference":"Patient/old"}\n'
    answers = ask(resources=[*everything(CASES), old], more={"Condition": bad})
    assert _said(answers, WITHOUT_RA)["I1"] == "INCOMPLETE_DATA"


def test_a_type_the_server_never_held_counts_as_pulled_and_empty(engine: Engine, tmp_path: Path) -> None:
    """`absent_types` in site.toml: silence is still no answer, but it is not INCOMPLETE_DATA."""
    site = tmp_path / "definitions" / "sites" / "no-conditions"
    site.mkdir(parents=True)
    (site / "site.toml").write_text(
        'title = "t"\ntime_zone = "Asia/Shanghai"\nabsent_types = ["Condition"]\n', encoding="utf-8"
    )
    given = [r for r in everything(CASES) if r["resourceType"] != "Condition"]
    folder = write_folder(tmp_path / "in", given, ("Patient", "Observation"))
    answers = screened(
        engine, folder, tmp_path / "work", site="no-conditions", definitions=(tmp_path / "definitions",)
    )
    assert _said(answers, WITHOUT_RA)["I1"] == "NO_RECORD"


def test_an_unlinked_resource_leaves_its_type_complete(ask: Ask) -> None:
    """§4.3 rule 5: it is counted and listed."""
    stray = {**condition(icd("I10"), day(3)), "id": "stray", "subject": {"reference": "Patient/nobody"}}
    answers = ask(more={"Condition": as_line(stray) + "\n"})
    assert _said(answers, WITHOUT_RA)["I1"] == "false"
    assert answers.screening.counts["Condition"]["unlinked"] == 1


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "80.", "+80", "080"])
def test_what_is_no_json_number_is_never_a_value(ask: Ask, number: str) -> None:
    """§4.3 rule 7: neither low nor fine, and never passed over for the older count that is fine."""
    newest = {
        **platelets(raw_number(number), when=day(1)),
        "id": "x",
        "subject": {"reference": f"Patient/{WITH_RA.id}"},
    }
    answers = ask(more={"Observation": as_line(newest) + "\n"})
    assert _said(answers, WITH_RA)["E2"] in ("UNREADABLE_VALUE", "INCOMPLETE_DATA")
