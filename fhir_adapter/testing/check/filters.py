"""Owns the canaries: whether each search parameter really filters.

A value that nothing can have must find nothing; a value taken from a resource must find it, and only what has it.
A server may ignore what it does not know (https://hl7.org/fhir/R4/search.html#errors), and then everything matches.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from fhir_adapter.testing.check.pages import Page
from fhir_adapter.testing.check.report import NO, NO_DATA, YES, Finding, Level
from fhir_adapter.testing.check.running import HERE, PAGE, Run
from fhir_adapter.testing.check.shapes import inside, text
from fhir_adapter.testing.check.values import (
    Parameter,
    Wanted,
    holds,
    local_reference,
    parameters,
    tokens,
    wanted,
)

_IGNORED = "Filter again on your side, and never let a conditional create or update depend on this parameter."
_IGNORED_BY = {
    "_lastUpdated": "An incremental pull brings everything each time: pull in full and compare versions.",
    "identifier": "A conditional create or a look-up by it matches every resource: use PUT with your own id.",
    "_id": "Read by address instead of searching.",
    "_tag": "What was written cannot be found again by its tag: use PUT with your own id.",
    "_has": "Select patients on your side.",
}
_REFUSED = "Ask by other parameters, and filter on your side."
_BASIS = "an impossible and a real value"


@dataclass(frozen=True)
class Verdict:
    """What a canary showed, before it is laid beside the claim."""

    observed: str
    level: Level
    advice: str = ""


def probe_filters(run: Run) -> None:
    """Every parameter of every type; of a type without data only whether the parameter is taken at all."""
    for kind in run.types:
        if not run.stock(kind).served:
            continue
        for parameter in parameters(kind, run.release):
            run.report.add(_finding(run, kind, parameter.name, _canary(run, kind, parameter)))
        if kind == "Patient" and "Observation" in run.types:
            run.report.add(_finding(run, kind, "_has", _has(run)))


def _finding(run: Run, kind: str, name: str, verdict: Verdict) -> Finding:
    """Beside the claim: what works although it is denied, and what is refused although it is claimed."""
    claimed = run.claims.parameter(kind, name)
    if verdict.observed == "filters":
        if claimed == NO and not name.startswith("_"):
            advice = (
                "It works although the CapabilityStatement does not list it: a later version may drop it."
            )
            verdict = replace(verdict, level=Level.DIFFERS, advice=advice)
    elif verdict.observed.startswith("refused") and claimed == YES:
        verdict = replace(verdict, level=Level.TROUBLE)
    return Finding("filters", name, verdict.observed, verdict.level, kind, claimed, _BASIS, verdict.advice)


def _canary(run: Run, kind: str, parameter: Parameter) -> Verdict:
    stock = run.stock(kind)
    # The parameter that opens a type is tried alone: beside itself it would mean both values at once.
    anchor = tuple(pair for pair in stock.anchor if pair[0] != parameter.name)
    size = ("_count", str(PAGE))
    nothing = run.search(kind, [*anchor, (parameter.name, impossible(parameter)), size])
    value = wanted(stock.samples, parameter, run.ask.base)
    if value is None or (nothing.matches and not nothing.refusal):
        return judged_by_nothing(nothing, parameter.name, has_data=bool(stock.samples))
    # Identifiers may be numbers of persons: they stay out of the address, and so out of the server's logs, if they can.
    post = run.posts_search and parameter.name == "identifier"
    found = run.search(kind, [*anchor, (parameter.name, value.value), size], post=post)
    return _judged(parameter, nothing, found, value)


def impossible(parameter: Parameter) -> str:
    """A value that no resource has."""
    if parameter.name == "_lastUpdated":
        return "ge2999-01-01"
    if parameter.kind == "date":
        return "1801-01-01"
    if parameter.name == "_id":
        return str(uuid.uuid4())
    if parameter.kind == "reference":
        kind = "ResearchStudy" if parameter.name == "study" else "Patient"
        return f"{kind}/{uuid.uuid4()}"
    if parameter.name in ("status",):
        return "fhir-adapter-check"
    return f"{HERE}|{uuid.uuid4().hex}"


def judged_by_nothing(page: Page, name: str, *, has_data: bool) -> Verdict:
    """What an impossible value alone shows."""
    if page.refusal:
        if page.refused:
            return Verdict(page.refusal, Level.DIFFERS, _REFUSED)
        return Verdict(page.refusal, Level.TROUBLE, "Searches by it fail: do not build on it.")
    ignored = _IGNORED_BY.get(name.partition(":")[0], _IGNORED)
    if page.matches:
        warned = ", with a warning" if page.warned else ""
        echoed = ", though the self link holds it" if page.echoes(name) else ""
        return Verdict(f"ignored{warned}{echoed}", Level.TROUBLE, ignored)
    if has_data:
        return Verdict("not ignored; no value to try", Level.UNKNOWN)
    if page.echoes(name) is False:
        return Verdict("ignored, by the self link; no data to try", Level.TROUBLE, ignored)
    return Verdict(NO_DATA, Level.UNKNOWN)


def _judged(parameter: Parameter, nothing: Page, found: Page, value: Wanted) -> Verdict:
    if found.refusal:
        return judged_by_nothing(found, parameter.name, has_data=True)
    held = [holds(resource, parameter, value.value) for resource in found.matches]
    if not all(held):
        advice = "It returns what was not asked for: filter again on your side."
        return Verdict(f"returns others too ({held.count(False)} of {len(held)})", Level.TROUBLE, advice)
    seen = value.source in {text(resource.get("id")) for resource in found.matches}
    if not seen and not (held and found.link("next")):
        advice = "It misses resources that have the value: never take its empty answer for an absence."
        return Verdict("misses what has the value", Level.TROUBLE, advice)
    if nothing.refusal:
        return Verdict("filters; an unknown value is refused", Level.OK)
    if found.echoes(parameter.name) is False:
        advice = "The self link cannot be used to see which parameters were honoured."
        return Verdict("filters, but not in the self link", Level.DIFFERS, advice)
    return Verdict("filters", Level.OK)


def _has(run: Run) -> Verdict:
    """`Patient?_has:Observation:patient:code`: https://hl7.org/fhir/R4/search.html#has"""
    name = "_has:Observation:patient:code"
    code = Parameter("code", "token", ("code",))
    pairs = [
        (wanted([sample], code, run.ask.base), sample)
        for sample in run.stock("Observation").samples
        if tokens(sample, code)
    ]
    nothing = run.search("Patient", [(name, impossible(code)), ("_count", str(PAGE))])
    owned = [
        (value.value, local_reference(text(inside(sample, "subject", "reference"))))
        for value, sample in pairs
        if value
    ]
    value, patient = next(((value, who) for value, who in owned if who.startswith("Patient/")), ("", ""))
    patients = run.stock("Patient").samples
    if nothing.refusal or nothing.matches or not value or not patients:
        return judged_by_nothing(nothing, name, has_data=bool(patients))
    found = run.search("Patient", [(name, value), ("_id", patient.removeprefix("Patient/"))])
    if found.refusal:
        return judged_by_nothing(found, name, has_data=True)
    if patient not in {f"Patient/{text(who.get('id'))}" for who in found.matches}:
        return Verdict("misses what has the value", Level.TROUBLE, _IGNORED_BY["_has"])
    return Verdict("filters", Level.OK)
