"""Owns I5: manifestations outside the joints, recorded or not; whether they are stable a person decides."""

from __future__ import annotations

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.chart import MET, Archetype, Chart, Said, awkward, unknown
from fhir_adapter.testing.hospital.diagnoses import coded
from fhir_adapter.testing.hospital.standing import JUDGEMENT, IfSilent
from fhir_adapter.testing.hospital.systems import SNOMED

_SILENT = IfSilent(MET)
_CODES = (
    ("J84.100", "肺间质纤维化"),
    ("J84.900", "间质性肺病"),
    ("R80.x00", "蛋白尿"),
    ("D72.800", "白细胞减少"),
    ("D70.x04", "粒细胞缺乏"),
    ("G62.900", "周围神经病"),
    ("J90.x00", "胸腔积液"),
    ("H15.000", "巩膜炎"),
    ("L95.900", "皮肤血管炎"),
    ("I31.900", "心包疾病"),
)
_SNOMED = ("233703007", "64667001", "51615001", "29738008", "84828003", "302226006", "386033004")


def none(chart: Chart) -> Said:
    """Nothing of the kind."""
    return _SILENT


def recorded(chart: Chart) -> Said:
    """An active one."""
    code, words = chart.rng.choice(_CODES)
    chart.diagnose(coded(code, words), recorded=chart.rng.randint(5, 1500))
    return JUDGEMENT


def snomed(chart: Chart) -> Said:
    """By SNOMED alone."""
    chart.diagnose(coded(chart.rng.choice(_SNOMED), "", SNOMED), recorded=100)
    return JUDGEMENT


def in_words(chart: Chart) -> Said:
    """No code, 病史 or not."""
    chart.diagnose({"text": chart.rng.choice(("间质性肺病", "肺间质纤维化病史", "周围神经病"))}, recorded=100)
    return JUDGEMENT


def over(chart: Chart) -> Said:
    """Active or not: a person looks."""
    code, words = chart.rng.choice(_CODES)
    clinical = chart.rng.choice(("resolved", "inactive", "remission"))
    chart.diagnose(coded(code, words), clinical=clinical, recorded=900)
    return JUDGEMENT


def rheumatoid_lung(chart: Chart) -> Said:
    """Rheumatoid arthritis with an organ says both: I1 and a manifestation."""
    chart.standing.rheumatoid = True
    concept = chart.rng.choice(
        (
            coded("M05.100", "类风湿性肺病"),
            coded("M05.000", "费尔蒂综合征"),
            coded("57160007", "", SNOMED),
            coded("M05.200"),
        )
    )
    chart.diagnose(concept, recorded=200)
    return JUDGEMENT


def dagger_and_asterisk(chart: Chart) -> Said:
    """A pair of codes belongs to the sets of both."""
    chart.standing.rheumatoid = True
    chart.diagnose(coded("M05.100+J99.0*", "类风湿性肺病"), recorded=200)
    return JUDGEMENT


def doubted(chart: Chart) -> Said:
    """Provisional."""
    code, words = chart.rng.choice(_CODES)
    chart.diagnose(coded(code, words), verification="differential", recorded=40)
    return unknown(Reason.PROVISIONAL_ONLY)


def refuted(chart: Chart) -> Said:
    """Taken back."""
    code, words = chart.rng.choice(_CODES)
    chart.diagnose(coded(code, words), verification="refuted", recorded=40)
    return _SILENT


def neighbours(chart: Chart) -> Said:
    """Other diseases of the same organs."""
    code, words = chart.rng.choice(
        (("J98.400", "肺部病变"), ("G56.000", "腕管综合征"), ("H10.900", "结膜炎"))
    )
    chart.diagnose(coded(code, words), recorded=40)
    return _SILENT


I5 = (
    Archetype("none", none, 9, fits=True),
    Archetype("recorded", recorded, 2),
    *awkward(snomed, in_words, over, rheumatoid_lung, dagger_and_asterisk, doubted, refuted, neighbours),
)
