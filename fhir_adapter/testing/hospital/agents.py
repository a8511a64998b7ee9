"""Owns I3 by exposure: a listed agent for 90 days without remission (gap 30 d, ended within 180 d)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.agents_events import EVENTS, intolerance, no_agent_named
from fhir_adapter.testing.hospital.agents_prescribed import PRESCRIPTIONS
from fhir_adapter.testing.hospital.chart import CLEAR, MET, Archetype, Chart, Said, awkward, unknown
from fhir_adapter.testing.hospital.drugs import (
    AZATHIOPRINE,
    ETANERCEPT,
    LISTED,
    METHYLPREDNISOLONE,
    MTX,
    Drug,
)
from fhir_adapter.testing.hospital.medications import (
    administer,
    daily,
    ordinary_drugs,
    request,
    statement,
    text,
    weekly,
)
from fhir_adapter.testing.hospital.standing import JUDGEMENT, NO_RECORD, Agent
from fhir_adapter.testing.hospital.visits import active, quiet

_SHORT = Agent(CLEAR)
_ENDED = 60  # days: an island that ended then is searched for scores up to day 32, before all of I4's
_SCORED = 40


def _agent(chart: Chart) -> Drug:
    return chart.rng.choice(LISTED)


def _taken(chart: Chart, drug: Drug, start: int, end: int | None = None) -> None:
    """One record with a period, as a statement or as a bounded prescription."""
    dosage = weekly("10") if drug is MTX else daily(chart, drug.mg)
    if end is None or chart.rng.random() < 0.5:
        statement(chart, drug, start, end, dosage=dosage)
    else:
        status = chart.rng.choice(("completed", "active"))
        request(chart, drug, start, start - end + 1, dosage=dosage, bounds=True, status=status)


def _scores_free(chart: Chart) -> bool:
    """Whether an older visit would disturb neither I4 nor, by I4's vague dates, this line."""
    vague = ("recorded_may_be_newer", "recorded_may_be_newer_and_agrees", "visit_of_a_month")
    undated = (*vague, "vague_visit_beside_a_dated_one")
    return chart.said["I4"] != NO_RECORD and chart.picks["I4"] not in undated


def going_on(chart: Chart) -> Said:
    """The ordinary candidate: months on a listed agent, and I4 says that it does not suffice."""
    if chart.said["I4"] != MET:
        return intolerance(chart)
    _taken(chart, _agent(chart), chart.rng.randint(89, 900))
    ordinary_drugs(chart)
    return Agent(MET)


def injected(chart: Chart) -> Said:
    """Injections of one day each, a fortnight apart, from the nurses' record."""
    if chart.said["I4"] != MET:
        return intolerance(chart)
    for day in range(0, 112, 14):
        administer(chart, ETANERCEPT, day, "25")
    return Agent(MET)


def _ended(chart: Chart, first: int, last: int, score: Callable[..., None], answer: Said) -> Said:
    """An island from `first` to `last`, and a visit inside it or in the 28 days after."""
    if not _scores_free(chart):
        return intolerance(chart)
    _taken(chart, _agent(chart), first, last)
    score(chart, chart.clock.at(_SCORED, 9))
    ordinary_drugs(chart)
    return answer


def going_on_in_remission(chart: Chart) -> Said:
    """The latest score on the drug is far below 2.6."""
    if chart.picks["I4"] != "low":
        return too_short(chart)
    _taken(chart, _agent(chart), 300)
    return _SHORT


def too_short(chart: Chart) -> Said:
    """Begun some weeks ago: not yet three months."""
    _taken(chart, _agent(chart), chart.rng.randint(3, 88))
    ordinary_drugs(chart)
    return _SHORT


def gap_of_30_days(chart: Chart) -> Said:
    """60 days, 30 uncovered ones, 60 days: one island."""
    if chart.said["I4"] != MET:
        return intolerance(chart)
    drug = _agent(chart)
    _taken(chart, drug, 149, 90)
    _taken(chart, drug, 59)
    return Agent(MET)


def gap_of_31_days(chart: Chart) -> Said:
    """59 days, 31 uncovered ones, 60 days: two islands, each too short."""
    drug = _agent(chart)
    _taken(chart, drug, 149, 91)
    _taken(chart, drug, 59)
    return _SHORT


def two_agents_in_turn(chart: Chart) -> Said:
    """60 days of one, 60 of another: neither has three months."""
    one, other = chart.rng.sample(LISTED, 2)
    _taken(chart, one, 119, 60)
    _taken(chart, other, 59)
    return _SHORT


def overlap_counts_once(chart: Chart) -> Said:
    """Two records of the same 60 days are not 120."""
    drug = _agent(chart)
    _taken(chart, drug, 70, 11)
    _taken(chart, drug, 70, 11)
    return _SHORT


def ended_half_a_year_ago(chart: Chart) -> Said:
    """A long island that ended 181 days ago or more: too old, never FALSE."""
    _taken(chart, _agent(chart), 500, chart.rng.choice((181, 250)))
    ordinary_drugs(chart)
    return Agent(unknown(Reason.TOO_OLD))


def never_scored(chart: Chart) -> Said:
    """A long island without any score in its time: days 141 to 102 hold none of I4's visits."""
    if not _scores_free(chart):
        return intolerance(chart)
    _taken(chart, _agent(chart), 230, 130)
    ordinary_drugs(chart)
    return Agent(NO_RECORD)


def no_agent(chart: Chart) -> Said:
    """The list is kept, and names no listed agent."""
    return no_agent_named(chart)


def no_list(chart: Chart) -> Said:
    """No medication record at all."""
    if chart.said["I4"] in (unknown(Reason.TOO_OLD), unknown(Reason.COMPONENT_MISSING)):
        return no_agent_named(chart)
    return Agent(None)


def another_csdmard(chart: Chart) -> Said:
    """Azathioprine is not on the protocol's list."""
    statement(chart, AZATHIOPRINE, 300, dosage=daily(chart, "50"))
    return no_agent_named(chart)


def possibly_meant(chart: Chart) -> Said:
    """Methylprednisolone, long ago: whether the protocol means it, a person decides."""
    chart.standing.possibly_listed = True
    statement(chart, METHYLPREDNISOLONE, 900, 700, dosage=daily(chart, "8"))
    ordinary_drugs(chart)
    return Agent(JUDGEMENT)


def strange_drug_of_old(chart: Chart) -> Said:
    """A text of a year ago that nobody can place might have been any of them."""
    chart.standing.strange_drug_of_old = True
    statement(chart, text(chart.rng.choice(("院内协定1号方", "自备药"))), 500, 450)
    return too_short(chart)


def never_taken(chart: Chart) -> Said:
    """Not-taken, cancelled, drafts, not-done, proposals: no exposure."""
    drug, ago = _agent(chart), 200
    statement(chart, drug, ago, None, status="not-taken")
    statement(chart, drug, ago, None, status="intended")
    statement(chart, drug, ago, None, status="entered-in-error")
    request(chart, drug, ago, 300, status=chart.rng.choice(("draft", "cancelled", "entered-in-error")))
    request(chart, drug, ago, 300, doNotPerform=True)
    request(chart, drug, ago, 300, intent=chart.rng.choice(("proposal", "plan", "option")))
    administer(chart, drug, 9, drug.mg, status="not-done")
    statement(chart, drug, ago, None, subject={"reference": f"Patient/{chart.new_id()}"})  # nobody's
    return no_agent_named(chart)


def _undated(chart: Chart, write: Callable[[Chart, Drug], None]) -> Said:
    """Whether it lasted three months nobody can say; I4 would make it TRUE."""
    if chart.said["I4"] != MET:
        return intolerance(chart)
    write(chart, _agent(chart))
    ordinary_drugs(chart)
    return Agent(unknown(Reason.PARTIAL_DATE))


def _no_duration(chart: Chart, drug: Drug) -> None:
    request(chart, drug, 160)


def _no_end(chart: Chart, drug: Drug) -> None:
    statement(chart, drug, 160, status=chart.rng.choice(("stopped", "on-hold")))


def _one_day(chart: Chart, drug: Drug) -> None:
    statement(chart, drug, None, status="active", effectiveDateTime=chart.clock.day(160))


def _unknown_status(chart: Chart, drug: Drug) -> None:
    statement(chart, drug, 300, status="unknown")


def _month(chart: Chart, drug: Drug) -> None:
    """Begun some time in a month, stopped nobody knows when."""
    statement(chart, drug, None, status="stopped", effectivePeriod={"start": chart.clock.month(150)})


I3 = (
    Archetype("going_on", going_on, 6, fits=True),
    *PRESCRIPTIONS,
    Archetype("intolerance", intolerance, 2, fits=True),
    Archetype("too_short", too_short, 2),
    *(
        Archetype(name, partial(_ended, first=first, last=last, score=score, answer=answer))
        for name, first, last, score, answer in (
            ("ended_without_remission", 300, _ENDED, active, Agent(MET)),
            ("ended_in_remission", 300, _ENDED, quiet, _SHORT),
            ("exactly_90_days", _ENDED + 89, _ENDED, active, Agent(MET)),
            ("89_days", _ENDED + 88, _ENDED, active, _SHORT),
        )
    ),
    *(
        Archetype(name, partial(_undated, write=write))
        for name, write in (
            ("no_duration", _no_duration),
            ("no_end", _no_end),
            ("one_day_of_an_active_statement", _one_day),
            ("status_unknown", _unknown_status),
            ("begun_in_a_month", _month),
        )
    ),
    *awkward(
        injected,
        going_on_in_remission,
        gap_of_30_days,
        gap_of_31_days,
        two_agents_in_turn,
        overlap_counts_once,
        ended_half_a_year_ago,
        never_scored,
        no_agent,
        no_list,
        another_csdmard,
        possibly_meant,
        strange_drug_of_old,
        never_taken,
    ),
    *EVENTS,
)
