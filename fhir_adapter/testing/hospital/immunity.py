"""Owns E8: what forbids immune suppression, in Conditions, allergies, vaccines (30 d) and drugs in force."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.agents_events import allergy
from fhir_adapter.testing.hospital.analytes import Resource
from fhir_adapter.testing.hospital.chart import CLEAR, Archetype, Chart, Said, awkward, unknown
from fhir_adapter.testing.hospital.diagnoses import coded
from fhir_adapter.testing.hospital.drugs import CYCLOSPORINE
from fhir_adapter.testing.hospital.medications import daily, request, statement, text
from fhir_adapter.testing.hospital.standing import JUDGEMENT, UNMAPPED, IfSilent
from fhir_adapter.testing.hospital.systems import ATC, RXNORM, SNOMED

_SILENT = IfSilent(CLEAR)
_CVX = "http://hl7.org/fhir/sid/cvx"
_LIVE: tuple[Resource, ...] = (
    {"coding": [{"system": _CVX, "code": "21", "display": "varicella"}]},
    {"coding": [{"system": _CVX, "code": "03", "display": "MMR"}], "text": "麻腮风疫苗"},
    {"coding": [{"system": ATC, "code": "J07BD52"}]},
    {"text": "水痘减毒活疫苗"},
)
_INACTIVATED: tuple[Resource, ...] = (
    {"coding": [{"system": _CVX, "code": "140"}], "text": "流感疫苗"},
    {"coding": [{"system": ATC, "code": "J07BK03"}], "text": "重组带状疱疹疫苗"},
    {"coding": [{"system": _CVX, "code": "133"}]},
)
_TACROLIMUS: Mapping[str, Resource] = MappingProxyType(
    {
        "atc": {"coding": [{"system": ATC, "code": "L04AD02"}]},
        "rxnorm": {"coding": [{"system": RXNORM, "code": "42316"}], "text": "tacrolimus"},
        "words": {"text": "他克莫司"},
        "brand": {"text": "普乐可复"},
    }
)


def none(chart: Chart) -> Said:
    """No signal, as in most records; some have an allergy or a vaccine that is none."""
    pick = chart.rng.random()
    if pick < 0.15:
        allergy(chart, {"text": chart.rng.choice(("青霉素", "头孢类药物", "海鲜"))})
    elif pick < 0.3:
        _vaccinated(chart, chart.rng.choice(_INACTIVATED), chart.rng.randint(5, 300))
    return _SILENT


def immunodeficiency(chart: Chart) -> Said:
    """Common variable, or of antibodies."""
    code, words = chart.rng.choice(
        (("D83.900", "常见变异型免疫缺陷"), ("D80.100", "低丙种球蛋白血症"), ("D84.900", "免疫缺陷"))
    )
    chart.diagnose(coded(code, words), recorded=200)
    return JUDGEMENT


def hiv(chart: Chart) -> Said:
    """It needs judgement as an infection too."""
    chart.standing.hiv = True
    concept = chart.rng.choice(
        (coded("B24.x00", "人类免疫缺陷病毒病"), coded("Z21.x00"), coded("86406008", "", SNOMED))
    )
    chart.diagnose(concept, recorded=200)
    return JUDGEMENT


def transplant(chart: Chart) -> Said:
    """A kidney, and what became of it."""
    code, words = chart.rng.choice((("Z94.000", "肾移植状态"), ("T86.100", "肾移植失败和排斥")))
    chart.diagnose(coded(code, words), recorded=200)
    return JUDGEMENT


def in_words(chart: Chart) -> Said:
    """No code, 病史 or not."""
    chart.diagnose({"text": chart.rng.choice(("肾移植术后", "免疫缺陷病病史"))}, recorded=100)
    return JUDGEMENT


def tacrolimus_allergy(chart: Chart) -> Said:
    """By code, generic name or brand."""
    allergy(chart, chart.rng.choice(tuple(_TACROLIMUS.values())))
    return JUDGEMENT


def tacrolimus_allergy_refuted(chart: Chart) -> Said:
    """Taken back."""
    for verification in ("refuted", "entered-in-error"):
        allergy(chart, _TACROLIMUS["words"], verification=verification)
    return _SILENT


def nameless_allergy(chart: Chart) -> Said:
    """Neither a known code nor any text: it may be of anything, of an agent of I3 too."""
    chart.standing.nameless_allergy = True
    allergy(
        chart,
        chart.rng.choice(({"coding": [{"system": "http://hospital.example/allergy", "code": "A07"}]}, None)),
    )
    return UNMAPPED


def _vaccinated(chart: Chart, code: Resource, days: int | None, state: str = "completed") -> None:
    when = {"occurrenceString": "不详"} if days is None else {"occurrenceDateTime": chart.clock.day(days)}
    body = {"status": state, "vaccineCode": code, "patient": chart.reference(), **when}
    chart.write("Immunization", body, days=days or 30)


def live_vaccine(chart: Chart) -> Said:
    """At most 30 days ago."""
    _vaccinated(chart, chart.rng.choice(_LIVE), chart.rng.choice((0, 12, 30)))
    return JUDGEMENT


def live_vaccine_undated(chart: Chart) -> Said:
    """Nobody knows when: it counts."""
    _vaccinated(chart, chart.rng.choice(_LIVE), None)
    return JUDGEMENT


def live_vaccine_of_day_31(chart: Chart) -> Said:
    """Long enough ago."""
    _vaccinated(chart, chart.rng.choice(_LIVE), 31)
    return _SILENT


def live_vaccine_not_given(chart: Chart) -> Said:
    """Refused, or in error."""
    for state in ("not-done", "entered-in-error"):
        _vaccinated(chart, chart.rng.choice(_LIVE), 5, state)
    return _SILENT


def nameless_vaccine(chart: Chart) -> Said:
    """A vaccine of these weeks without a known code and without words."""
    _vaccinated(chart, {"coding": [{"system": "http://hospital.example/vaccine", "code": "YM3"}]}, 9)
    return UNMAPPED


def cyclosporine(chart: Chart) -> Said:
    """Systemic, in force today."""
    statement(chart, CYCLOSPORINE, chart.rng.randint(5, 300), dosage=daily(chart, "100", 2))
    return JUDGEMENT


def cyclosporine_without_dates(chart: Chart) -> Said:
    """An active prescription of nobody knows how long."""
    request(chart, CYCLOSPORINE, 50, dosage=daily(chart, "100", 2))
    return JUDGEMENT


def cyclosporine_of_old(chart: Chart) -> Said:
    """Ended some days ago, or months."""
    statement(chart, CYCLOSPORINE, 400, chart.rng.choice((2, 200)), dosage=daily(chart, "100", 2))
    return _SILENT


def cyclosporine_drops(chart: Chart) -> Said:
    """For the eyes."""
    statement(chart, text("环孢素滴眼液"), 100)
    return _SILENT


def nameless_drug(chart: Chart) -> Said:
    """A drug in force that carries neither a known code nor words: it may be any, of I3 and I6 too."""
    chart.standing.nameless_drug = True
    coding = {"system": "http://hospital.example/ward-stock", "code": f"{chart.rng.randint(100, 999)}"}
    statement(chart, {"medicationCodeableConcept": {"coding": [coding]}}, 10)
    return UNMAPPED


def doubted(chart: Chart) -> Said:
    """An allergy that nobody confirmed."""
    allergy(chart, _TACROLIMUS["words"], verification="unconfirmed")
    return unknown(Reason.PROVISIONAL_ONLY)


E8 = (
    Archetype("none", none, 12, fits=True),
    *awkward(
        immunodeficiency,
        hiv,
        transplant,
        in_words,
        tacrolimus_allergy,
        tacrolimus_allergy_refuted,
        nameless_allergy,
        live_vaccine,
        live_vaccine_undated,
        live_vaccine_of_day_31,
        live_vaccine_not_given,
        nameless_vaccine,
        cyclosporine,
        cyclosporine_without_dates,
        cyclosporine_of_old,
        cyclosporine_drops,
        nameless_drug,
        doubted,
    ),
)
