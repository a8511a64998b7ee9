"""What events name: drugs and sets, by code and by text, with the words that cast doubt on a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapter.errors import DefinitionError
from fhir_adapter.model.events import EventNaming, EventReader
from fhir_adapter.model.inputs import (
    ConditionInput,
    Definitions,
    Drug,
    EventInput,
    Site,
    ValueSet,
    ValueSetRow,
)
from fhir_adapter.model.readings import Coding

ATC = "http://www.whocc.no/atc"
CVX = "http://hl7.org/fhir/sid/cvx"
SNOMED = "http://snomed.info/sct"
CM = "http://hl7.org/fhir/sid/icd-10-cm"
LOCAL = "http://hospital.example/x"

INTOLERANCE = EventInput("intolerance", "", ("AllergyIntolerance",), drugs=("methotrexate", "tacrolimus"))
VACCINE = EventInput("live-vaccine", "", ("Immunization",), value_set="live-vaccine")
HYSTERECTOMY = EventInput("hysterectomy", "", ("Procedure",), value_set="hysterectomy")
SEVERE = EventInput("severe", "", ("AdverseEvent",), severe=True)


def rows(*given: tuple[str, str, str]) -> tuple[ValueSetRow, ...]:
    return tuple(ValueSetRow(*one) for one in given)


def definitions(icd: str = "Z90.71") -> Definitions:
    sets = {
        "live-vaccine": (
            *rows(
                ("cvx", "code", "03"),
                ("cvx", "code", "119"),
                ("atc", "prefix", "J07BD"),
                ("text", "text", "水痘"),
            ),
            ValueSetRow("text", "text", "麻疹", exclude=("麻疹灭活",)),
            ValueSetRow("atc", "prefix", "J07BK", exclude=("J07BK03",)),
        ),
        "hysterectomy": rows(
            ("snomed", "code", "236886002"), ("icd-10-cm", "prefix", icd), ("text", "text", "子宫切除")
        ),
        "menopause": rows(("text", "text", "子宫切除术前绝经")),
    }
    return Definitions(
        inputs={
            "intolerance": INTOLERANCE,
            "hysterectomy": ConditionInput("hysterectomy", "", "hysterectomy"),
        },
        value_sets={name: ValueSet(name, given) for name, given in sets.items()},
        site=Site(code_maps={(LOCAL, "V1"): (("cvx", "3"),)}),
        views={},
        words={
            "hedge": ("可疑", "?", "possible"),
            "negation": ("无", "否认", "no", "denies"),
            "family": ("母亲", "mother"),
            "history": ("史",),
        },
        drugs={
            "methotrexate": Drug(
                "methotrexate",
                "",
                rows(
                    ("atc", "code", "L04AX03"), ("text", "text", "甲氨蝶呤"), ("text", "text", "methotrexate")
                ),
            ),
            "tacrolimus": Drug("tacrolimus", "", rows(("text", "text", "他克莫司"))),
            "not-systemic": Drug(
                "not-systemic", "", rows(("text", "text", "他克莫司软膏"), ("atc", "prefix", "D11"))
            ),
        },
    )


READER = EventReader(definitions())
NO = EventNaming(False, False, False)
YES = EventNaming(True, False, False)
MAYBE = EventNaming(True, True, False)
NAMELESS = EventNaming(False, False, True)


@pytest.mark.parametrize(
    ("codings", "texts", "naming"),
    [
        ([Coding(ATC, "L04AX03")], (), YES),
        ([Coding(ATC, "L04AX03")], ("可疑",), MAYBE),
        ([Coding(ATC, "L04AX03")], ("否认",), MAYBE),
        ([Coding(ATC, "L04AX03", "possible")], (), YES),
        ([Coding(ATC, "J01CA04")], (), NO),
        ([Coding(ATC, "J01CA04")], ("青霉素、甲氨蝶呤过敏",), MAYBE),
        ([Coding(SNOMED, "387381009", "Methotrexate")], (), YES),
        ([Coding(SNOMED, "387381009")], (), NAMELESS),
        ([], ("甲氨蝶呤过敏史",), YES),
        ([], ("", "Methotrexate"), YES),
        ([], ("他克莫司软膏",), YES),
        ([Coding(ATC, "D11AH01")], (), NO),
        ([], ("甲氨蝶呤过敏？",), MAYBE),
        ([], ("青霉素过敏",), NO),
        ([], ("否认甲氨蝶呤过敏",), NO),
        ([], ("否认青霉素、甲氨蝶呤过敏",), NO),
        ([], ("甲氨蝶呤过敏，无皮疹",), MAYBE),
        ([], ("无药物过敏",), NO),
        ([], ("Denies methotrexate allergy",), NO),
        ([], ("母亲对甲氨蝶呤过敏",), NO),
        ([], ("母亲体健。甲氨蝶呤过敏",), MAYBE),
        ([Coding(LOCAL, "1")], (" ",), NAMELESS),
        ([], (), NAMELESS),
    ],
)
def test_drugs(codings: list[Coding], texts: tuple[str, ...], naming: EventNaming) -> None:
    assert READER.read(codings, texts, INTOLERANCE) == naming


@pytest.mark.parametrize(
    ("of", "codings", "texts", "naming"),
    [
        (VACCINE, [Coding(CVX, "03")], (), YES),
        (VACCINE, [Coding(CVX, "3")], (), YES),
        (VACCINE, [Coding(LOCAL, "V1")], (), YES),
        (VACCINE, [Coding("urn:oid:2.16.840.1.113883.12.292", "119")], (), YES),
        (VACCINE, [Coding(CVX, "140")], (), NO),
        (VACCINE, [Coding(CVX, "x")], (), NAMELESS),
        (VACCINE, [Coding(ATC, "J07BD52")], (), YES),
        (VACCINE, [Coding(ATC, "J07BK01")], (), YES),
        (VACCINE, [Coding(ATC, "J07BK03")], (), NO),
        (VACCINE, [Coding(ATC, "J07BB02")], (), NO),
        (VACCINE, [Coding(ATC, "J07B")], (), NAMELESS),
        (VACCINE, [Coding(LOCAL, "9", "水痘减毒活疫苗")], (), YES),
        (VACCINE, [], ("麻疹疫苗",), YES),
        (VACCINE, [], ("麻疹灭活疫苗",), NO),
        (VACCINE, [Coding(CVX, "140")], ("麻疹疫苗",), MAYBE),
        (VACCINE, [], ("未知疫苗",), NO),
        (HYSTERECTOMY, [Coding(SNOMED, "236886002")], (), YES),
        (HYSTERECTOMY, [Coding(SNOMED, "80146002", "Appendectomy")], (), NO),
        (HYSTERECTOMY, [Coding(SNOMED, "80146002")], (), NAMELESS),
        (HYSTERECTOMY, [Coding(CM, "Z90.710")], (), YES),
        (HYSTERECTOMY, [Coding(CM, "Z90.2")], (), NO),
        (HYSTERECTOMY, [Coding(CM, "切除")], (), NAMELESS),
        (HYSTERECTOMY, [], ("全子宫切除术后",), YES),
        (HYSTERECTOMY, [], ("子宫切除术前绝经",), NO),
        (HYSTERECTOMY, [], ("母亲子宫切除",), NO),
        (EventInput("x", "", (), value_set="missing"), [Coding(CVX, "03")], ("水痘",), NO),
    ],
)
def test_value_sets(
    of: EventInput, codings: list[Coding], texts: tuple[str, ...], naming: EventNaming
) -> None:
    assert READER.read(codings, texts, of, form=(Coding(SNOMED, "385219001"),)) == naming


def test_every_adverse_event_may_be_severe() -> None:
    assert READER.read([], (), SEVERE) == YES


def test_a_malformed_icd_row_is_refused() -> None:
    with pytest.raises(DefinitionError, match="value set hysterectomy"):
        EventReader(definitions(icd="Z9"))


_TEXT = (
    st.none() | st.text() | st.sampled_from([CVX, ATC, CM, SNOMED, "L04", "3", "甲氨蝶呤", "否认", "、", "?"])
)


@given(
    st.lists(st.builds(Coding, _TEXT, _TEXT, _TEXT), max_size=3),
    st.lists(_TEXT.map(str), max_size=3),
    st.sampled_from([INTOLERANCE, VACCINE, HYSTERECTOMY]),
)
def test_nothing_raises(codings: list[Coding], texts: list[str], of: EventInput) -> None:
    naming = READER.read(codings, texts, of)
    assert naming.named or not naming.provisional
    assert not (naming.named and naming.nameless)
