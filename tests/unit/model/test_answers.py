"""What coded results say: by code, text, number, interpretation and range, together or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapter.model.answers import ANSWERS, AnswerReader
from fhir_adapter.model.inputs import AnswerInput, Definitions, Site
from fhir_adapter.model.readings import AnswerReading, Coding, RawAmount, RawAnswer, RawRange

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
V3 = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
V2 = "http://terminology.hl7.org/CodeSystem/v2-0078"
LOCAL = "http://hospital.example/result"
UNREADABLE = AnswerReading(None, "UNREADABLE_VALUE")
NOTHING = AnswerReading(None, "NOT_A_RESULT")

DEFINITIONS = Definitions(
    inputs={},
    value_sets={},
    site=Site(code_maps={(LOCAL, "1"): ((SNOMED, "10828004"),)}),
    views={},
    words={},
    answers={
        "positive": (
            *("snomed|10828004", "snomed|260373001", "loinc|LA6576-8"),
            *("v3-observationinterpretation|POS", "interpretation|DET"),
            *("阳性", "(+)", "+", "positive", "reactive", "detected", "yes"),
        ),
        "negative": (
            *("snomed|260385009", "snomed|260415000", "loinc|LA6577-6"),
            *("v3-observationinterpretation|NEG", "interpretation|ND"),
            *("阴性", "(-)", "-", "negative", "non-reactive", "not detected", "未检出", "no"),
        ),
        "indeterminate": (
            *("interpretation|IND", "弱", "±", "可疑", "不确定", "indeterminate", "grey zone", "weak"),
        ),
    },
)
READER = AnswerReader(DEFINITIONS)
HBSAG = AnswerInput("hbsag", "HBsAg", "hbsag", names=("乙肝表面抗原",), number="range")
DNA = AnswerInput("hbv-dna", "HBV DNA", "hbv-dna", number="detectable")
IGRA = AnswerInput("tb-screen", "TB screen", "tb-screen")
NYHA = AnswerInput(
    "nyha",
    "NYHA",
    "nyha",
    answers={"positive": ("snomed|420913000", "III", "no"), "negative": ("II", "not III")},
)


def coded(*codings: tuple[str, str], text: str | None = None) -> RawAnswer:
    return RawAnswer(codings=tuple(Coding(*one) for one in codings), text=text)


def number(
    value: str | None, unit: str | None = None, comparator: str | None = None, **rest: object
) -> RawAnswer:
    return RawAnswer(number=RawAmount(value, unit), comparator=comparator, **rest)  # type: ignore[arg-type]


def flagged(*codes: str, system: str = V3) -> tuple[Coding, ...]:
    return tuple(Coding(system, code) for code in codes)


def to(
    high: str | None, low: str | None = None, unit: str | None = None, **rest: object
) -> tuple[RawRange, ...]:
    return (RawRange(low=low, high=high, high_unit=unit, **rest),)  # type: ignore[arg-type]


def said(text: str) -> tuple[RawRange, ...]:
    return (RawRange(text=text),)


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        (coded((SNOMED, "260385009")), "negative"),
        (coded((SNOMED, "10828004")), "positive"),
        (coded((LOINC, "LA6577-6")), "negative"),
        (coded((LOCAL, "1")), "positive"),
        (coded((SNOMED, "260385009"), (LOCAL, "x")), "negative"),
        (coded((SNOMED, "260385009"), text="阴性"), "negative"),
        (coded((SNOMED, "260385009"), text="see note"), "negative"),
        (RawAnswer(boolean="true"), "positive"),
        (RawAnswer(boolean="false"), "negative"),
        (RawAnswer(codings=(Coding(SNOMED, "1", "Negative (qualifier value)"),)), "negative"),
        (RawAnswer(codings=(Coding(LOCAL, "9", "阴性(-)"),)), "negative"),
        # code and text, or two codes, that disagree
        (coded((SNOMED, "260385009"), text="阳性"), None),
        (coded((SNOMED, "260385009"), text="弱阳性，建议复查"), None),
        (coded((SNOMED, "260385009"), (SNOMED, "10828004")), None),
        (RawAnswer(codings=(Coding(SNOMED, "10828004", "Negative"),)), None),
        (RawAnswer(codings=(Coding(LOCAL, "9", "阴性"),), text="阳性"), None),
        # nothing that is known
        (coded((SNOMED, "1")), None),
        (coded((LOCAL, "260385009")), None),
        (RawAnswer(boolean="maybe"), None),
    ],
)
def test_codes(raw: RawAnswer, answer: str | None) -> None:
    assert READER.read(raw, IGRA) == (UNREADABLE if answer is None else AnswerReading(answer))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("阴性", "negative"),
        ("阴性（－）", "negative"),
        ("-", "negative"),
        (" Non-Reactive ", "negative"),
        ("Not  detected", "negative"),
        ("HBsAg: Negative", "negative"),
        ("乙肝表面抗原阴性", "negative"),
        ("阴性 0.05 S/CO", "negative"),
        ("检测结果：阳性（+）", "positive"),
        ("REACTIVE", "positive"),
        ("(+)", "positive"),
        ("弱阳性", "indeterminate"),
        ("可疑阳性", "indeterminate"),
        ("weak positive", "indeterminate"),
        ("±", "indeterminate"),
        ("Grey zone", "indeterminate"),
        # not wholly understood, or two things at once
        ("阴性?", None),
        ("阴性，待复查", None),
        ("非阴性", None),
        ("not positive", None),
        ("阳性转阴性", None),
        ("阴性/阳性/可疑", None),
        ("0-5", None),
        ("hyperreactive", None),
        ("见报告", None),
        ("0.05", None),
        ("", None),
    ],
)
def test_texts(text: str, answer: str | None) -> None:
    expected = UNREADABLE if answer is None else AnswerReading(answer)
    assert READER.read(RawAnswer(string=text), HBSAG) == expected
    if text.strip():
        assert READER.read(RawAnswer(text=text), HBSAG) == expected
        assert READER.read(RawAnswer(codings=(Coding(LOCAL, "9", text),)), HBSAG) == expected


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        (number("1500", "IU/mL"), "positive"),
        (number("1.7E8", "IU/mL", ">"), "positive"),
        (number("20", "IU/mL", "<"), "below-limit"),
        (number("20", "IU/mL", "<="), "below-limit"),
        (RawAnswer(string="<20 IU/mL"), "below-limit"),
        (RawAnswer(string="＜2.0×10^1 IU/ml"), "below-limit"),
        (RawAnswer(string="1.2×10⁵"), "positive"),
        (RawAnswer(text="5.00E+02 IU/mL"), "positive"),
        (RawAnswer(string="未检出"), "negative"),
        (RawAnswer(string="未检出(<20 IU/mL)"), "below-limit"),
        (number("20", "IU/mL", "<", interpretation=flagged("ND")), "below-limit"),
        (number("20", "IU/mL", "<", interpretation=flagged("DET")), None),
        (RawAnswer(string="<20 IU/mL detected"), None),
        (number("1500", "IU/mL", interpretation=flagged("NEG")), None),
        (number("0", "IU/mL"), None),
        (number("-1", "IU/mL"), None),
        (number("20", "IU/mL", "ad"), None),
        (number("x", "IU/mL", interpretation=flagged("NEG")), None),
    ],
)
def test_numbers_that_are_detectable_or_not(raw: RawAnswer, answer: str | None) -> None:
    assert READER.read(raw, DNA) == (UNREADABLE if answer is None else AnswerReading(answer))


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        (number("0.02", "S/CO", ranges=to("1.0", "0", "S/CO")), "negative"),
        (number("0.02", "S/CO", ranges=to("1.0")), "negative"),
        (number("1.0", "S/CO", ranges=to("1.0")), "negative"),
        (number("250", "S/CO", ranges=to("1.0")), "positive"),
        (number("250", ranges=said("<1.0")), "positive"),
        (number("1.0", ranges=said("<1.0")), "positive"),
        (number("1.0", ranges=said("<=1.0")), "negative"),
        (number("0.5", ranges=said("阴性:<1.0")), "negative"),
        (number("0.5", "mIU/mL", ranges=said("0~5 mIU/ml")), "negative"),
        (number("0.5", "S/CO", "<", ranges=to("1.0")), "negative"),
        (number("1000", "S/CO", ">", ranges=to("1.0")), "positive"),
        (RawAnswer(string="250 S/CO", ranges=to("1.0")), "positive"),
        (number("250", interpretation=flagged("H")), "positive"),
        (number("0.02", interpretation=flagged("N", system=V2)), "negative"),
        (number("0.02", interpretation=flagged("NEG")), "negative"),
        (number("0.9", interpretation_texts=("可疑",)), "indeterminate"),
        (number("0.02", ranges=to("1.0", type_codes=("normal",))), "negative"),
        (number("0.02", ranges=to("1.0", applies_text=("女",))), "negative"),
        # range and interpretation, or two ranges, that disagree
        (number("250", ranges=to("1.0"), interpretation=flagged("N")), None),
        (number("3", ranges=(*to("5"), *to("2"))), None),
        (number("0.02", ranges=to("1.0"), interpretation=flagged("POS")), None),
        # no range that says what is normal
        (number("250"), None),
        (number("250", interpretation=flagged("A")), None),
        (number("250", interpretation=flagged("N", system=LOCAL)), None),
        (number("250", ranges=to(None, "1.0")), None),
        (number("50", ranges=to("72", "5")), None),
        (number("50", ranges=to("72", applies_text=("pregnant",))), None),
        (number("50", ranges=to("72", applies_to=(Coding(SNOMED, "77386006"),))), None),
        (number("0.02", ranges=to("1.0", type_codes=("therapeutic",))), None),
        (number("0.02", "IU/L", ranges=to("1.0", unit="S/CO")), None),
        (number("0.02", ranges=to("1.0", unit="S/CO")), None),
        (number("0.02", ranges=said("阳性:>1.0")), None),
        (number("0.02", ranges=said(">1.0")), None),
        (number("0.02", ranges=said("见说明")), None),
        (number("10", "S/CO", "<", ranges=to("1.0")), None),
        (number("x", ranges=to("1.0")), None),
    ],
)
def test_numbers_that_are_judged_by_their_own_range(raw: RawAnswer, answer: str | None) -> None:
    assert READER.read(raw, HBSAG) == (UNREADABLE if answer is None else AnswerReading(answer))


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        (number("0.02", "IU/mL", ranges=to("0.35")), None),
        (number("0.02", "IU/mL", interpretation=flagged("H")), None),
        (number("0.02", "IU/mL", interpretation=flagged("NEG")), "negative"),
        (number("0.02", "IU/mL", interpretation=(Coding(LOCAL, "3", "阳性"),)), "positive"),
    ],
)
def test_numbers_that_say_nothing_leave_it_to_the_interpretation(raw: RawAnswer, answer: str | None) -> None:
    assert READER.read(raw, IGRA) == (UNREADABLE if answer is None else AnswerReading(answer))


@pytest.mark.parametrize(
    ("raw", "reading"),
    [
        (RawAnswer(), NOTHING),
        (RawAnswer(absent_reason=True), NOTHING),
        (RawAnswer(ranges=to("1.0")), NOTHING),
        (RawAnswer(number=RawAmount(), absent_reason=True), NOTHING),
        (RawAnswer(number=RawAmount(None, "S/CO")), UNREADABLE),
        (RawAnswer(string="阴性", absent_reason=True), UNREADABLE),
        (RawAnswer(interpretation=flagged("NEG"), absent_reason=True), UNREADABLE),
        (RawAnswer(other=True), UNREADABLE),
        (RawAnswer(string="阴性", other=True), UNREADABLE),
        (RawAnswer(interpretation=flagged("NEG")), AnswerReading("negative")),
        (RawAnswer(interpretation=flagged("N")), UNREADABLE),
    ],
)
def test_what_is_not_there(raw: RawAnswer, reading: AnswerReading) -> None:
    assert READER.read(raw, HBSAG) == reading


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        (coded((SNOMED, "420913000")), "positive"),
        (RawAnswer(string="NYHA III"), "positive"),
        (RawAnswer(string="II"), "negative"),
        (RawAnswer(string="not III"), "negative"),
        (RawAnswer(string="no"), "positive"),
        (RawAnswer(string="阴性"), "negative"),
    ],
)
def test_an_input_has_words_of_its_own_which_win(raw: RawAnswer, answer: str) -> None:
    assert READER.read(raw, NYHA) == AnswerReading(answer)
    other = AnswerInput("nyha", "NYHA", "nyha", answers={"negative": ("III",)})
    assert READER.read(RawAnswer(string="III"), other) == AnswerReading("negative")


_TEXT = (
    st.none()
    | st.text()
    | st.sampled_from(["阴性", "阳性", "<20", "1e308", "5", "-", "POS", V3, SNOMED, "男"])
)
_CODINGS = st.lists(st.builds(Coding, _TEXT, _TEXT, _TEXT), max_size=2).map(tuple)
_STRINGS = st.lists(_TEXT.map(str), max_size=2).map(tuple)
_RANGE = st.builds(
    RawRange, low=_TEXT, high=_TEXT, high_unit=_TEXT, text=_TEXT, applies_to=_CODINGS, applies_text=_STRINGS
)
_RAW = st.builds(
    RawAnswer,
    codings=_CODINGS,
    text=_TEXT,
    string=_TEXT,
    boolean=_TEXT,
    number=st.none() | st.builds(RawAmount, _TEXT, _TEXT, _TEXT, _TEXT),
    comparator=_TEXT,
    interpretation=_CODINGS,
    interpretation_texts=_STRINGS,
    ranges=st.lists(_RANGE, max_size=2).map(tuple),
    other=st.booleans(),
    absent_reason=st.booleans(),
)


@given(_RAW, st.sampled_from([HBSAG, DNA, IGRA, NYHA]))
def test_nothing_raises(raw: RawAnswer, of: AnswerInput) -> None:
    reading = READER.read(raw, of)
    assert (reading.answer in ANSWERS) != (reading.problem in ("UNREADABLE_VALUE", "NOT_A_RESULT"))
