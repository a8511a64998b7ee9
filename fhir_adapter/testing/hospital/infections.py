"""Owns E1: infections as diagnoses, hepatitis B and tuberculosis as screens (365 d)."""

from __future__ import annotations

from functools import partial

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.analytes import ALT, Resource, quantity
from fhir_adapter.testing.hospital.chart import CLEAR, MET, Archetype, Chart, Said, awkward, unknown
from fhir_adapter.testing.hospital.diagnoses import coded
from fhir_adapter.testing.hospital.infections_past import PAST
from fhir_adapter.testing.hospital.medications import statement, text
from fhir_adapter.testing.hospital.screens import (
    ANTI_HBC,
    HBSAG,
    HBV_DNA,
    IGRA,
    NEITHER,
    answered,
    below_the_limit,
    negative,
    positive,
)
from fhir_adapter.testing.hospital.standing import JUDGEMENT, NO_RECORD, Screened
from fhir_adapter.testing.hospital.systems import ICD_CN, SNOMED

_CLEAR = Screened(CLEAR)
_TOO_OLD = unknown(Reason.TOO_OLD)
_ACUTE = (
    ("J18.900", "肺炎"), ("N39.000", "泌尿道感染"), ("L03.900", "蜂窝织炎"), ("J06.900", "急性上呼吸道感染"),
    ("B02.900", "带状疱疹"), ("M00.900", "化脓性关节炎"), ("B37.000", "念珠菌性口炎"),
)  # fmt: skip


def screened(chart: Chart) -> Said:
    """HBsAg and IGRA negative, mostly with the rest of the panel."""
    days = chart.rng.randint(1, 360)
    negative(chart, HBSAG, chart.clock.at(days))
    negative(chart, IGRA, chart.clock.at(chart.rng.randint(1, 360)))
    if chart.rng.random() < 0.5:
        negative(chart, ANTI_HBC, chart.clock.at(days))
    if chart.rng.random() < 0.3:
        negative(chart, HBV_DNA, chart.clock.at(days))
    return _CLEAR


def infected(chart: Chart) -> Said:
    """An active infection of the last months, though the screens are negative."""
    screened(chart)
    code, words = chart.rng.choice(_ACUTE)
    status = chart.rng.choice(("active", "recurrence", "relapse"))
    chart.diagnose(coded(code, words), clinical=status, recorded=chart.rng.randint(1, 364))
    return MET


def infection_over(chart: Chart) -> Said:
    """Resolved or in remission: it does not count."""
    screened(chart)
    code, words = chart.rng.choice(_ACUTE)
    ended = chart.rng.randint(5, 200)
    dates = {"abatementDateTime": chart.clock.day(ended)}
    clinical = chart.rng.choice(("resolved", "remission", None))
    chart.diagnose(coded(code, words), clinical=clinical, recorded=ended + 10, dates=dates)
    return _CLEAR


def active_tuberculosis(chart: Chart) -> Said:
    """Active, however old; the IGRA is positive with it."""
    negative(chart, HBSAG, chart.clock.at(60))
    positive(chart, IGRA, chart.clock.at(50))
    concept = chart.rng.choice(
        (coded("A16.200", "肺结核"), coded("427099000", "", SNOMED), coded("A18.002+M01.1*"))
    )
    chart.diagnose(concept, recorded=chart.rng.choice((30, 800)))
    return MET


def snomed_infection(chart: Chart) -> Said:
    """By SNOMED alone."""
    screened(chart)
    code = chart.rng.choice(("40733004", "87628006", "3218000"))
    chart.diagnose(coded(code, "", SNOMED), recorded=20)
    return MET


def no_screen_at_all(chart: Chart) -> Said:
    """Neither was ever asked for; an ALT of these weeks, so that nothing else is too old."""
    return Screened(NO_RECORD) if chart.picks["E3"] == "all_fine" else screened(chart)


def one_screen(chart: Chart) -> Said:
    """One is negative, the other was never asked for."""
    if chart.picks["E3"] != "all_fine":
        return screened(chart)
    negative(chart, chart.rng.choice((HBSAG, IGRA)), chart.clock.at(40))
    return Screened(NO_RECORD)


def old_screen(chart: Chart) -> Said:
    """366 days."""
    one, other = chart.rng.sample((HBSAG, IGRA), 2)
    negative(chart, one, chart.clock.on(366))
    negative(chart, other, chart.clock.at(40))
    return Screened(_TOO_OLD)


def screens_of_day_365(chart: Chart) -> Said:
    """Just inside."""
    for test in (HBSAG, IGRA):
        negative(chart, test, chart.clock.on(365))
    return _CLEAR


def hepatitis_b(chart: Chart) -> Said:
    """HBsAg positive, HBV DNA detectable."""
    negative(chart, IGRA, chart.clock.at(40))
    positive(chart, HBSAG, chart.clock.at(40))
    positive(chart, HBV_DNA, chart.clock.at(35))
    return MET


def carrier(chart: Chart) -> Said:
    """HBsAg positive, HBV DNA not detected, or below what the assay quantifies."""
    negative(chart, IGRA, chart.clock.at(40))
    positive(chart, HBSAG, chart.clock.at(40))
    if chart.rng.random() < 0.5:
        negative(chart, HBV_DNA, chart.clock.at(35))
    else:
        below_the_limit(chart, chart.clock.at(35))
    return JUDGEMENT


def _carrier_with_alt(chart: Chart, alt: str) -> None:
    negative(chart, IGRA, chart.clock.at(40))
    positive(chart, HBSAG, chart.clock.at(40))
    ranges: list[Resource] = [{"high": quantity(50, "U/L", "U/L")}]
    chart.observe(ALT, chart.clock.at(0, 8), {"valueQuantity": quantity(alt, "U/L", "U/L")}, ranges=ranges)


def carrier_with_alt_above(chart: Chart) -> Said:
    """No HBV DNA, and an ALT above its ULN, though not above twice of it."""
    if chart.picks["E3"] != "all_fine":
        return hepatitis_b(chart)
    _carrier_with_alt(chart, "65")
    return MET


def carrier_with_normal_alt(chart: Chart) -> Said:
    """No HBV DNA, ALT at its ULN."""
    if chart.picks["E3"] != "all_fine":
        return carrier(chart)
    _carrier_with_alt(chart, "50")
    return JUDGEMENT


def dna_alone(chart: Chart) -> Said:
    """HBsAg negative, HBV DNA detectable: occult."""
    screened(chart)
    positive(chart, HBV_DNA, chart.clock.at(0, 8))
    return JUDGEMENT


def _once(chart: Chart, test: object) -> Said:
    """Positive years ago, negative now."""
    screened(chart)
    positive(chart, HBSAG if test == "HBSAG" else IGRA, chart.clock.at(chart.rng.randint(366, 1500)))
    return JUDGEMENT


def igra_positive(chart: Chart) -> Said:
    """Latent tuberculosis, under prophylaxis or not."""
    negative(chart, HBSAG, chart.clock.at(40))
    positive(chart, IGRA, chart.clock.at(40))
    if chart.rng.random() < 0.5:
        statement(chart, text("异烟肼片"), 30)
    return JUDGEMENT


def _neither(chart: Chart, test: object) -> Said:
    """Weakly positive, on the line."""
    one, other = (HBSAG, IGRA) if test == "HBSAG" else (IGRA, HBSAG)
    negative(chart, other, chart.clock.at(40))
    answered(chart, one, chart.clock.at(40), chart.rng.choice(NEITHER))
    return JUDGEMENT


def unreadable(chart: Chart) -> Said:
    """A number that nothing judges; a code and words that disagree; words that say nothing."""
    negative(chart, IGRA, chart.clock.at(40))
    says: Resource = {"coding": [{"system": SNOMED, "code": "260385009"}], "text": "阳性"}
    values = (
        {"valueQuantity": quantity(12, "COI")},
        {"valueCodeableConcept": says},
        {"valueString": "见报告"},
    )
    answered(chart, HBSAG, chart.clock.at(40), chart.rng.choice(values))
    return unknown(Reason.UNREADABLE_VALUE)


def anti_hbc_positive(chart: Chart) -> Said:
    """For a person to look at, no more."""
    screened(chart)
    positive(chart, ANTI_HBC, chart.clock.at(0, 8))
    return _CLEAR


def mitogen_is_no_answer(chart: Chart) -> Said:
    """71774-4 is the control of the assay, positive in the healthy."""
    screened(chart)
    code: Resource = {"coding": [{"system": "http://loinc.org", "code": "71774-4"}], "text": "丝裂原刺激对照"}
    chart.observe(IGRA, chart.clock.at(0, 8), {"valueString": "阳性"}, code=code)
    return _CLEAR


def refuted_or_in_error(chart: Chart) -> Said:
    """Taken back."""
    screened(chart)
    for verification in ("refuted", "entered-in-error"):
        chart.diagnose(coded("J18.900", "肺炎", ICD_CN), verification=verification, recorded=40)
    return _CLEAR


E1 = (
    Archetype("screened", screened, 9, fits=True),
    Archetype("infection_over", infection_over, 2, fits=True),
    Archetype("infected", infected, 2),
    *(Archetype(f"once_positive-{t}", partial(_once, test=t)) for t in ("HBSAG", "IGRA")),
    *(Archetype(f"neither-{t}", partial(_neither, test=t)) for t in ("HBSAG", "IGRA")),
    *awkward(
        active_tuberculosis,
        snomed_infection,
        no_screen_at_all,
        one_screen,
        old_screen,
        screens_of_day_365,
        hepatitis_b,
        carrier,
        carrier_with_alt_above,
        carrier_with_normal_alt,
        dna_alone,
        igra_positive,
        unreadable,
        anti_hbc_positive,
        mitogen_is_no_answer,
        refuted_or_in_error,
    ),
    *PAST,
)
