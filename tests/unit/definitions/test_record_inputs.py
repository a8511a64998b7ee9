"""Inputs that read answers, exposures and events, the drug catalogue, the word lists: what is read, what refused."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from fhir_adapter.definitions import SearchPath, drug_files, load_definitions
from fhir_adapter.model.inputs import (
    AnswerInput,
    ConditionInput,
    Definitions,
    EventInput,
    ExposureInput,
    ValueSetRow,
)
from tests.unit.definitions.records import (
    ANSWER,
    CONDITION,
    DRUG_EVENT,
    DRUGS,
    EVENT,
    EXPOSURE,
    PLAIN_EXPOSURE,
    SEVERE_EVENT,
    write_inputs,
)

Write = Callable[[str, str], None]
Complaints = Callable[..., list[str]]

MEDICATION = """
countable = ["片", "{tablet}"]
[routes]
none = ["snomed|6064005", "滴眼", "cream"]
injection = ["注射"]
[stop_reasons]
intolerance = ["medicationrequest-status-reason|sintol", "intoleran*"]
level = ["medicationrequest-status-reason|drughigh"]
[timing]
BID = "2"
WK = "1/7"
[dose_units]
mg = "1"
"ｇ" = "1000"
ug = "1/1000"
"""
ANSWERS = 'positive = ["阳性", "(+)"]\nnegative = ["snomed|260385009"]\nindeterminate = ["±"]\n'


@pytest.fixture
def ours(write: Write, folder: Path) -> Callable[[], Definitions]:
    write_inputs(write)
    return lambda: load_definitions(SearchPath([folder]))


def test_answer_input_is_read(ours: Callable[[], Definitions]) -> None:
    assert ours().inputs["our-antigen"] == AnswerInput(
        id="our-antigen",
        title="Our antigen (抗原)",
        value_set="our-antigen",
        names=("抗原",),
        not_names=("抗原抗体",),
        answers={"positive": ("loinc|LA6576-8", "大三阳")},
        number="range",
    )


def test_number_of_an_answer_is_unreadable_unless_the_file_says_what_it_means(
    ours: Callable[[], Definitions], write: Write
) -> None:
    write("inputs/our-antigen.toml", 'kind = "answer"\ntitle = "x"\nvalue_set = "our-antigen"\n')
    assert ours().inputs["our-antigen"] == AnswerInput("our-antigen", "x", "our-antigen")


def test_exposure_inputs_are_read(ours: Callable[[], Definitions]) -> None:
    drugs = ("our-cortisol", "our-cortisone")
    equivalents = {"our-cortisol": Fraction(1), "our-cortisone": Fraction(5, 4)}
    inputs = ours().inputs
    assert inputs["our-steroids"] == ExposureInput("our-steroids", "Our steroids", drugs, equivalents)
    assert inputs["our-painkillers"] == ExposureInput("our-painkillers", "Our painkillers", drugs[:1])


def test_event_inputs_are_read(ours: Callable[[], Definitions]) -> None:
    inputs = ours().inputs
    assert inputs["our-vaccine"] == EventInput(
        "our-vaccine", "Our vaccine", ("Immunization",), value_set="our-vaccine"
    )
    assert inputs["our-allergy"] == EventInput(
        "our-allergy",
        "Our drug not tolerated",
        ("AllergyIntolerance", "AdverseEvent"),
        drugs=("our-cortisol",),
    )
    assert inputs["our-harm"] == EventInput("our-harm", "Our harm", ("AdverseEvent",), severe=True)


def test_history_counts_only_where_the_file_says_so(ours: Callable[[], Definitions]) -> None:
    inputs = ours().inputs
    assert inputs["our-disease"] == ConditionInput("our-disease", "Our disease", "our-disease")
    assert inputs["our-other-disease"] == ConditionInput(
        "our-other-disease", "Our other disease", "our-disease", history_counts=True
    )


def test_drug_collects_its_rows_from_all_files(ours: Callable[[], Definitions], folder: Path) -> None:
    drugs = ours().drugs
    cortisol = drugs["our-cortisol"]
    assert cortisol.title == "Cortisol 可的松醇"
    assert [(row.system, row.match, row.value) for row in cortisol.rows] == [
        ("atc", "prefix", "H02AB09"),
        ("text", "stem", "cortiso"),
        ("atc", "code", "H02AB"),
    ]
    assert cortisol.rows[1] == ValueSetRow(
        "text",
        "stem",
        "cortiso",
        exclude=("cortisone", "cortisol cream"),
        confidence="unchecked",
        source="memory",
    )
    assert drugs["our-cortisone"].title == "our-cortisone"
    names = [name.rpartition("/")[2] for name in drug_files(SearchPath([folder]), {"our-cortisol"})]
    assert names == ["our-steroids.csv", "zzz-more.csv"]


@pytest.mark.parametrize(
    ("stem", "text", "line"),
    [
        (
            "our-antigen",
            ANSWER.replace("our-antigen", "no-set"),
            "value_set: expected a file valuesets/no-set",
        ),
        (
            "our-antigen",
            ANSWER.replace("positive", "postive"),
            "answers.postive: unknown key, expected one of",
        ),
        (
            "our-antigen",
            ANSWER.replace('"range"', '"any"'),
            "number: expected one of detectable, range, unread",
        ),
        ("our-antigen", ANSWER.replace("LA6576-8", ""), "answers.positive[0]: expected a word, or a code as"),
        (
            "our-antigen",
            ANSWER + 'negative = ["大三阳"]\n',
            "answers.negative[0]: expected each word in one list, found 大三阳 in positive too",
        ),
        (
            "our-steroids",
            EXPOSURE.replace('"our-cortisone"]', '"our-cotisone"]'),
            "drugs[1]: expected a drug of drugs/*.csv, found our-cotisone",
        ),
        (
            "our-steroids",
            EXPOSURE.replace('"our-cortisone"]', '"other"]'),
            "drugs[1]: expected a drug of its own: other stands for those that no line reads",
        ),
        (
            "our-steroids",
            EXPOSURE.replace(', our-cortisone = "1.25"', ""),
            "equivalents.our-cortisone: missing: the doses of all its drugs are summed",
        ),
        (
            "our-steroids",
            EXPOSURE.replace(', "our-cortisone"]', "]"),
            "equivalents.our-cortisone: expected a drug that the list drugs names",
        ),
        (
            "our-steroids",
            EXPOSURE.replace('"1.25"', "1.25"),
            "equivalents.our-cortisone: expected a factor as",
        ),
        (
            "our-steroids",
            EXPOSURE.replace('"1.25"', '"0"'),
            "equivalents.our-cortisone: expected a number above",
        ),
        (
            "our-painkillers",
            PLAIN_EXPOSURE.replace('"our-cortisol"', ""),
            "drugs: expected a list of at least",
        ),
        (
            "our-vaccine",
            EVENT.replace("Immunization", "Observation"),
            "types[0]: expected one of AdverseEvent",
        ),
        (
            "our-vaccine",
            EVENT + 'drugs = ["our-cortisol"]\n',
            "drugs: expected exactly one of drugs and value_set",
        ),
        (
            "our-vaccine",
            EVENT.replace("value_set", "# value_set"),
            "drugs: expected exactly one of drugs and value_set",
        ),
        (
            "our-allergy",
            DRUG_EVENT.replace("our-cortisol", "x"),
            "drugs[0]: expected a drug of drugs/*.csv, found x",
        ),
        (
            "our-harm",
            SEVERE_EVENT + 'drugs = ["our-cortisol"]\n',
            "drugs: expected nothing beside severe",
        ),
        (
            "our-harm",
            SEVERE_EVENT.replace('["AdverseEvent"]', '["AdverseEvent", "Procedure"]'),
            'types: expected ["AdverseEvent"] beside severe',
        ),
        ("our-harm", SEVERE_EVENT.replace("true", "false"), "severe: expected true"),
        ("our-disease", CONDITION + 'history_counts = "yes"\n', "history_counts: expected true or false"),
    ],
)
def test_input_mistake_is_named(
    write: Write, complaints: Complaints, stem: str, text: str, line: str
) -> None:
    write_inputs(write)
    write(f"inputs/{stem}.toml", text)
    assert any(found.startswith(f"inputs/{stem}.toml: {line}") for found in complaints()), complaints()


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("x,rxnorm,prefix,2878,,x,verified,S1", "match: expected one of code for the system rxnorm"),
        ("x,rxnorm,code,C2878,,x,verified,S1", "value: expected an RxNorm number"),
        ("x,atc,prefix,H2AB,,x,verified,S1", "value: expected an ATC code or the beginning of one"),
        ("x,atc,stem,H02AB,,x,verified,S1", "match: expected one of code, prefix for the system atc"),
        ("x,atc,prefix,H02AB,H02AB09,x,verified,S1", "exclude: expected nothing: only a text row has words"),
        ("x,text,code,cort,,x,verified,S1", "match: expected one of stem, text for the system text"),
        ("X,text,text,cort,,x,verified,S1", "drug: expected the id of a drug"),
        ("x,ndc,code,1,,x,verified,S1", "system: expected one of atc, rxnorm, text"),
        ("x,text,text,,,x,verified,S1", "value: expected a code, or words"),
        ("x,text,text,cort,,x,sure,S1", "confidence: expected one of secondary, unchecked, verified"),
        ("x,text,text,cort,,x,verified,", "source: expected where the code or name was found"),
    ],
)
def test_drug_mistake_is_named(write: Write, complaints: Complaints, row: str, line: str) -> None:
    write("drugs/ours.csv", DRUGS + row + "\n")
    assert complaints() == [found for found in complaints() if found.startswith("drugs/ours.csv: line 2")]
    assert any(found.startswith(f"drugs/ours.csv: line 2.{line}") for found in complaints()), complaints()


def test_words_about_medications_are_read(ours: Callable[[], Definitions], write: Write) -> None:
    write("medication.toml", MEDICATION)
    read = ours().medication
    assert read.routes == {"none": ("snomed|6064005", "滴眼", "cream"), "injection": ("注射",)}
    assert read.stop_reasons["level"] == ("medicationrequest-status-reason|drughigh",)
    assert read.timing == {"BID": Fraction(2), "WK": Fraction(1, 7)}
    # Units are kept as they are compared: the full-width g is g.
    assert read.dose_units == {"mg": Fraction(1), "g": Fraction(1000), "ug": Fraction(1, 1000)}
    assert read.countable == {"片", "{tablet}"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (MEDICATION.replace("[timing]", "[timings]"), "timings: unknown key, expected one of countable"),
        (MEDICATION.replace("[timing]", "[timings]"), "timing: missing, expected a table: timing code"),
        (MEDICATION.replace('"1/7"', '"weekly"'), "timing.WK: expected an exact positive number as text"),
        (MEDICATION.replace('mg = "1"', "mg = 1"), "dose_units.mg: expected mg as text"),
        (MEDICATION + 'g = "1"\n', "dose_units.g: expected the number of the other spelling of g"),
        (MEDICATION.replace('"片"', '"mg"'), "countable: expected no unit of dose_units, found mg"),
        (
            MEDICATION.replace("injection", "inject"),
            "routes.inject: unknown key, expected one of injection, none",
        ),
        (
            MEDICATION.replace('"注射"', '"Cream"'),
            "routes.injection[0]: expected each word in one list, found Cream in none too",
        ),
        (MEDICATION.replace("snomed|6064005", "snomed|"), "routes.none[0]: expected a word, or a code as"),
        (MEDICATION.replace("sintol", "drughigh"), "stop_reasons.level[0]: expected each word in one list"),
    ],
)
def test_medication_mistake_is_named(write: Write, complaints: Complaints, text: str, line: str) -> None:
    write("medication.toml", text)
    assert any(found.startswith(f"medication.toml: {line}") for found in complaints()), complaints()


def test_answers_are_read(ours: Callable[[], Definitions], write: Write) -> None:
    write("answers.toml", ANSWERS)
    assert ours().answers == {
        "positive": ("阳性", "(+)"),
        "negative": ("snomed|260385009",),
        "indeterminate": ("±",),
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (ANSWERS.replace("negative", "negativ"), "negativ: unknown key, expected one of indeterminate"),
        (ANSWERS.replace("negative", "negativ"), "negative: missing, expected a list of words and codes"),
        (
            ANSWERS.replace('"±"', '"（+）"'),
            "indeterminate[0]: expected each word in one list, found （+） in pos",
        ),
        (ANSWERS.replace('"±"', "1"), "indeterminate[0]: expected a word, or a code as"),
    ],
)
def test_answers_mistake_is_named(write: Write, complaints: Complaints, text: str, line: str) -> None:
    write("answers.toml", text)
    assert any(found.startswith(f"answers.toml: {line}") for found in complaints()), complaints()


def test_folder_without_drugs_and_word_lists_is_no_mistake(
    ours: Callable[[], Definitions], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    """Somebody's own trial about laboratory values alone needs none of them."""
    monkeypatch.setattr(SearchPath, "_roots", lambda self: ((folder, "ours"),))
    words = "hedge = []\nnegation = []\nfamily = []\nhistory = []\njuvenile = []\n"
    (folder / "words.toml").write_text(words, encoding="utf-8")
    for file in [*folder.glob("drugs/*"), *folder.glob("inputs/*")]:
        file.unlink()
    read = ours()
    assert (read.drugs, read.answers, read.medication.routes) == ({}, {}, {})
