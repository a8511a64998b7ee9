"""explain and validate of lines about answers, drugs and events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.definitions.records import write_inputs

CRITERIA = """
[[line]]
id = "A"
kind = "exclusion"
text = "a"
review_when_false = "chest imaging is not read"
[[line.part]]
rows = [
  { then = "true", all = [ANTIGEN, { gender = "male" }] },
  { then = "true", present = "our-other-disease", unless = "our-disease" },
  { then = "true", exposed = "our-steroids", within = "30 d" },
  { then = "true", event = "our-vaccine", within = "30 d" },
  { then = "true", event = "our-harm" },
  { then = "true", ISLAND },
]

[[line]]
id = "B"
kind = "exclusion"
text = "b"
built = false
"""
ANTIGEN = '{ latest = "our-antigen", is = ["positive"], after = ["our-disease"] }'
ISLAND = (
    'exposed_for = "our-painkillers", at_least = "90 d", gap = "30 d", ended_within = "180 d", '
    'score = "das28", variants = ["esr4"], after = "28 d", at_least_score = 2.6'
)
CODES = """source_system,source_code,source_display,target_system,target_code,equivalence,note
urn:lab,AG,抗原,http://loinc.org,5195-3,equivalent,
urn:drug,1,可的松醇片,http://www.whocc.no/atc,H02AB09,equivalent,
urn:drug,2,其他,http://www.whocc.no/atc,A01AA01,equivalent,
"""


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    folder = tmp_path / "ours"

    def write(relative: str, text: str) -> None:
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    write_inputs(write)
    write("answers.toml", 'positive = ["阳性"]\nnegative = ["阴性"]\nindeterminate = []\n')
    write(
        "trials/ours/trial.toml",
        'title = "Ours"\nregistry_id = "X"\nversion = "1"\ntime_zone = "Asia/Shanghai"\n',
    )
    write("trials/ours/criteria.toml", CRITERIA.replace("ANTIGEN", ANTIGEN).replace("ISLAND", ISLAND))
    write("sites/ours/site.toml", 'title = "Ours"\n[studies]\nours = ["ResearchStudy/1"]\n')
    write("sites/ours/codes.csv", CODES)
    return folder


@pytest.fixture
def inputs(run: Any, ours: Path) -> dict[str, Any]:
    ran = run("explain", "ours", "A", "--definitions", ours, "--site", "ours", "--json")
    assert (ran.code, ran.stderr) == (0, "")
    return {source["id"]: source for source in ran.document["inputs"]}


def test_explain_names_every_input_that_a_row_compares_with(inputs: dict[str, Any]) -> None:
    assert [name for name in inputs if name.startswith("our-")] == [
        "our-antigen",
        "our-disease",
        "our-other-disease",
        "our-steroids",
        "our-vaccine",
        "our-harm",
        "our-painkillers",
    ]
    # The score that must be found during an exposure is read as well.
    assert {"das28", "esr", "patient-global"} <= inputs.keys()


def test_explain_says_what_answers_are_called(inputs: dict[str, Any]) -> None:
    source = inputs["our-antigen"]
    assert source["kind"] == "answer"
    assert source["answers"]["positive"] == ["loinc|LA6576-8", "大三阳", "阳性"]
    assert source["answers"]["negative"] == ["阴性"]
    assert [code["code"] for code in source["local_codes"]] == ["AG"]


def test_explain_lists_drugs_with_their_codes_and_files(inputs: dict[str, Any], ours: Path) -> None:
    source = inputs["our-steroids"]
    assert (source["kind"], source["value_set_file"], source["codes"]) == ("exposure", None, [])
    assert [Path(file).name for file in source["drug_files"]] == ["our-steroids.csv", "zzz-more.csv"]
    cortisol, cortisone = source["drugs"]
    assert (cortisol["id"], cortisol["equivalent"]) == ("our-cortisol", "1")
    assert (cortisone["id"], cortisone["equivalent"]) == ("our-cortisone", "1.25")
    assert [code["code"] for code in cortisol["codes"]] == [
        "H02AB09…",
        "cortiso… without cortisone, cortisol cream",
        "H02AB",
    ]
    assert [code["code"] for code in source["local_codes"]] == ["1"]


def test_explain_of_events_says_where_they_are_recorded(inputs: dict[str, Any]) -> None:
    assert inputs["our-vaccine"]["types"] == ["Immunization"]
    assert [code["code"] for code in inputs["our-vaccine"]["codes"]] == ["03", "J07BD…"]
    assert (inputs["our-harm"]["value_set_file"], inputs["our-harm"]["drugs"]) == (None, [])


def test_explain_reads_like_a_rule(run: Any, ours: Path) -> None:
    text = " ".join(run("explain", "ours", "A", "--definitions", ours, "--site", "ours").stdout.split())
    assert (
        "TRUE if the latest our antigen is positive and is newer than every date of a diagnosis of our disease, and "
        "the recorded gender is male" in text
    )
    assert "to confirm if the line is FALSE: “chest imaging is not read”" in text
    assert "our-cortisone (our-cortisone): 1 mg counts as 1.25 mg" in text
    assert "positive: loinc|LA6576-8, 大三阳, 阳性" in text
    assert "of Immunization" in text
    assert "ours: urn:drug|1 可的松醇片" in text


def test_explain_of_a_line_that_is_not_built_says_so(run: Any, ours: Path) -> None:
    assert "Not built yet" in run("explain", "ours", "B", "--definitions", ours).stdout


def test_validate_counts_the_kinds(run: Any, ours: Path) -> None:
    ran = run("validate", "--definitions", ours, "--site", "ours", "--trial", "ours", "--json")
    assert (ran.code, ran.document["problems"]) == (0, [])
    holds = {row["kind"]: row["holds"] for row in ran.document["checked"]}
    for kind in (" answer", " condition", " event", " exposure", " quantity", " score", " drugs"):
        assert kind in holds["shared"]
    assert holds["site"] == "3 local codes, 0 local units, the trial's time zone, 1 study"
