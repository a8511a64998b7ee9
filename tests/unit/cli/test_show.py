"""One patient, explained."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from fhir_adapter.cli.evidence import quoted_values, status_as_sent, value_as_sent
from fhir_adapter.model.truth import Reason
from fhir_adapter.report.reasons import SENTENCES

OBSERVATION = "Observation/o1/_history/2"


def test_every_reason_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Reason)


@pytest.mark.parametrize("patient", ["p1", "Patient/p1"])
def test_show_says_why_in_plain_words(run: Any, out: Path, patient: str) -> None:
    ran = run("show", patient, "--out", out)
    text = " ".join(ran.stdout.split())
    assert (ran.code, ran.stderr) == (0, "")
    assert "Patient/p1: UNDETERMINED" in text
    assert "Platelet counts(PLT) <80 x 10^9 / L" in text
    assert "A result is there, but its unit is not on the list: map it in units.csv." in text
    assert f"evidence {OBSERVATION}" in text
    assert "value 4.13" in text
    assert "holds until 2026-07-19" in text
    assert "insufficient data: Condition: Condition.000.ndjson is cut short" in text
    assert "卡门单位" not in text


def test_show_why_quotes_numbers_as_they_were_sent(run: Any, out: Path) -> None:
    ran = run("show", "p1", "--out", out, "--why")
    assert "valueQuantity 76.50 卡门单位" in ran.stdout
    assert "birthDate 1971-11-28" in ran.stdout
    assert "王秘密" not in ran.stdout
    # What runs beside the results may end in a log.
    assert "76.50" not in ran.stderr


def test_show_why_lists_what_was_not_used_under_its_line(run: Any, out: Path) -> None:
    document = run("show", "p1", "--out", out, "--why", "--json").document
    unused = {line["criterion"]: line["not_used"] for line in document["lines"]}
    told = [(fact["input"], fact["when"], fact["value"], fact["in_words"]) for fact in unused["E2"]]
    assert told == [
        ("platelets", "2026-06-20", "76.50 卡门单位", "its unit is not on the list: map it in units.csv"),
        ("wbc", "2026-06-19", "2.10 10*9/L", "it was cancelled"),
    ]
    assert unused["I2"] == unused["I4"] == []
    (refuted,) = document["read_by_no_line"]
    assert (refuted["evidence"], refuted["in_words"]) == ("Condition/c1", "it was refuted")
    text = " ".join(run("show", "p1", "--out", out, "--why").stdout.split())
    assert "seen but not used platelets, 2026-06-20, “血小板计数” 76.50 卡门单位" in text
    assert "“白细胞计数” 2.10 10*9/L (Observation/o2): it was cancelled" in text
    assert "Read by no line" in text


def test_show_why_says_that_the_input_has_changed(run: Any, out: Path) -> None:
    assert "input has changed" not in run("show", "p1", "--out", out).stdout
    assert "The input has changed since this run" in run("show", "p1", "--out", out, "--why").stdout
    assert run("show", "p1", "--out", out, "--why", "--json").document["input_changed"] is True


def test_show_why_of_a_run_whose_input_is_the_same_says_nothing_of_a_change(
    run: Any, out: Path, tmp_path: Path
) -> None:
    asked = ("--trial", "tacrolimus-ra", "--site", "example-hospital", "--as-of", "2026-06-30")
    assert run("screen", "--input", tmp_path / "in", *asked, "--out", tmp_path / "again").code == 0
    ran = run("show", "p1", "--out", tmp_path / "again", "--why")
    assert "changed" not in ran.stdout
    # Every line stands in a real folder, and so what is said of it: nothing is left over.
    assert "Read by no line" not in ran.stdout
    assert "(Condition/c1): it was refuted" in " ".join(ran.stdout.split())
    file = tmp_path / "again" / "verdicts.ndjson"
    text = file.read_text(encoding="utf-8").replace(
        '"criterion":"I2","truth":"true"', '"criterion":"I2","truth":"false"'
    )
    file.write_text(text, encoding="utf-8")
    changed = run("show", "p1", "--out", tmp_path / "again", "--why", "--json").document
    assert (changed["input_changed"], changed["answers_changed"]) == (False, True)


def test_show_why_of_a_patient_without_leftovers_says_so(run: Any, out: Path) -> None:
    (out.parent / "in" / "Patient.000.ndjson").write_text(
        '{"resourceType":"Patient","id":"p3"}\n', encoding="utf-8"
    )
    assert "Nothing was seen that could not be used." in run("show", "p3", "--out", out, "--why").stdout


def test_show_raw_gives_the_landed_line(run: Any, out: Path) -> None:
    text = run("show", "p1", "--out", out, "--raw").stdout
    assert '"valueQuantity":{"value":76.50,"unit":"卡门单位"}' in text


def test_show_when_the_input_has_gone_says_so(run: Any, out: Path) -> None:
    shutil.rmtree(out.parent / "in")
    ran = run("show", "p1", "--out", out, "--why")
    assert ran.code == 0
    assert "no longer where it was" in ran.stderr
    assert OBSERVATION in ran.stdout
    document = run("show", "p1", "--out", out, "--why", "--json").document
    assert (document["input_changed"], document["read_by_no_line"]) == (None, None)
    assert [line["not_used"] for line in document["lines"]] == [None] * 4


def test_show_json_has_one_entry_per_line(run: Any, out: Path) -> None:
    document = run("show", "p1", "--out", out, "--why", "--json").document
    lines = {line["criterion"]: line for line in document["lines"]}
    assert list(lines) == ["I2", "I3", "I4", "E2"]
    assert lines["E2"]["kind"] == "exclusion"
    assert "status final" in lines["E2"]["quotes"][OBSERVATION]
    assert [score["effective"] for score in document["scores"]] == ["2026-06-20", "2026-06-20", "2026-03-01"]


def test_show_unknown_patient_is_a_clear_error(run: Any, out: Path) -> None:
    ran = run("show", "p999", "--out", out)
    assert (ran.code, ran.stdout) == (2, "")
    assert "fhir-adapter list" in ran.stderr


def test_show_without_the_definitions_of_the_run_leaves_the_words_out(run: Any, out: Path) -> None:
    found = json.loads((out / "run.json").read_text(encoding="utf-8"))
    (out / "run.json").write_text(json.dumps({**found, "trial": "gone"}), encoding="utf-8")
    ran = run("show", "p1", "--out", out)
    assert ran.code == 0
    assert "can no longer be read" in ran.stderr
    assert "UNIT_NOT_CONVERTIBLE" in ran.stdout
    explained = run("show", "p1", "--out", out, "--why")
    assert explained.code == 0
    assert "none is quoted" in explained.stderr


def test_show_does_not_let_a_record_drive_the_terminal(run: Any, out: Path) -> None:
    file = out.parent / "in" / "Observation.000.ndjson"
    file.write_text(
        file.read_text(encoding="utf-8").replace("卡门单位", "\\u001b[2J[bold]\\u202e"), encoding="utf-8"
    )
    text = run("show", "p1", "--out", out, "--why").stdout
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[bold]" in text


def test_quoted_values_of_components_and_ranges() -> None:
    resource = {
        "status": "final",
        "code": {"text": "panel"},
        "component": [
            {
                "code": {"coding": [{"system": "s", "code": "c"}]},
                "valueQuantity": {"value": 5, "comparator": "<", "unit": "mg/L", "code": "mg/L"},
                "referenceRange": [{"high": {"value": 10, "unit": "mg/L"}, "text": "0-10"}],
            }
        ],
    }
    assert quoted_values(json.dumps(resource)) == (
        "status final",
        "code “panel”",
        "component[0].code s|c",
        "component[0].valueQuantity < 5 mg/L",
        "component[0].referenceRange “0-10”, high 10 mg/L",
    )


def test_value_and_status_as_sent() -> None:
    component = {"valueInteger": 3, "code": {"text": "x"}}
    raw = json.dumps({"status": "final", "valueString": "<0.50", "component": [component]})
    assert (value_as_sent(raw, ""), value_as_sent(raw, "component[0]")) == ("<0.50", "3")
    assert value_as_sent("{}", "") is None
    assert status_as_sent(raw) == "final"
    verified = {"coding": [{"display": "x"}, {"code": "entered-in-error"}]}
    assert status_as_sent(json.dumps({"verificationStatus": verified})) == "entered-in-error"
    assert status_as_sent('{"verificationStatus":{"text":"x"},"status":7}') == "7"
    assert status_as_sent('{"status":[]}') == ""
