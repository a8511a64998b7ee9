"""What medications are: by ATC and RxNorm, by name in Chinese and English, the longest first; why one stopped."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapter.model.inputs import Definitions, Drug, MedicationWords, Site, ValueSetRow
from fhir_adapter.model.medications import DrugReader, StopReader
from fhir_adapter.model.readings import Coding, DrugReading, RawAmount, RawMedication, StopReading

ATC = "http://www.whocc.no/atc"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
STATUS_REASON = "http://terminology.hl7.org/CodeSystem/medicationrequest-status-reason"
LOCAL = "http://hospital.example/drug"


def drug(name: str, *rows: tuple[str, str, str], exclude: tuple[str, ...] = ()) -> Drug:
    return Drug(
        name,
        name,
        tuple(
            ValueSetRow(system, match, value, exclude=exclude if system == "text" else ())
            for system, match, value in rows
        ),
    )


CATALOGUE = (
    drug(
        "prednisone",
        ("rxnorm", "code", "8640"),
        ("atc", "code", "H02AB07"),
        ("text", "text", "泼尼松"),
        ("text", "text", "强的松"),
        ("text", "text", "Prednisone"),
    ),
    drug(
        "prednisolone",
        ("atc", "code", "H02AB06"),
        ("text", "text", "泼尼松龙"),
        ("text", "text", "prednisolone"),
    ),
    drug("meprednisone", ("text", "text", "甲泼尼松")),
    drug("methylprednisolone", ("text", "text", "甲泼尼龙"), ("text", "text", "methylprednisolone")),
    drug(
        "methotrexate",
        ("rxnorm", "code", "6851"),
        ("atc", "code", "L04AX03"),
        ("text", "text", "甲氨蝶呤"),
        ("text", "text", "MTX"),
    ),
    drug("tacrolimus", ("atc", "code", "L04AD02"), ("text", "text", "他克莫司"), ("text", "text", "FK506")),
    drug("nsaid", ("atc", "prefix", "M01A"), ("text", "text", "布洛芬")),
    drug("celecoxib", ("atc", "code", "M01AH01")),
    drug(
        "other",
        ("atc", "prefix", "M01AX05"),
        ("text", "stem", "沙坦"),
        ("text", "stem", "-sartan"),
        ("text", "text", "叶酸"),
    ),
    drug("chalk", ("text", "text", "钙"), exclude=("亚叶酸钙",)),
    drug("not-systemic", ("atc", "prefix", "D07"), ("text", "text", "他克莫司软膏")),
)
WORDS = MedicationWords(
    routes={
        "none": ("snomed|385101003", "snomed|6064005", "乳膏", "软膏", "gel", "inhal*", "滴眼"),
        "injection": ("snomed|385219001", "注射", "静脉", "injection"),
    },
    stop_reasons={
        "intolerance": (
            "medicationrequest-status-reason|sintol",
            "snomed|59037007",
            "不耐受",
            "不良反应",
            "intoleran*",
            "side effect",
        ),
        "level": ("medicationrequest-status-reason|drughigh", "浓度过高"),
    },
    dose_units={"mg": Fraction(1), "g": Fraction(1000), "ug": Fraction(1, 1000), "毫克": Fraction(1)},
    countable=frozenset({"片", "tablet"}),
)


def definitions() -> Definitions:
    return Definitions(
        inputs={},
        value_sets={},
        site=Site(code_maps={(LOCAL, "Y1"): (("atc", "L04AX03"),)}),
        views={},
        words={"negation": ("无", "否认", "no"), "family": ("母亲",), "hedge": ("?",)},
        drugs={one.id: one for one in CATALOGUE},
        medication=WORDS,
    )


READER = DrugReader(definitions())
STOPS = StopReader(definitions())


def atc(code: str, display: str | None = None) -> Coding:
    return Coding(ATC, code, display)


@pytest.mark.parametrize(
    ("codings", "texts", "drugs"),
    [
        # codes
        ([atc("H02AB07")], (), ("prednisone",)),
        ([Coding("urn:oid:2.16.840.1.113883.6.73", "h02ab07 ")], (), ("prednisone",)),
        ([Coding(RXNORM, "8640")], (), ("prednisone",)),
        ([Coding(LOCAL, "Y1")], ("不认识",), ("methotrexate",)),
        ([atc("M01AE01")], (), ("nsaid",)),
        ([atc("M01AH01")], (), ("celecoxib",)),
        ([atc("M01AX05")], (), ("other",)),
        ([atc("C09CA01")], (), ("other",)),
        ([atc("D07AC01")], (), ("other",)),
        ([atc("H02AB07"), Coding(RXNORM, "6851")], (), ("methotrexate", "prednisone")),
        # a group: its members may be of several drugs, so the names decide
        ([atc("H02AB")], (), ()),
        ([atc("M01A")], (), ()),
        ([atc("M01AE")], (), ("nsaid",)),
        ([atc("C09C")], (), ("other",)),
        ([atc("H02AB", "Prednisolone")], (), ("prednisolone",)),
        # what cannot be placed (rule 23)
        ([Coding(RXNORM, "312615", "predniSONE 20 MG Oral Tablet")], (), ("prednisone",)),
        ([Coding(RXNORM, "312615")], (), ()),
        ([atc("X01AA01")], (), ()),
        ([Coding(SNOMED, "116602009", "Prednisone")], (), ("prednisone",)),
        # a code that can be placed decides alone
        ([atc("C09CA01")], ("甲氨蝶呤片",), ("other",)),
        ([Coding(LOCAL, "X", "甲氨蝶呤片"), atc("H02AB07")], (), ("prednisone",)),
        # names
        ([], ("醋酸泼尼松片",), ("prednisone",)),
        ([], ("醋酸泼尼松龙片",), ("prednisolone",)),
        ([], ("甲泼尼松片",), ("meprednisone",)),
        ([], ("甲泼尼龙片",), ("methylprednisolone",)),
        ([], ("泼尼松龙 换 泼尼松",), ("prednisolone", "prednisone")),
        ([], ("Methylprednisolone 4mg",), ("methylprednisolone",)),
        ([], ("prednisone5mg",), ("prednisone",)),
        ([], ("ＭＴＸ片",), ("methotrexate",)),
        ([], ("MTXX",), ()),
        ([], ("FK506 胶囊",), ("tacrolimus",)),
        ([], ("他克莫司胶囊",), ("tacrolimus",)),
        ([], ("他克莫司软膏",), ("other",)),
        ([], ("厄贝沙坦氢氯噻嗪片",), ("other",)),
        ([], ("Irbesartan tablets",), ("other",)),
        ([], ("碳酸钙", "甲氨蝶呤"), ("chalk", "methotrexate")),
        ([], ("亚叶酸钙",), ("other",)),
        ([Coding(LOCAL, "X", "布洛芬")], ("缓释胶囊",), ("nsaid",)),
        # no name runs from one text into the next
        ([Coding(LOCAL, "X", "松")], ("泼尼",), ()),
        ([], ("雷公藤",), ()),
        ([], (), ()),
    ],
)
def test_drugs(codings: list[Coding], texts: tuple[str, ...], drugs: tuple[str, ...]) -> None:
    reading = READER.read(RawMedication(tuple(codings), texts))
    assert (reading.drugs, reading.mapped) == (drugs, bool(drugs))


@pytest.mark.parametrize(
    ("raw", "nameless"),
    [
        (RawMedication(), True),
        (RawMedication((Coding(None, None, " "),), ("  ",)), True),
        (RawMedication((Coding(LOCAL, "X"),)), True),
        (RawMedication((Coding(RXNORM, "1"),)), True),
        (RawMedication((atc("H02AB"),)), True),
        (RawMedication((atc("H02AB07"),)), False),
        (RawMedication((atc("C09CA01"),)), False),
        (RawMedication((Coding(LOCAL, "X", "药"),)), False),
        (RawMedication(texts=("药",)), False),
    ],
)
def test_nameless_is_what_neither_a_known_code_nor_a_text_names(raw: RawMedication, nameless: bool) -> None:
    assert READER.read(raw).nameless is nameless


@pytest.mark.parametrize(
    ("raw", "route"),
    [
        (RawMedication(texts=("泼尼松片",)), None),
        (RawMedication(texts=("注射用甲泼尼龙",)), "injection"),
        (RawMedication(texts=("泼尼松龙滴眼液",)), "none"),
        (RawMedication(texts=("hydrocortisone gel",)), "none"),
        (RawMedication(texts=("prednisone gelatin capsule",)), None),
        (RawMedication(texts=("Budesonide inhalation powder",)), "none"),
        (RawMedication(texts=("注射用凝胶 软膏",)), "injection"),
        (RawMedication((atc("D07AC01"),)), "none"),
        (RawMedication(texts=("他克莫司软膏",)), "none"),
        (RawMedication((atc("D07AC01"), atc("H02AB07"))), None),
        (RawMedication(texts=("泼尼松",), form=(Coding(SNOMED, "385101003"),)), "none"),
        (RawMedication(texts=("泼尼松",), form=(Coding(LOCAL, "7", "注射液"),)), "injection"),
        (RawMedication(texts=("泼尼松软膏",), form_text="注射液"), "injection"),
        (RawMedication(texts=("泼尼松软膏",), form_text="片剂"), "none"),
    ],
)
def test_route(raw: RawMedication, route: str | None) -> None:
    assert READER.read(raw).route == route


def of_ingredient(
    value: str | None, unit: str | None, per: str | None = "1", per_unit: str | None = None
) -> tuple[RawAmount, RawAmount]:
    return RawAmount(value, unit), RawAmount(per, per_unit)


@pytest.mark.parametrize(
    ("raw", "strength"),
    [
        (RawMedication(texts=("泼尼松片 5mg",)), "5"),
        (RawMedication(texts=("甲氨蝶呤片2.5毫克*16片",)), "5/2"),
        (RawMedication(texts=("Ibuprofen 0.2 G Oral Tablet",)), "200"),
        (RawMedication(texts=("骨化三醇 0.25μg",)), "1/4000"),
        (RawMedication((Coding(LOCAL, "1", "泼尼松 5mg"),), ("泼尼松片(5 mg×100片)",)), "5"),
        (RawMedication((Coding(LOCAL, "1", "泼尼松 5mg"),), ("泼尼松 1mg",)), None),
        (RawMedication(texts=("缬沙坦氨氯地平 80mg/5mg",)), None),
        (RawMedication(texts=("缬沙坦氨氯地平 80/5mg",)), None),
        (RawMedication(texts=("泼尼松 5-10mg",)), None),
        (RawMedication(texts=("泼尼松 1,000mg",)), None),
        (RawMedication(texts=("甲氨蝶呤 50mg/2ml",)), None),
        (RawMedication(texts=("泼尼松 0mg",)), None),
        (RawMedication(texts=("泼尼松 5 mgs",)), None),
        (RawMedication(texts=("泼尼松",)), None),
        (RawMedication(texts=("泼尼松 5mg",), strengths=(of_ingredient("1", "mg", "1", "片"),)), "1"),
        (RawMedication(strengths=(of_ingredient("5", "mg", "2", "tablet"),)), "5/2"),
        (RawMedication(strengths=(of_ingredient("5", "MG", None),)), "5"),
        (RawMedication(texts=("泼尼松 5mg",), strengths=(of_ingredient("5", "mg", "1", "mL"),)), None),
        (RawMedication(strengths=(of_ingredient("5", "mg"), of_ingredient("5", "mg"))), None),
        (RawMedication(strengths=(of_ingredient("5", "IU"),)), None),
        (RawMedication(strengths=(of_ingredient("x", "mg"),)), None),
        (RawMedication(strengths=(of_ingredient("5", "mg", "0"),)), None),
        (RawMedication(texts=("泼尼松 5mg",), strengths=((RawAmount(), RawAmount()),)), "5"),
    ],
)
def test_strength(raw: RawMedication, strength: str | None) -> None:
    assert READER.read(raw).strength == strength


def test_without_a_catalogue_only_atc_codes_are_known() -> None:
    empty = DrugReader(Definitions({}, {}, Site(), {}, {}))
    assert empty.read(RawMedication((atc("H02AB07"),), ("泼尼松 5mg 注射",))) == DrugReading(
        ("other",), True, False
    )
    assert empty.read(RawMedication(texts=("泼尼松 5mg",))) == DrugReading((), False, False)


@pytest.mark.parametrize(
    ("codings", "text", "reading"),
    [
        ([Coding(STATUS_REASON, "sintol")], None, StopReading("intolerance")),
        ([Coding(SNOMED, "59037007")], "疗效不佳", StopReading("intolerance")),
        ([Coding(STATUS_REASON, "drughigh")], None, StopReading("level")),
        (
            [Coding(STATUS_REASON, "drughigh"), Coding(STATUS_REASON, "sintol")],
            None,
            StopReading("intolerance"),
        ),
        ([Coding(STATUS_REASON, "altchoice")], None, StopReading(None)),
        ([Coding(LOCAL, "sintol")], None, StopReading(None)),
        ([Coding(LOCAL, "3", "不耐受")], None, StopReading("intolerance", True)),
        ([], "胃肠道不良反应", StopReading("intolerance", True)),
        ([], "Intolerance of drug", StopReading("intolerance", True)),
        ([], "血药浓度过高", StopReading("level", True)),
        ([], "浓度过高，不良反应", StopReading("intolerance", True)),
        ([], "无不良反应", StopReading(None)),
        ([], "No side effect, patient moved", StopReading(None)),
        ([], "无皮疹、不良反应", StopReading(None)),
        ([], "无发热，胃肠道不良反应", StopReading("intolerance", True)),
        ([], "无效，不良反应", StopReading("intolerance", True)),
        ([], "无效", StopReading(None)),
        ([], " ", StopReading(None)),
        ([], None, StopReading(None)),
    ],
)
def test_stop_reason(codings: list[Coding], text: str | None, reading: StopReading) -> None:
    assert STOPS.read(codings, text) == reading


_TEXT = (
    st.none() | st.text() | st.sampled_from(["5", "mg", "1e999", "泼尼松龙5mg", "L04A", ATC, RXNORM, "无"])
)
_CODINGS = st.lists(st.builds(Coding, _TEXT, _TEXT, _TEXT), max_size=3).map(tuple)
_AMOUNT = st.builds(RawAmount, _TEXT, _TEXT, _TEXT, _TEXT)


@given(
    st.builds(
        RawMedication,
        _CODINGS,
        st.lists(_TEXT.map(lambda text: text or "")).map(tuple),
        _CODINGS,
        _TEXT,
        st.lists(st.tuples(_AMOUNT, _AMOUNT), max_size=2).map(tuple),
    ),
    _TEXT,
)
def test_nothing_raises(raw: RawMedication, text: str | None) -> None:
    reading = READER.read(raw)
    assert reading.mapped == bool(reading.drugs)
    assert not (reading.mapped and reading.nameless)
    STOPS.read(raw.codings, text)
