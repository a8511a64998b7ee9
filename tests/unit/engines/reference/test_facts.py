"""docs/semantics.md §1, §3: facts, odd JSON, what could not be placed, and the count of every line."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from fhir_adapter.engines.reference.elements import leaf, leaf_text, number, parse
from fhir_adapter.errors import EngineError
from fhir_adapter.landing import LandedFile, TypePull
from fhir_adapter.model.criteria import Part


def screen(clinic: Any, *resources: dict[str, Any], **more: Any) -> Any:
    rows = (
        clinic.row("true", clinic.when("latest", "platelets", 28, below=80)),
        clinic.row("true", clinic.when("present", "ra")),
    )
    return clinic.screen([clinic.line(Part(rows))], [clinic.patient(), *resources], **more)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"a"', "a"),
        ("5", "5"),
        ("5.10", "5.1"),
        ("1e2", "100.0"),
        ("true", "true"),
        ("null", None),
        ('{"a": [1, 2.50, "ä"]}', '{"a":[1,2.5,"ä"]}'),
    ],
)
def test_leaf_text(text: str, expected: str | None) -> None:
    assert leaf_text(parse(text)) == expected


def test_a_number_keeps_its_spelling() -> None:
    node = parse('{"low": {"value": 5.10}}')
    assert (number(node, "low", "value"), leaf(node, "low", "value")) == ("5.10", "5.1")


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"effectiveDateTime": "2026-06-20T08:00:00Z"}, ("2026-06-20T08", ())),
        ({"effectiveInstant": "2026-06-20T08:00:00Z"}, ("2026-06-20T08", ())),
        (
            {"effectivePeriod": {"start": "2026-06-01T00:00:00Z", "end": "2026-06-20T08:00:00Z"}},
            ("2026-06-20T08", ()),
        ),
        ({"effectivePeriod": {"start": "2026-06-20T08:00:00Z"}}, ("2026-06-20T08", ())),
        ({"effectiveDateTime": "2026-06-20T16:00:00"}, ("2026-06-20T08", ("no-zone",))),
        ({"issued": "2026-06-20T08:00:00Z"}, ("..2026-06-20T08", ("no-effective",))),
        (
            {"effectiveDateTime": "?", "issued": "2026-06-20T08:00:00Z"},
            ("..2026-06-20T08", ("no-effective",)),
        ),
        ({"effectiveDateTime": {"a": 1}}, ("..", ("no-effective",))),
        ({}, ("..", ("no-effective",))),
    ],
)
def test_time_of_a_result(clinic: Any, times: dict[str, Any], expected: tuple[str, tuple[str, ...]]) -> None:
    instant = 1_781_942_400_000_000  # 2026-06-20T08:00:00Z
    bounds = {"2026-06-20T08": (instant, instant), "..2026-06-20T08": (None, instant), "..": (None, None)}
    (fact,) = screen(clinic, clinic.platelets(70, None, **times)).facts
    assert ((fact.start_low, fact.start_high), fact.flags) == (bounds[expected[0]], expected[1])


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({}, None),
        ({"status": "amended"}, None),
        ({"status": "registered"}, "NOT_A_RESULT"),
        ({"status": "unknown"}, "NO_STATUS"),
        ({"status": 5}, "NO_STATUS"),
        ({"valueQuantity": None}, "NOT_A_RESULT"),
        ({"valueQuantity": None, "status": "preliminary"}, "NOT_A_RESULT"),
        ({"valueQuantity": None, "valueCodeableConcept": {"text": "low"}}, "UNREADABLE_VALUE"),
        ({"valueQuantity": {"value": "70", "unit": "10*9/L"}}, None),
        ({"valueQuantity": {"value": [70], "unit": "10*9/L"}}, "UNREADABLE_VALUE"),
        ({"valueQuantity": {"value": True, "unit": "10*9/L"}}, "UNREADABLE_VALUE"),
        ({"valueQuantity": {"value": 70, "unit": 7}}, "UNIT_NOT_CONVERTIBLE"),
        ({"valueQuantity": {"value": 70, "unit": None}}, "UNIT_NOT_CONVERTIBLE"),
        ({"valueQuantity": None, "valueString": "70 10*9/L"}, None),
        ({"valueQuantity": None, "valueString": 70}, "UNIT_NOT_CONVERTIBLE"),
        ({"component": "none", "note": {"text": "x"}, "meta": [], "referenceRange": 4}, None),
    ],
)
def test_problem_of_a_fact(clinic: Any, more: dict[str, Any], problem: str | None) -> None:
    (fact,) = screen(clinic, clinic.platelets(70, **more)).facts
    assert fact.problem == problem
    if problem is None:
        assert (fact.low, fact.high, fact.unit) == (70.0, 70.0, "10*9/L")


def test_text_of_a_fact(clinic: Any) -> None:
    coding = {"system": "http://loinc.org", "code": "777-3", "display": "PLT"}
    lab = clinic.platelets(
        70, code={"coding": [coding]}, meta={"versionId": "2"}, note=[{"text": "EDTA 聚集"}]
    )
    (fact,) = screen(clinic, lab).facts
    assert (fact.code, fact.text) == ("http://loinc.org|777-3", "PLT")
    assert (fact.evidence, fact.source_type, fact.kind) == (
        f"Observation/{lab['id']}/_history/2",
        "Observation",
        "quantity",
    )
    assert fact.flags == ("clumping",)


def test_only_needed_inputs_give_facts(clinic: Any) -> None:
    result = screen(clinic, clinic.lab("1742-6", 30))
    assert result.facts == []
    assert result.counts["Observation"] == {
        "seen": 1,
        "used": 0,
        "superseded": 0,
        "unlinked": 0,
        "replaced": 0,
        "not_needed": 1,
    }


def test_a_condition_is_a_fact_of_its_set_and_of_every_condition(clinic: Any) -> None:
    condition = clinic.diagnosis(onsetDateTime="2020", clinicalStatus=None, abatementDateTime="2021-01-01")
    facts = screen(clinic, condition, clinic.diagnosis("Z00.0")).facts
    assert [(f.input, f.activity, f.certainty, f.problem) for f in facts] == [
        ("condition", "resolved", "confirmed", None),
        ("condition", "active", "confirmed", None),
        ("ra", "resolved", "confirmed", None),
    ]
    assert facts[2].start_low is not None
    assert facts[2].end_low is not None


def test_unmapped_report(clinic: Any) -> None:
    local = {"coding": [{"system": "urn:lab", "code": "X1"}], "text": "尿酸"}
    result = screen(
        clinic,
        *(clinic.platelets(1, code=local) for _ in range(3)),
        clinic.platelets(1, code={"text": "血小板"}),
        *(clinic.platelets({"valueQuantity": {"value": 1, "unit": "个"}}) for _ in range(2)),
        clinic.diagnosis(code={"text": "不明"}),
    )
    assert [(r.kind, r.system, r.code, r.text, r.count, r.names) for r in result.unmapped] == [
        ("unit", "", "个", "", 2, "platelets"),
        ("code", "", "", "血小板", 1, "platelets"),
        ("code", "urn:lab", "X1", "尿酸", 3, ""),
        ("condition", "", "", "不明", 1, ""),
    ]


def test_other_types_are_counted(clinic: Any) -> None:
    result = screen(clinic, {"resourceType": "Encounter", "id": "e"}, clinic.diagnosis())
    assert result.counts["Encounter"]["not_needed"] == result.counts["Encounter"]["seen"] == 1
    assert result.counts["Condition"]["used"] == 1


def test_gzip_and_blank_lines(clinic: Any, tmp_path: Any) -> None:
    path = tmp_path / "Observation.ndjson.gz"
    path.write_bytes(gzip.compress(b"\n" + json.dumps(clinic.platelets(70)).encode() + b"\r\n\n"))

    def change(landing: Any) -> None:
        landing.types["Observation"] = TypePull("Observation", (LandedFile(path, "Observation", "x"),))

    result = screen(clinic, change=change)
    assert (result.verdicts[0].truth, result.counts["Observation"]["seen"]) == ("true", 1)


def test_a_landing_that_was_not_cleaned_is_refused(clinic: Any, tmp_path: Any) -> None:
    path = tmp_path / "Observation.bad.ndjson"
    path.write_text('{"resourceType": "Observation", "id": "secret"\n')

    def change(landing: Any) -> None:
        landing.types["Observation"] = TypePull("Observation", (LandedFile(path, "Observation", "bad"),))

    with pytest.raises(EngineError, match="bad, line 1") as caught:
        screen(clinic, change=change)
    assert "secret" not in str(caught.value)
