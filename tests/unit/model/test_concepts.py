"""What diagnoses mean: by code (three editions of ICD-10, SNOMED CT), by text in Chinese and English."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapter.errors import DefinitionError
from fhir_adapter.model.concepts import ConceptReader
from fhir_adapter.model.inputs import (
    AnswerInput,
    ConditionInput,
    Definitions,
    EventInput,
    Input,
    QuantityInput,
    Site,
    ValueSet,
    ValueSetRow,
)
from fhir_adapter.model.readings import Coding, ConceptReading
from fhir_adapter.model.texts import NOT_NEGATION

WHO = "http://hl7.org/fhir/sid/icd-10"
CM = "http://hl7.org/fhir/sid/icd-10-cm"
CN = "urn:oid:2.16.156.10011.2.3.3.11"
SNOMED = "http://snomed.info/sct"
LOCAL = "http://hospital.example/diagnosis"

WORDS = {
    "hedge": ("除外", "待排", "疑似", "可能", "?", "？", "rule out", "r/o", "suspected", "possible"),
    "negation": ("否认", "无", "denies", "no evidence of", "no"),
    "family": ("家族史", "父亲", "母亲", "family history", "mother", "father"),
    "history": ("病史", "既往", "history of", "h/o"),
    "juvenile": ("幼年", "juvenile"),
}


def icd(
    match: str, value: str, to: str = "", exclude: tuple[str, ...] = (), system: str = "icd-10"
) -> ValueSetRow:
    return ValueSetRow(system, match, value, to, exclude)


def text(value: str, exclude: tuple[str, ...] = ()) -> ValueSetRow:
    return ValueSetRow("text", "text", value, exclude=exclude)


def snomed(value: str) -> ValueSetRow:
    return ValueSetRow("snomed", "code", value)


VALUE_SETS = {
    "rheumatoid-arthritis": (
        snomed("69896004"),
        icd("prefix", "M05"),
        icd("prefix", "M06.0"),
        icd("prefix", "M06.8"),
        icd("prefix", "M06.9"),
        text("类风湿关节炎"),
        text("类风湿性关节炎"),
        text("rheumatoid arthritis"),
        text("RA"),
    ),
    "rheumatoid-arthritis-related": (
        snomed("161567008"),
        icd("code", "M06"),
        icd("range", "M06.2", "M06.4"),
        text("类风湿结节"),
    ),
    "infection": (
        icd("range", "A00", "B99", ("B18", "B20-B24", "B90-B94")),
        icd("range", "M46.2", "M46.5"),
        icd("prefix", "M00"),
        icd("prefix", "M01"),
        snomed("56717001"),
        text("结核", ("结核菌素",)),
        text("链球菌感染"),
    ),
    "malignancy": (icd("range", "C00", "C97"), text("癌"), text("恶性肿瘤"), text("cancer"), text("白血病")),
    "malignancy-history": (icd("prefix", "Z85"), text("恶性肿瘤个人史")),
    "in-situ": (icd("range", "D00", "D09"), text("原位癌")),
    "hypertension": (icd("range", "I10", "I15", ("I14",)), text("高血压")),
    "hypertension-grade-3": (icd("prefix", "I10.x00x032", system="icd-10-cn"),),
    "rheumatoid-heart": (icd("prefix", "M05.3", system="icd-10-cm"),),
    "other-organs": (icd("prefix", "M05.3", system="icd-10-who"),),
    "hysterectomy": (icd("prefix", "Z90.71", exclude=("Z90.712",)),),
    "harmless": (
        snomed("396275006"),
        text("骨质疏松"),
        text("无脉症"),
        text("胃癌前病变"),
        text("无张力性膀胱"),
    ),
    "platelets": (ValueSetRow("loinc", "code", "777-3"), text("血小板")),
}
CONDITIONS = tuple(
    ConditionInput(name, name, name) for name in reversed(VALUE_SETS) if name not in ("harmless", "platelets")
)
SITE = Site(
    systems={"http://hospital.example/icd": "icd-10-cn"},
    code_maps={
        (LOCAL, "D001"): (("icd-10-cn", "M06.900"),),
        (LOCAL, "D002"): ((SNOMED, "69896004"),),
        (CN, "M0690"): ((CN, "M06.900"),),
    },
)


def definitions(value_sets: dict[str, tuple[ValueSetRow, ...]] = VALUE_SETS) -> Definitions:
    platelets = QuantityInput("platelets", "", "platelets", "1", {})
    inputs: dict[str, Input] = {item.id: item for item in CONDITIONS}
    return Definitions(
        inputs=inputs | {"platelets": platelets},
        value_sets={name: ValueSet(name, rows) for name, rows in value_sets.items()},
        site=SITE,
        views={},
        words=WORDS,
    )


READER = ConceptReader(definitions(), CONDITIONS)
RA = "rheumatoid-arthritis"
RELATED = "rheumatoid-arthritis-related"


def certain(*ids: str) -> tuple[tuple[str, bool], ...]:
    return tuple((name, False) for name in ids)


def doubted(*ids: str) -> tuple[tuple[str, bool], ...]:
    return tuple((name, True) for name in ids)


@pytest.mark.parametrize(
    ("system", "code", "inputs"),
    [
        (CN, "M06.900", (RA,)),
        (CN, "M06.800x071", (RA,)),
        (CN, "M05.900", (RA,)),
        (WHO, "M06.9", (RA,)),
        (CM, "M05.79", (RA,)),
        ("urn:oid:2.16.156.10011.2.3.3.11.3", "M06.900", (RA,)),
        ("http://hospital.example/icd", "M06.900", (RA,)),
        (WHO, "M06", (RELATED,)),
        (CN, "M06.x00", (RELATED,)),
        (WHO, "M06.3", (RELATED,)),
        (CN, "M06.400", (RELATED,)),
        (CN, "M06.100", ()),
        (CN, "M08.000", ()),
        (SNOMED, "69896004", (RA,)),
        (SNOMED, "161567008", (RELATED,)),
        (SNOMED, "396275006", ()),
        (WHO, "M05.3", ("other-organs", RA)),
        (CM, "M05.30", (RA, "rheumatoid-heart")),
        (CN, "M05.300", (RA,)),
        (CN, "I10.x00", ("hypertension",)),
        (CN, "I10.x00x032", ("hypertension", "hypertension-grade-3")),
        (WHO, "I10.x00x032", ("hypertension",)),
        (CN, "I14.x00", ()),
        (CN, "A16.200", ("infection",)),
        (CN, "B18.101", ()),
        (WHO, "B20", ()),
        (WHO, "B90.9", ()),
        (WHO, "M46.3", ("infection",)),
        (WHO, "M46.9", ()),
        (CN, "A18.002+M01.1*", ("infection",)),
        (WHO, "M05.1†J99.0*", (RA,)),
        (CN, "C50.900", ("malignancy",)),
        (CM, "C4A.0", ("malignancy",)),
        (CN, "D05.900", ("in-situ",)),
        (CM, "Z90.710", ("hysterectomy",)),
        (CM, "Z90.712", ()),
        (CN, "J45.900", ()),
    ],
)
def test_known_codes(system: str, code: str, inputs: tuple[str, ...]) -> None:
    assert READER.read([Coding(system, code)], None) == ConceptReading(certain(*inputs), mapped=True)


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (CN, "M0690x"),
        (CN, "M06900"),
        (CN, "M06.900x"),
        (WHO, "类风湿"),
        (SNOMED, "203082005"),
        ("http://loinc.org", "777-3"),
        (LOCAL, "M06.9"),
        (None, "M06.9"),
    ],
)
def test_what_no_list_knows_is_unmapped(system: str | None, code: str) -> None:
    assert READER.read([Coding(system, code)], None) == ConceptReading((), mapped=False)


def test_a_pair_belongs_to_the_sets_of_both_halves() -> None:
    assert READER.read([Coding(CN, "C50.900+M06.9*")], None).inputs == certain("malignancy", RA)


@pytest.mark.parametrize(
    ("codings", "inputs", "mapped"),
    [
        ([Coding(LOCAL, "D001", "类风关")], certain(RA), True),
        ([Coding(LOCAL, "D002")], certain(RA), True),
        ([Coding(CN, "M0690")], certain(RA), True),
        ([Coding(CN, "M06.900"), Coding(SNOMED, "203082005")], certain(RA), True),
        ([Coding(CN, "J45.900"), Coding(SNOMED, "69896004")], certain(RA), True),
        ([Coding(CN, "M06.900"), Coding(CN, "M0690x")], certain(RA), True),
        ([Coding(CN, "I10.x00"), Coding(SNOMED, "69896004")], certain("hypertension", RA), True),
        ([Coding(SNOMED, "203082005"), Coding(LOCAL, "X", "高血压")], (), False),
        ([Coding(LOCAL, "X", "高血压")], certain("hypertension"), True),
        ([Coding(None, None, "高血压"), Coding(LOCAL, "Y")], certain("hypertension"), True),
        ([Coding(WHO, None, "高血压")], certain("hypertension"), True),
        ([], (), False),
    ],
    ids=[
        "site table",
        "site table to SNOMED",
        "site table rescues an ill-formed code",
        "unmapped beside mapped",
        "no set beside a set",
        "ill-formed beside mapped",
        "two sets",
        "text decides nothing beside an unlisted code",
        "display of a local coding is text",
        "display without any code",
        "system without a code is no code",
        "nothing",
    ],
)
def test_several_codings(codings: list[Coding], inputs: tuple[tuple[str, bool], ...], mapped: bool) -> None:
    assert READER.read(codings, None) == ConceptReading(inputs, mapped)


@pytest.mark.parametrize(
    ("text", "provisional"),
    [
        ("类风湿关节炎", False),
        ("类风湿关节炎？", True),
        ("类风湿关节炎待排", True),
        ("疑似类风湿关节炎", True),
        ("R/O rheumatoid arthritis", True),
        ("否认类风湿关节炎", True),
        ("无类风湿关节炎", True),
        ("母亲类风湿关节炎", True),
        ("Family History of RA", True),
        ("rheumatoid nodule", False),
        ("RA, chemotherapy planned", False),
        ("类风湿关节炎 无菌性坏死", False),
        ("类风湿关节炎 无脉症", False),
        ("类风湿关节炎病史8年", False),
        ("幼年类风湿关节炎", False),
        ("", False),
    ],
)
def test_text_beside_a_code_only_casts_doubt(text: str, provisional: bool) -> None:
    assert READER.read([Coding(CN, "M06.900")], text) == ConceptReading(
        ((RA, provisional),), True, provisional
    )
    # Beside another code a hedged text is a doubt that is written down; any other text decides nothing there.
    hedged = text in HEDGED
    members = ((RA, True),) if hedged else ()
    assert READER.read([Coding(SNOMED, "203082005")], text) == ConceptReading(members, False, provisional)


HEDGED = ("类风湿关节炎？", "类风湿关节炎待排", "疑似类风湿关节炎", "R/O rheumatoid arthritis")


def test_the_display_of_a_local_coding_casts_doubt_too_but_that_of_a_known_one_does_not() -> None:
    assert READER.read([Coding(CN, "M06.900"), Coding(LOCAL, "X", "类风关?")], None).provisional
    assert READER.read([Coding(LOCAL, "D001", "类风关?")], None).inputs == doubted(RA)
    assert not READER.read([Coding(CN, "M06.900", "类风关?")], None).provisional


@pytest.mark.parametrize(
    ("text", "inputs", "mapped"),
    [
        # plain
        ("类风湿性关节炎", certain(RA), True),
        ("Seropositive Rheumatoid\nArthritis", certain(RA), True),
        ("RA", certain(RA), True),
        ("intracranial trauma", (), False),
        ("高血压病3级，2型糖尿病", certain("hypertension"), True),
        ("肺癌伴高血压", certain("hypertension", "malignancy"), True),
        ("骨质疏松", (), True),
        ("腰痛", (), False),
        ("血小板减少", (), False),
        ("   ", (), False),
        # longest match
        ("宫颈原位癌", certain("in-situ"), True),
        ("宫颈原位癌；乳腺癌", certain("in-situ", "malignancy"), True),
        ("胃癌前病变", (), True),
        ("结核菌素试验阳性", (), False),
        ("肺结核 结核菌素试验阳性", certain("infection"), True),
        # hedge
        ("类风湿关节炎？", doubted(RA), True),
        ("类风湿关节炎待排", doubted(RA), True),
        ("rule out rheumatoid arthritis", doubted(RA), True),
        ("可能骨质疏松", (), True),
        ("疑似腰痛", (), False),
        # negation
        ("否认结核", (), False),
        ("无高血压", (), False),
        ("类风湿关节炎，否认糖尿病", (), False),
        ("Patient denies cancer", (), False),
        ("no evidence of cancer", (), False),
        ("nodule, cancer", certain("malignancy"), True),
        ("无脉症", (), True),
        ("类风湿关节炎，无张力性膀胱", certain(RA), True),
        ("无菌性骨坏死，类风湿关节炎", certain(RA), True),
        ("类风湿关节炎伴重症肌无力", certain(RA), True),
        ("无乳链球菌感染", certain("infection"), True),
        ("无菌性骨坏死，无高血压", (), False),
        # family
        ("母亲患乳腺癌", (), True),
        ("肿瘤家族史", (), True),
        ("家族史：肺癌", (), True),
        ("父亲高血压，母亲糖尿病", (), True),
        ("母亲患乳腺癌，高血压", (), False),
        ("父亲糖尿病、高血压", (), False),
        ("父亲高血压\n类风湿关节炎", (), False),
        ("Mother: breast cancer; rheumatoid arthritis", (), False),
        ("Father had cancer.", (), True),
        ("cancer, chemotherapy", certain("malignancy"), True),
        ("否认肿瘤家族史", (), False),
        # history
        ("类风湿关节炎病史8年", certain(RELATED), True),
        ("既往类风湿结节", certain(RELATED), True),
        ("History of cancer", certain("malignancy-history"), True),
        ("恶性肿瘤个人史", certain("malignancy-history"), True),
        ("恶性肿瘤个人史，既往化疗", certain("malignancy-history"), True),
        ("高血压病史10年", doubted("hypertension"), True),
        ("类风湿关节炎病史8年？", doubted(RELATED), True),
        ("骨质疏松病史", (), True),
        ("h/o back pain", (), False),
        # juvenile
        ("幼年类风湿关节炎", (), True),
        ("Juvenile rheumatoid arthritis", (), True),
        ("幼年类风湿关节炎病史", (), True),
        ("幼年类风湿关节炎，高血压", certain("hypertension"), True),
        ("幼年类风湿结节", certain(RELATED), True),
    ],
)
def test_text_alone(text: str, inputs: tuple[tuple[str, bool], ...], mapped: bool) -> None:
    reading = READER.read([], text)
    assert (reading.inputs, reading.mapped) == (inputs, mapped)
    assert READER.read([Coding(LOCAL, "X", text)], None) == reading
    assert READER.read([Coding(LOCAL, "X", text)], text) == reading


def test_text_and_local_display_are_read_together() -> None:
    assert READER.read([Coding(LOCAL, "X", "高血压")], "否认糖尿病") == ConceptReading((), False)
    assert READER.read([Coding(LOCAL, "X", "肺癌")], "家族史阳性") == ConceptReading((), False)
    assert READER.read([Coding(LOCAL, "X", "高血压")], "类风湿关节炎?").inputs == doubted("hypertension", RA)
    # No pattern may run from one text into the next.
    assert READER.read([Coding(LOCAL, "X", "血压")], "高") == ConceptReading((), False)


def test_history_without_a_sibling_input_neither_proves_nor_frees() -> None:
    reader = ConceptReader(definitions(), [item for item in CONDITIONS if item.id != RELATED])
    assert reader.read([], "类风湿关节炎病史8年") == ConceptReading(doubted(RA), mapped=True)


@pytest.mark.parametrize(
    ("text", "provisional"), [("高血压病史10年", False), ("既往高血压?", True), ("高血压", False)]
)
def test_an_input_may_take_a_history_as_the_condition_itself(text: str, provisional: bool) -> None:
    inputs = [
        ConditionInput("counts", "", "hypertension", history_counts=True),
        ConditionInput("plain", "", "hypertension"),
    ]
    reading = ConceptReader(definitions(), inputs).read([], text)
    assert reading.inputs == (("counts", provisional), ("plain", provisional or "高血压病史" in text))
    assert reading.mapped


def test_a_history_that_counts_is_in_the_history_set_too() -> None:
    counts = ConditionInput("malignancy", "", "malignancy", history_counts=True)
    sibling = ConditionInput("malignancy-history", "", "malignancy-history")
    assert ConceptReader(definitions(), [counts, sibling]).read([], "肺癌病史").inputs == certain(
        "malignancy", "malignancy-history"
    )


def test_sets_of_results_and_events_know_no_diagnosis() -> None:
    sets = {
        **VALUE_SETS,
        "vaccine": (text("水痘"), snomed("38907003")),
        "nyha": (text("心功能"), snomed("420913000")),
        "hysterectomy": (text("子宫切除"), snomed("236886002")),
    }
    plain = definitions(sets)
    inputs: dict[str, Input] = {
        **plain.inputs,
        "vaccine": EventInput("vaccine", "", (), value_set="vaccine"),
        "nyha": AnswerInput("nyha", "", "nyha"),
        "removed": EventInput("removed", "", (), value_set="hysterectomy"),
    }
    reader = ConceptReader(Definitions(inputs, plain.value_sets, SITE, {}, WORDS), CONDITIONS)
    for known in ("水痘", "心功能"):
        assert reader.read([], known) == ConceptReading((), mapped=False)
    for code in ("38907003", "420913000"):
        assert reader.read([Coding(SNOMED, code)], None) == ConceptReading((), mapped=False)
    # One that a condition input reads too names diagnoses.
    assert reader.read([], "子宫切除术后") == ConceptReading(certain("hysterectomy"), mapped=True)
    assert reader.read([Coding(SNOMED, "236886002")], None).mapped


def test_two_sets_may_hold_the_same_words() -> None:
    shared = {**VALUE_SETS, "infection": (text("高血压"),)}
    reader = ConceptReader(definitions(shared), CONDITIONS)
    assert reader.read([], "高血压").inputs == certain("hypertension", "infection")


def test_several_inputs_may_read_one_value_set() -> None:
    reader = ConceptReader(definitions(), [ConditionInput("b", "", RA), ConditionInput("a", "", RA)])
    assert reader.read([Coding(CN, "M06.900")], None).inputs == certain("a", "b")


def test_words_may_extend_what_is_no_negation() -> None:
    site_words = {**WORDS, "not_negation": ("无锡",)}
    plain = definitions()
    extended = Definitions(plain.inputs, plain.value_sets, plain.site, plain.views, site_words)
    assert ConceptReader(extended, CONDITIONS).read([], "类风湿关节炎 无锡").inputs == certain(RA)
    assert all("无" in word for word in NOT_NEGATION)


@pytest.mark.parametrize(
    "row",
    [
        icd("prefix", "M0"),
        icd("code", "69896004"),
        icd("range", "A00"),
        icd("range", "B99", "A00"),
        icd("prefix", "A00", exclude=("A00", "x")),
    ],
)
def test_a_malformed_icd_row_is_refused(row: ValueSetRow) -> None:
    with pytest.raises(DefinitionError, match=f"value set {RA}"):
        ConceptReader(definitions({**VALUE_SETS, RA: (row,)}), CONDITIONS)


_CODINGS = (
    Coding(CN, "I10.x00"),
    Coding(LOCAL, "D001", "高血压?"),
    Coding(SNOMED, "203082005"),
    Coding(None, None, "乳腺癌"),
)


def test_the_order_of_codings_does_not_matter() -> None:
    for size in range(len(_CODINGS) + 1):
        for chosen in itertools.combinations(_CODINGS, size):
            readings = {READER.read(order, "类风湿关节炎") for order in itertools.permutations(chosen)}
            assert len(readings) == 1


_FRAGMENTS = st.sampled_from(
    ["类风湿关节炎", "原位癌", "无", "否认", "母亲", "，", "?", "病史", "幼年", "no", " ", "x"]
)


@given(st.lists(_FRAGMENTS).map("".join) | st.text())
def test_no_text_raises_and_doubt_never_adds_certainty(text: str) -> None:
    reading = READER.read([], text)
    assert list(reading.inputs) == sorted(reading.inputs)
    assert reading.mapped or not reading.inputs
    hedged = READER.read([], text + "?")
    assert all(provisional for _, provisional in hedged.inputs)
    assert dict(hedged.inputs).keys() <= dict(reading.inputs).keys()
