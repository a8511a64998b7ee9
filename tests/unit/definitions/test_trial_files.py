"""A trial is read from its two files, and every mistake in them is named by file and key."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import fhir_adapter.definitions
from fhir_adapter.definitions import SearchPath, list_trials, load_definitions, load_trial
from fhir_adapter.errors import DefinitionError
from fhir_adapter.model.criteria import Comparison, Condition, LineKind, Part, ReviewRow, Row, Silence, Verb
from fhir_adapter.model.truth import Reason, Truth

Write = Callable[[str, str], None]
Complaints = Callable[..., list[str]]

TRIAL = 'title = "Gout"\nregistry_id = "X1"\nversion = "1"\ntime_zone = "Asia/Shanghai"\n'
LINE = '[[line]]\nid = "A"\nkind = "exclusion"\ntext = "a"\n'
GOOD_ROW = '{ then = "true", latest = "platelets", below = 80 }'


def part(*rows: str, review: str = "") -> str:
    return "[[line.part]]\nrows = [\n" + ",\n".join(rows) + f"\n]\nreview = [{review}]\n"


@pytest.fixture
def criteria(write: Write) -> Callable[[str], None]:
    write("trials/ours/trial.toml", TRIAL)
    return lambda text: write("trials/ours/criteria.toml", text)


def test_trial_unrelated_to_rheumatoid_arthritis_loads_from_files_alone(write: Write, folder: Path) -> None:
    write(
        "valuesets/uric-acid.csv",
        "system,match,value,to,exclude,display,confidence,source\nloinc,code,3084-1,,,尿酸,unchecked,memory\n",
    )
    write(
        "valuesets/gout.csv",
        "system,match,value,to,exclude,display,confidence,source\nicd-10,prefix,M10,,,痛风,unchecked,memory\n",
    )
    write(
        "inputs/uric-acid.toml",
        'kind = "quantity"\ntitle = "Uric acid"\nvalue_set = "uric-acid"\n'
        'unit = "umol/L"\nunits = { "umol/L" = "1" }\n',
    )
    write("inputs/gout.toml", 'kind = "condition"\ntitle = "Gout"\nvalue_set = "gout"\n')
    write("trials/gout/trial.toml", TRIAL)
    write(
        "trials/gout/criteria.toml",
        """
[[line]]
id = "I1"
kind = "inclusion"
text = "Gout"
[[line.part]]
rows = [{ then = "true", present = "gout", activity = "active" }]

[[line]]
id = "E1"
kind = "exclusion"
text = "Uric acid 400 to 500"
combine = "all"
review_always = "look"
  [[line.part]]
  title = "uric acid"
  rows = [
    { then = "true", latest = "uric-acid", within = "30 d", between = [400, 500] },
    { then = "unknown", reason = "NEEDS_JUDGEMENT", absent = "gout", silence = "unknown" },
  ]
  review = [{ note = "near 400", latest = "uric-acid", near = 400, by = "2.5 %" }]
""",
    )
    search = SearchPath([folder])
    trial = load_trial(search, "gout", load_definitions(search))
    assert list_trials(search) == ("gout", "tacrolimus-ra")
    assert (trial.id, trial.title, trial.time_zone) == ("gout", "Gout", "Asia/Shanghai")
    assert trial.inputs() == ("gout", "uric-acid")
    first, second = trial.lines
    assert first.parts[0].rows[0].when == Condition(Verb.PRESENT, "gout", activity="active")
    assert (second.kind, second.combine, second.review_always) == (LineKind.EXCLUSION, "all", "look")
    closed = (Comparison("at_least", 400.0), Comparison("at_most", 500.0))
    absent = Condition(Verb.ABSENT, "gout", silence=Silence.UNKNOWN)
    near = Condition(Verb.LATEST, "uric-acid", near=400.0, near_by_fraction=0.025)
    assert second.parts == (
        Part(
            rows=(
                Row(Truth.TRUE, Condition(Verb.LATEST, "uric-acid", within_days=30, comparisons=closed)),
                Row(Truth.UNKNOWN, absent, Reason.NEEDS_JUDGEMENT),
            ),
            review=(ReviewRow(near, "near 400"),),
            title="uric acid",
        ),
    )


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (
            '{ then = "true", latest = "hemoglobin", below = 80 }',
            "latest: expected a quantity or answer input, one of ",
        ),
        (
            '{ then = "true", latest = "das28", below = 3 }',
            "latest: expected a quantity or answer input, one of ",
        ),
        ('{ then = "true", present = "platelets" }', "present: expected a condition input, one of "),
        ('{ then = "false", absent = "das28", silence = "false" }', "absent: expected a condition input, "),
        (
            '{ then = "true", score = "esr", variants = ["esr4"], at_least = 3 }',
            "score: expected a score input, one of das28; found esr, which is of another kind",
        ),
        ('{ then = "true", score = "das28", at_least = 3 }', "variants: missing: score needs it"),
        (
            '{ then = "true", below = 80 }',
            "expected exactly one verb, one of absent, age, all, any, ",
        ),
        ('{ then = "true", latest = "wbc", age = "years", below = 1 }', "expected exactly one verb"),
        ('{ then = "true", latest = "wbc" }', "expected a comparator for latest, one of above"),
        ('{ then = "true", age = "years" }', "expected a comparator for age"),
        ('{ then = "true", age = "months", below = 1 }', 'age: expected "years"'),
        ('{ then = "false", absent = "rheumatoid-arthritis" }', "silence: missing: absent needs it"),
        (
            '{ then = "false", absent = "rheumatoid-arthritis", silence = "no" }',
            "silence: expected one of false",
        ),
        (
            '{ then = "true", present = "rheumatoid-arthritis", silence = "false" }',
            "silence: unknown key of present",
        ),
        ('{ then = "true", present = "rheumatoid-arthritis", below = 1 }', "below: unknown key of present"),
        (
            '{ then = "true", latest = "wbc", below = 3, activity = "active" }',
            "activity: unknown key of latest",
        ),
        (
            '{ then = "true", latest = "wbc", below = 3, near = 3, by = "5 %" }',
            "near: unknown key, expected one of above",
        ),
        ('{ then = "true", latest = "wbc", belw = 3 }', "belw: unknown key, expected one of above"),
        ('{ then = "yes", latest = "wbc", below = 3 }', "then: expected one of false, true, unknown"),
        ('{ latest = "wbc", below = 3 }', "then: missing, expected one of false, true, unknown"),
        ('{ then = "unknown", latest = "wbc", below = 3 }', 'reason: missing: then = "unknown" needs one'),
        (
            '{ then = "true", reason = "NO_RECORD", latest = "wbc", below = 3 }',
            "reason: expected only with then",
        ),
        ('{ then = "unknown", reason = "BECAUSE", latest = "wbc", below = 3 }', "reason: expected one of "),
        (
            '{ then = "true", latest = "wbc", within = "28d", below = 3 }',
            'within: expected a window such as "28 d"',
        ),
        (
            '{ then = "true", latest = "wbc", within = 28, below = 3 }',
            'within: expected a window such as "28 d"',
        ),
        ('{ then = "true", latest = "wbc", below = "3" }', "below: expected a number"),
        ('{ then = "true", latest = "wbc", below = nan }', "below: expected a finite number"),
        ('{ then = "true", latest = "wbc", between = [3, inf] }', "between: expected a finite number"),
        ('{ then = "true", latest = "wbc", between = [3] }', "between: expected two numbers"),
        ('{ then = "true", latest = "wbc", between = [4, 3] }', "between: expected two numbers"),
        (
            '{ then = "true", latest = "wbc", above = 2, uln = true }',
            "uln: expected an input with reference_range",
        ),
        ('{ then = "true", latest = "alt", above = 2, uln = 1.5 }', "uln: expected true"),
        ('"wbc"', "expected a row"),
    ],
)
def test_row_mistake_is_named(
    criteria: Callable[[str], None], complaints: Complaints, row: str, line: str
) -> None:
    criteria(LINE + part(GOOD_ROW, row))
    found = [one.partition("line[0].part[0].rows[1]")[2].lstrip(".: ") for one in complaints(trial="ours")]
    assert any(one.startswith(line) for one in found), complaints(trial="ours")


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ('{ latest = "wbc", below = 3 }', "note: missing, expected what the reviewer reads"),
        ('{ note = "x", latest = "wbc" }', "expected a comparator for latest, one of above, at_least"),
        (
            '{ note = "x", latest = "wbc", near = 3 }',
            "near: expected near together with either by or closer_than",
        ),
        ('{ note = "x", latest = "wbc", below = 3, by = "5 %" }', "near: expected near together with"),
        ('{ note = "x", latest = "wbc", near = 3, by = 5 }', 'by: expected a share such as "5 %"'),
        ('{ note = "x", latest = "wbc", flag = "clumping" }', "flag: expected one of conflicting"),
        (
            '{ note = "x", latest = "alt", flag = "no-zone", uln = true }',
            "uln: expected only beside a comparator",
        ),
        ('{ note = "x", latest = "wbc", three_variables = true }', "three_variables: unknown key of latest"),
        ('{ note = "x", then = "true", latest = "wbc", below = 3 }', "then: unknown key"),
        (
            '{ note = "x", score = "das28", variants = ["esr4"], variant_in = ["esr5"] }',
            "variant_in[0]: expected one of crp3, crp4, esr3, esr4",
        ),
        (
            '{ note = "x", score = "das28", variants = ["esr4"], variants_disagree_at = "3" }',
            "variants_disagree_at: expected a number",
        ),
    ],
)
def test_review_row_mistake_is_named(
    criteria: Callable[[str], None], complaints: Complaints, row: str, line: str
) -> None:
    criteria(LINE + part(GOOD_ROW, review=row))
    found = [one.partition("line[0].part[0].review[0]")[2].lstrip(".: ") for one in complaints(trial="ours")]
    assert any(one.startswith(line) for one in found), complaints(trial="ours")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "line: missing, expected at least one [[line]]"),
        ("[[line]\n", "-: expected valid TOML"),
        (LINE, "line[0].part: missing, expected at least one [[line.part]], or built = false"),
        (LINE + "built = false\n" + part(GOOD_ROW), "line[0].part: expected no part beside built = false"),
        (LINE + part(), "line[0].part[0].rows: expected a list of at least one row"),
        (LINE + 'combine = "or"\n' + part(GOOD_ROW), "line[0].combine: expected one of all, any"),
        (LINE + 'note = "x"\n' + part(GOOD_ROW), "line[0].note: unknown key, expected one of built"),
        (LINE.replace("exclusion", "excl") + part(GOOD_ROW), "line[0].kind: expected one of discontinuation"),
        (LINE.replace('id = "A"\n', "") + part(GOOD_ROW), "line[0].id: missing"),
        (LINE.replace('"A"', "[1]") + part(GOOD_ROW), "line[0].id: expected a short name such as E2"),
        ((LINE + part(GOOD_ROW)) * 2, "line[1].id: expected each id once, found A again"),
        ("line = 1", "line: expected at least one [[line]]"),
    ],
)
def test_line_mistake_is_named(
    criteria: Callable[[str], None], complaints: Complaints, text: str, line: str
) -> None:
    criteria(text)
    found = complaints(trial="ours")
    assert any(one.startswith(f"trials/ours/criteria.toml: {line}") for one in found), found


def test_mistakes_of_both_files_and_of_every_row_are_told_at_once(
    write: Write, complaints: Complaints
) -> None:
    write("trials/ours/trial.toml", TRIAL.replace("Shanghai", "Peking").replace("version", "verison"))
    bad_reference = '{ then = "true", latest = "hemoglobin", below = 80 }'
    bad_shape = '{ then = "true", latest = "wbc", below = "3" }'
    line = LINE.replace("exclusion", "excl") + part(bad_reference, bad_shape)
    write("trials/ours/criteria.toml", line + LINE.replace('"A"', '"B"') + part(bad_reference))
    keys = {
        one.split(": ")[0].removeprefix("trials/ours/") + " " + one.split(": ")[1]
        for one in complaints(trial="ours")
    }
    assert keys == {
        "trial.toml version",
        "trial.toml verison",
        "trial.toml time_zone",
        "criteria.toml line[0].kind",
        "criteria.toml line[0].part[0].rows[0].latest",
        "criteria.toml line[0].part[0].rows[1].below",
        "criteria.toml line[1].part[0].rows[0].latest",
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "title: missing, expected the trial's title"),
        (TRIAL.replace("Shanghai", "Peking"), "time_zone: expected an IANA time zone"),
        (TRIAL + "arms = [{ id = 'a' }]", "arms[0].title: missing, expected the arm's name"),
        (
            TRIAL + "change_log = [{ version = '1', date = 2026-01-01, change = 'x' }]",
            "change_log[0].date: expected",
        ),
        (TRIAL + "phase = 4", "phase: unknown key, expected one of arms"),
    ],
)
def test_trial_mistake_is_named(write: Write, complaints: Complaints, text: str, line: str) -> None:
    write("trials/ours/trial.toml", text)
    write("trials/ours/criteria.toml", LINE + part(GOOD_ROW))
    found = complaints(trial="ours")
    assert any(one.startswith(f"trials/ours/trial.toml: {line}") for one in found), found


def test_trial_that_does_not_exist_is_told_with_those_that_do() -> None:
    with pytest.raises(DefinitionError) as raised:
        load_trial(SearchPath(), "gout", load_definitions(SearchPath()))
    assert "trials/gout/trial.toml: -: expected this file; of trials there is one of tacrolimus-ra" in str(
        raised.value
    )


def test_schema_and_model_know_the_same_reasons_and_verbs() -> None:
    package = Path(fhir_adapter.definitions.__file__).parent
    schema = json.loads((package / "schemas" / "criteria.json").read_text(encoding="utf-8"))
    row = schema["$defs"]["row"]["properties"]
    assert row["reason"]["enum"] == [reason.value for reason in Reason]
    assert {verb.value for verb in Verb} <= row.keys()
    assert row["silence"]["enum"] == [silence.value for silence in Silence]
    assert schema["$defs"]["line"]["properties"]["kind"]["enum"] == [kind.value for kind in LineKind]
