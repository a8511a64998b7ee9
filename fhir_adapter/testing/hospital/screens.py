"""Owns the pen for coded results: HBsAg, HBV DNA, anti-HBc, IGRA, hCG and statements, in words, codes and numbers."""

from __future__ import annotations

from fhir_adapter.testing.hospital.analytes import Resource, Test, quantity
from fhir_adapter.testing.hospital.chart import Chart
from fhir_adapter.testing.hospital.clock import When
from fhir_adapter.testing.hospital.systems import LOINC, SNOMED

_MEANING = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


def _test(local: str, text: str, *codes: str, category: str = "laboratory") -> Test:
    return Test(local, tuple((LOINC, code, text) for code in codes), text, category, ())


HBSAG = _test("HBSAG", "乙肝表面抗原", "5196-1", "5195-3")
HBV_DNA = _test("HBVDNA", "乙肝病毒DNA定量", "42595-9")
ANTI_HBC = _test("HBCAB", "乙肝核心抗体", "16933-4")
IGRA = _test("IGRA", "结核感染T细胞检测(γ干扰素释放试验)", "71773-6")
HCG = _test("HCG", "人绒毛膜促性腺激素(定性)", "2106-3", "2118-8")
PREGNANT = _test("PREG", "妊娠状态", "82810-3", category="social-history")
NURSING = _test("BF", "哺乳状态", "63895-7", category="social-history")
TESTS = (HBSAG, HBV_DNA, ANTI_HBC, IGRA, HCG, PREGNANT, NURSING)


def _concept(system: str, code: str, text: str) -> Resource:
    return {"valueCodeableConcept": {"coding": [{"system": system, "code": code}], "text": text}}


def _marked(code: str, text: str) -> Resource:
    return {"interpretation": [{"coding": [{"system": _MEANING, "code": code}], "text": text}]}


_NEGATIVE: tuple[Resource, ...] = (
    _concept(SNOMED, "260385009", "阴性"),
    _concept(LOINC, "LA6577-6", "Negative"),
    {"valueCodeableConcept": {"text": "阴性"}},
    {"valueString": "阴性"},
    {"valueString": "阴性(-)"},
    {"valueString": "（－）"},
    {"valueString": "Negative"},
)
_POSITIVE: tuple[Resource, ...] = (
    _concept(SNOMED, "10828004", "阳性"),
    _concept(LOINC, "LA6576-8", "Positive"),
    {"valueCodeableConcept": {"text": "阳性"}},
    {"valueString": "阳性"},
    {"valueString": "阳性(+)"},
    {"valueString": "(+)"},
    {"valueString": "positive"},
)
NEITHER: tuple[Resource, ...] = (
    {"valueString": "弱阳性"},
    {"valueString": "±"},
    {"valueCodeableConcept": {"text": "不确定"}},
    {"valueString": "indeterminate"},
)


def negative(chart: Chart, test: Test, when: When) -> None:
    """A negative answer in one of the ways that a laboratory writes it."""
    value = chart.rng.choice(_NEGATIVE)
    if test is HBV_DNA:
        value = chart.rng.choice(({"valueString": "未检出"}, _concept(SNOMED, "260415000", "未检出")))
    elif test is HBSAG and chart.rng.random() < 0.3:
        value = chart.rng.choice(
            (_number("0.02"), {"valueQuantity": quantity("0.31", "COI"), **_marked("NEG", "-")})
        )
    chart.observe(test, when, value)


def positive(chart: Chart, test: Test, when: When) -> None:
    """A positive answer."""
    value = chart.rng.choice(_POSITIVE)
    if test is HBV_DNA:
        value = {"valueQuantity": quantity(chart.rng.choice(("32000", "1500000")), "IU/mL", "[IU]/mL")}
    elif test is HBSAG and chart.rng.random() < 0.3:
        value = chart.rng.choice(
            (_number("250"), {"valueQuantity": quantity("812", "COI"), **_marked("POS", "+")})
        )
    chart.observe(test, when, value)


def _number(value: str) -> Resource:
    """HBsAg in IU/mL beside its own range."""
    limit = {"high": quantity("0.05", "IU/mL", "[IU]/mL")}
    return {"valueQuantity": quantity(value, "IU/mL", "[IU]/mL"), "referenceRange": [limit]}


def answered(chart: Chart, test: Test, when: When, value: Resource) -> None:
    """An answer exactly as given."""
    chart.observe(test, when, value)


def below_the_limit(chart: Chart, when: When) -> None:
    """HBV DNA below what the assay quantifies."""
    number = {"valueQuantity": quantity("20", "IU/mL", "[IU]/mL") | {"comparator": "<"}}
    chart.observe(HBV_DNA, when, chart.rng.choice((number, {"valueString": "<20 IU/mL"})))


def says(chart: Chart, yes: bool, when: When) -> None:
    """Whether she breastfeeds."""
    code = "373066001" if yes else "373067005"
    chart.observe(NURSING, when, _concept(SNOMED, code, "是" if yes else "否"))


def status(chart: Chart, pregnant: bool, when: When) -> None:
    """A status of pregnancy."""
    code, text = ("77386006", "妊娠") if pregnant else ("60001007", "未妊娠")
    chart.observe(PREGNANT, when, _concept(SNOMED, code, text))
