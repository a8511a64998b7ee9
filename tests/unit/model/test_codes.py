"""Code systems by their many names, site mappings, and what a result's codes and text say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from fhir_adapter.model.codes import ResultCodes, ResultReading, fold, system_of, translate
from fhir_adapter.model.inputs import Definitions, QuantityInput, Site, ValueSet, ValueSetRow
from fhir_adapter.model.readings import Coding

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
LOCAL = "http://hospital.example/lis"
DIAGNOSES = "http://hospital.example/icd"

SITE = Site(
    systems={DIAGNOSES: "icd-10-cn", "http://hospital.example/loinc": "loinc"},
    code_maps={
        (LOCAL, "PLT"): ((LOINC, "777-3"),),
        (LOCAL, "HGBCRP"): (("loinc", "718-7"), (LOINC, "1988-5")),
        ("", "WBC"): ((LOINC, "6690-2"),),
    },
)


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("http://loinc.org", "loinc"),
        ("urn:oid:2.16.840.1.113883.6.1", "loinc"),
        ("http://snomed.info/sct", "snomed"),
        ("urn:oid:2.16.840.1.113883.6.96", "snomed"),
        ("http://hl7.org/fhir/sid/icd-10", "icd-10"),
        ("urn:oid:2.16.840.1.113883.6.3", "icd-10"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "icd-10-cm"),
        ("urn:oid:2.16.840.1.113883.6.90", "icd-10-cm"),
        ("urn:oid:2.16.156.10011.2.3.3.11", "icd-10-cn"),
        ("urn:oid:2.16.156.10011.2.3.3.11.3", "icd-10-cn"),
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "rxnorm"),
        ("urn:oid:2.16.840.1.113883.6.88", "rxnorm"),
        ("http://www.whocc.no/atc", "atc"),
        ("urn:oid:2.16.840.1.113883.6.73", "atc"),
        ("http://hl7.org/fhir/sid/cvx", "cvx"),
        ("urn:oid:2.16.840.1.113883.12.292", "cvx"),
        (DIAGNOSES, "icd-10-cn"),
        (LOCAL, None),
        ("http://hl7.org/fhir/sid/icd-9-cm", None),
        ("icd-10", None),
        ("", None),
        (None, None),
    ],
)
def test_system_of(uri: str | None, expected: str | None) -> None:
    assert system_of(uri, SITE) == expected


@pytest.mark.parametrize(
    ("codings", "expected"),
    [
        ([], []),
        ([Coding(LOCAL, "PLT", "血小板")], [Coding(LOCAL, "PLT", "血小板"), Coding(LOINC, "777-3")]),
        (
            [Coding(LOCAL, "HGBCRP")],
            [Coding(LOCAL, "HGBCRP"), Coding(LOINC, "718-7"), Coding(LOINC, "1988-5")],
        ),
        ([Coding(None, "WBC")], [Coding(None, "WBC"), Coding(LOINC, "6690-2")]),
        ([Coding(LOCAL, "plt")], [Coding(LOCAL, "plt")]),
        ([Coding(LOCAL, None, "血小板")], [Coding(LOCAL, None, "血小板")]),
        ([Coding(LOINC, "777-3"), Coding(LOCAL, "PLT")], [Coding(LOINC, "777-3"), Coding(LOCAL, "PLT")]),
    ],
    ids=["nothing", "one", "several targets", "no system", "exact case", "no code", "no repeats"],
)
def test_translate_adds_targets(codings: list[Coding], expected: list[Coding]) -> None:
    assert list(translate(codings, SITE)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＰＬＴ　 计数\n", "plt 计数"),
        ("Straße", "strasse"),
        ("？", "?"),
        ("  ", ""),
        ("CRP（超敏）", "crp(超敏)"),
    ],
)
def test_fold(text: str, expected: str) -> None:
    assert fold(text) == expected


def quantity(name: str, names: tuple[str, ...] = (), not_names: tuple[str, ...] = ()) -> QuantityInput:
    return QuantityInput(name, name, name, "1", {}, names=names, not_names=not_names)


def reader(value_sets: Mapping[str, list[ValueSetRow]], *inputs: QuantityInput) -> ResultCodes:
    definitions = Definitions(
        inputs={item.id: item for item in inputs},
        value_sets={name: ValueSet(name, tuple(rows)) for name, rows in value_sets.items()},
        site=SITE,
        views={},
        words={},
    )
    return ResultCodes(definitions, inputs)


RESULTS = reader(
    {
        "platelets": [ValueSetRow("loinc", "code", "777-3"), ValueSetRow("loinc", "code", "26515-7")],
        "wbc": [ValueSetRow("loinc", "code", "6690-2"), ValueSetRow("text", "text", "白细胞")],
        "creatinine": [ValueSetRow("loinc", "code", "2160-0"), ValueSetRow("loinc", "code", "14682-9")],
        "crp": [ValueSetRow("loinc", "code", "1988-5")],
        "inflammation": [ValueSetRow("loinc", "code", "1988-5"), ValueSetRow("snomed", "prefix", "1234")],
    },
    quantity("wbc", ("白细胞", "WBC", ""), ("尿", "白细胞酯酶")),
    quantity("platelets", ("血小板", "PLT"), ("血小板分布宽度", "PDW")),
    replace(
        quantity("creatinine", ("肌酐",)),
        mass_codes=frozenset({"2160-0"}),
        molar_codes=frozenset({"14682-9"}),
    ),
    quantity("inflammation"),
    quantity("crp", ("C反应蛋白",)),
)


@pytest.mark.parametrize(
    ("codings", "text", "inputs", "hints"),
    [
        ([Coding(LOINC, "777-3")], None, ("platelets",), ()),
        ([Coding("urn:oid:2.16.840.1.113883.6.1", "777-3")], None, ("platelets",), ()),
        ([Coding(LOCAL, "PLT")], None, ("platelets",), ()),
        ([Coding(LOINC, "1988-5")], None, ("crp", "inflammation"), ()),
        ([Coding(LOINC, "777-3"), Coding(LOINC, "6690-2")], None, ("platelets", "wbc"), ()),
        ([Coding(SNOMED, "12345")], None, ("inflammation",), ()),
        ([Coding(LOINC, "12345")], None, (), ()),
        ([Coding(LOINC, "6690-20")], None, (), ()),
        ([Coding(LOCAL, "777-3")], None, (), ()),
        ([Coding(None, "777-3")], None, (), ()),
        ([Coding(LOINC, None)], None, (), ()),
        ([], "血小板计数", (), ("platelets",)),
        ([Coding(LOCAL, "X", "ＰＬＴ")], None, (), ("platelets",)),
        ([Coding(LOINC, "99999-9", "White cells (WBC)")], None, (), ("wbc",)),
        ([], "血小板分布宽度", (), ()),
        ([Coding(LOCAL, "X", "血小板")], "血小板分布宽度(PDW)", (), ()),
        ([], "尿白细胞", (), ()),
        ([], "血小板、白细胞", (), ("platelets", "wbc")),
        ([Coding(LOINC, "777-3", "血小板")], "白细胞", ("platelets",), ()),
        ([], None, (), ()),
        ([], "", (), ()),
    ],
)
def test_codes_decide_and_names_only_hint(
    codings: list[Coding], text: str | None, inputs: tuple[str, ...], hints: tuple[str, ...]
) -> None:
    reading = RESULTS.read(codings, text)
    assert (reading.inputs, reading.hints) == (inputs, hints)


@pytest.mark.parametrize(
    ("codes", "properties"),
    [
        (["2160-0"], (("creatinine", "mass"),)),
        (["14682-9"], (("creatinine", "molar"),)),
        (["14682-9", "2160-0", "2160-0"], (("creatinine", "mass"), ("creatinine", "molar"))),
        (["777-3"], ()),
    ],
)
def test_a_code_may_say_mass_or_molar(codes: list[str], properties: tuple[tuple[str, str], ...]) -> None:
    assert RESULTS.read([Coding(LOINC, code) for code in codes], None).properties == properties


def test_only_the_matched_code_says_mass() -> None:
    assert RESULTS.read([Coding(LOCAL, "2160-0")], None) == ResultReading((), (), ())
