"""Owns I3 by intolerance: stop reasons, allergies and adverse events that name a listed agent."""

from __future__ import annotations

from functools import partial

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.analytes import Resource
from fhir_adapter.testing.hospital.chart import MET, Archetype, Chart, Said, awkward, unknown
from fhir_adapter.testing.hospital.drugs import LEFLUNOMIDE, LISTED, MTX, SULFASALAZINE, Drug
from fhir_adapter.testing.hospital.medications import coded_drug, daily, ordinary_drugs, statement
from fhir_adapter.testing.hospital.standing import Agent
from fhir_adapter.testing.hospital.systems import SNOMED

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_REASONS = f"{_TERMINOLOGY}/medicationrequest-status-reason"
_TRUE = Agent(MET)


def allergy(
    chart: Chart,
    code: Resource | None,
    *,
    verification: str | None = "confirmed",
    recorded: int | None = 400,
    **more: object,
) -> str:
    """An AllergyIntolerance of this patient."""
    kind = f"{_TERMINOLOGY}/allergyintolerance"
    body: Resource = {
        "type": chart.rng.choice(("allergy", "intolerance")),
        "category": ["medication"],
        "patient": chart.reference(),
        **({"code": code} if code else {}),
        **({"recordedDate": chart.clock.day(recorded)} if recorded is not None else {}),
    }
    if verification != "entered-in-error":
        body["clinicalStatus"] = {"coding": [{"system": f"{kind}-clinical", "code": "active"}]}
    if verification:
        body["verificationStatus"] = {"coding": [{"system": f"{kind}-verification", "code": verification}]}
    return chart.write("AllergyIntolerance", body | more, days=recorded or 30)


def harm(chart: Chart, days: int, drug: Drug, **more: object) -> str:
    """An AdverseEvent that suspects a drug: a Medication, a record of it, or words."""
    pick = chart.rng.random()
    if pick < 0.4:
        medication = chart.write("Medication", {"code": coded_drug(chart, drug)}, days=days)
        instance: Resource = {"reference": f"Medication/{medication}"}
    else:
        instance = {"display": drug.names[0]}
    body: Resource = {
        "actuality": "actual",
        "event": {"text": chart.rng.choice(("肝功能异常", "皮疹", "恶心呕吐"))},
        "subject": chart.reference(),
        "date": chart.clock.day(days),
        "suspectEntity": [{"instance": instance}],
    }
    return chart.write("AdverseEvent", body | more, days=days)


def _stopped(chart: Chart, reason: Resource) -> Said:
    """Stopped after three weeks, and the record says why."""
    start = chart.rng.randint(250, 900)
    drug = chart.rng.choice(LISTED)
    statement(chart, drug, start, start - 20, status="stopped", statusReason=[reason])
    ordinary_drugs(chart)
    return _TRUE


def intolerance(chart: Chart) -> Said:
    """The ordinary one: an allergy list, an adverse event or a stop reason."""
    drug = chart.rng.choice((MTX, LEFLUNOMIDE, SULFASALAZINE))
    pick = chart.rng.random()
    if pick < 0.4:
        return _stopped(chart, {"coding": [{"system": _REASONS, "code": "sintol"}]})
    if pick < 0.8:
        allergy(chart, coded_drug(chart, drug))
    else:
        harm(chart, chart.rng.randint(20, 900), drug)
    ordinary_drugs(chart)
    return _TRUE


def no_agent_named(chart: Chart) -> Said:
    """A list that names no listed agent.

    What I4 found too old would be this line's reason too, and says nothing about agents: then an allergy answers.
    """
    if chart.said["I4"] in (unknown(Reason.TOO_OLD), unknown(Reason.COMPONENT_MISSING)):
        return intolerance(chart)
    ordinary_drugs(chart)
    return Agent(None)


def reaction_substance(chart: Chart) -> Said:
    """The allergy is of a class, its reaction names the drug."""
    reaction = [{"substance": {"text": "柳氮磺吡啶"}, "manifestation": [{"text": "皮疹"}]}]
    allergy(chart, {"text": "磺胺类药物"}, reaction=reaction)
    ordinary_drugs(chart)
    return _TRUE


def unconfirmed_allergy(chart: Chart) -> Said:
    """Unconfirmed, or worded with a doubt."""
    if chart.rng.random() < 0.5:
        allergy(chart, coded_drug(chart, MTX), verification="unconfirmed")
    else:
        allergy(chart, {"text": "甲氨蝶呤过敏？"})
    ordinary_drugs(chart)
    return Agent(unknown(Reason.PROVISIONAL_ONLY))


def refuted_allergy(chart: Chart) -> Said:
    """Refuted, entered in error: nothing."""
    for verification in ("refuted", "entered-in-error"):
        allergy(chart, coded_drug(chart, MTX), verification=verification)
    return no_agent_named(chart)


def allergy_to_another_drug(chart: Chart) -> Said:
    """Penicillin is in no line."""
    allergy(chart, {"text": chart.rng.choice(("青霉素", "头孢类药物", "海鲜"))})
    return no_agent_named(chart)


def potential_harm(chart: Chart) -> Said:
    """An event that did not happen."""
    harm(chart, 90, MTX, actuality="potential")
    return no_agent_named(chart)


def stopped_for_no_reason(chart: Chart) -> Said:
    """Three weeks of MTX long ago, a stop without a reason: too old to say more."""
    statement(chart, MTX, 300, 280, status="stopped", dosage=daily(chart, "2.5"))
    ordinary_drugs(chart)
    return Agent(unknown(Reason.TOO_OLD))


def _coded(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


EVENTS = (
    *(
        Archetype(f"stopped_for_{name}", partial(_stopped, reason=reason))
        for name, reason in (
            ("intolerance", _coded(_REASONS, "sintol")),
            ("allergy", _coded(_REASONS, "salg")),
            ("an_adverse_reaction", _coded(SNOMED, "62014003")),
            ("liver_damage", {"text": "肝损害"}),
            ("marrow", {"text": "骨髓抑制"}),
            ("side_effects", {"text": "胃肠道副作用，患者不能坚持"}),
        )
    ),
    *awkward(
        reaction_substance,
        unconfirmed_allergy,
        refuted_allergy,
        allergy_to_another_drug,
        potential_harm,
        stopped_for_no_reason,
    ),
)
