"""Owns D1: subjects of this trial, of others, and of none; only those on study have a row."""

from __future__ import annotations

from fhir_adapter.testing.hospital.agents_events import harm
from fhir_adapter.testing.hospital.analytes import Resource
from fhir_adapter.testing.hospital.chart import Archetype, Chart, Said, awkward
from fhir_adapter.testing.hospital.drugs import Drug
from fhir_adapter.testing.hospital.standing import JUDGEMENT

REGISTRY = "https://clinicaltrials.gov"
THIS_TRIAL = "NCT02837978"
_TACROLIMUS = Drug(("他克莫司胶囊",), ("L04AD02",), "42316")
_ON_STUDY = ("on-study", "on-study-intervention", "on-study-observation")
_OFF_STUDY = ("candidate", "screening", "withdrawn", "off-study", "follow-up", "ineligible", "eligible")


def _enrolled(chart: Chart, state: str, number: str = THIS_TRIAL, *, by_reference: bool = False) -> None:
    identifier = {"system": REGISTRY, "value": number}
    study: Resource = {"identifier": identifier, "display": number}
    if by_reference:
        written = {"status": "active", "title": "他克莫司治疗难治性类风湿关节炎"}
        own = chart.write("ResearchStudy", written, days=500)
        chart.resources[-1]["identifier"].append(identifier)
        study = {"reference": f"ResearchStudy/{own}"}
    body = {
        "status": state,
        "study": study,
        "individual": chart.reference(),
        "period": {"start": chart.clock.day(60)},
    }
    chart.write("ResearchSubject", body, days=60)


def in_no_study(chart: Chart) -> None:
    """As most patients: no row."""


def on_study(chart: Chart) -> Said:
    """In this trial, by the registry's number."""
    _enrolled(chart, chart.rng.choice(_ON_STUDY))
    return JUDGEMENT


def on_study_by_reference(chart: Chart) -> Said:
    """By a ResearchStudy that carries the number."""
    _enrolled(chart, chart.rng.choice(_ON_STUDY), by_reference=True)
    return JUDGEMENT


def harmed(chart: Chart) -> Said:
    """A serious event under tacrolimus: the investigator decides."""
    _enrolled(chart, "on-study-intervention")
    harm(chart, 9, _TACROLIMUS, severity=_severe(), seriousness=_serious())
    return JUDGEMENT


def _severe() -> Resource:
    return {
        "coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/adverse-event-severity", "code": "severe"}
        ]
    }


def _serious() -> Resource:
    return {
        "coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/adverse-event-seriousness", "code": "serious"}
        ]
    }


def not_yet_or_no_longer(chart: Chart) -> None:
    """A subject of this trial, not on study."""
    _enrolled(chart, chart.rng.choice(_OFF_STUDY), by_reference=chart.rng.random() < 0.5)


def in_another_study(chart: Chart) -> None:
    """On study, of another trial."""
    _enrolled(chart, "on-study", "NCT09999999", by_reference=chart.rng.random() < 0.5)


D1 = (
    Archetype("in_no_study", in_no_study, 12, fits=True),
    Archetype("on_study", on_study, 1),
    *awkward(on_study_by_reference, harmed, not_yet_or_no_longer, in_another_study),
)
