"""Owns I4 by the dates of visits, contradictions at one visit, recorded totals (score >= 3.2, 28 days)."""

from __future__ import annotations

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.analytes import CRP, ESR, GLOBAL, TENDER
from fhir_adapter.testing.hospital.chart import CLEAR, MET, Answer, Archetype, Chart, awkward, unknown
from fhir_adapter.testing.hospital.clock import WINDOW
from fhir_adapter.testing.hospital.das28_acute_phase import ACUTE_PHASE, CENSORED, COMPONENT
from fhir_adapter.testing.hospital.das28_joints import JOINTS, MM
from fhir_adapter.testing.hospital.visits import active, history, quiet, record, total, visit

PARTIAL_DATE = unknown(Reason.PARTIAL_DATE)
NO_RECORD = unknown(Reason.NO_RECORD)
TOO_OLD = unknown(Reason.TOO_OLD)
CONFLICT = unknown(Reason.CONFLICTING_VALUES)


def high(chart: Chart) -> Answer:
    """The ordinary candidate: a visit of high activity after older ones."""
    active(chart, chart.clock.at(chart.rng.randint(1, 27), 9))
    history(chart)
    return MET


def low(chart: Chart) -> Answer:
    """The ordinary patient in remission."""
    quiet(chart, chart.clock.at(chart.rng.randint(1, 27), 9))
    history(chart)
    return CLEAR


def high_by_crp(chart: Chart) -> Answer:
    """No ESR: crp4."""
    visit(chart, chart.clock.at(chart.rng.randint(1, 27), 9), 12, 9, crp=30, global_mm=60)
    return MET


def recorded_only(chart: Chart) -> Answer:
    """A total without components."""
    score, answer = chart.rng.choice((("5.42", MET), ("2.31", CLEAR), ("3.2", MET), ("3.19", CLEAR)))
    total(chart, chart.clock.at(chart.rng.randint(1, 27), 9), score)
    return answer


def recorded_after_the_visit(chart: Chart) -> Answer:
    """A total of a newer day than any computable visit is the latest score."""
    active(chart, chart.clock.at(20, 9))
    total(chart, chart.clock.at(5, 9), "2.4")
    return CLEAR


def recorded_before_the_visit(chart: Chart) -> Answer:
    """An older total decides nothing."""
    total(chart, chart.clock.at(20, 9), "2.1")
    active(chart, chart.clock.at(5, 9))
    return MET


def recorded_differs_on_the_day(chart: Chart) -> Answer:
    """Recomputed before recorded."""
    quiet(chart, chart.clock.at(5, 9))
    total(chart, chart.clock.at(5, 11), "5.9")
    return CLEAR


def recorded_may_be_newer(chart: Chart) -> Answer:
    """A total known to the year may be newer than the visit, and differs."""
    active(chart, chart.clock.at(WINDOW - 4, 9))
    total(chart, chart.clock.written(chart.clock.year(WINDOW - 4), 5), "2.4")
    return PARTIAL_DATE


def recorded_may_be_newer_and_agrees(chart: Chart) -> Answer:
    """Whichever is newer, the answer is the same."""
    active(chart, chart.clock.at(WINDOW - 4, 9))
    total(chart, chart.clock.written(chart.clock.year(WINDOW - 4), 5), "5.8")
    return MET


def recorded_as_a_bound(chart: Chart) -> Answer:
    """`>5.1`, `<2.6` and `>3.0`."""
    sign, score, answer = chart.rng.choice(((">", "5.1", MET), ("<", "2.6", CLEAR), (">", "3.0", CENSORED)))
    total(chart, chart.clock.at(9, 9), score, sign)
    return answer


def recorded_too_old(chart: Chart) -> Answer:
    """A total of day 29."""
    total(chart, chart.clock.on(WINDOW + 1), "5.1")
    return TOO_OLD


def never_scored(chart: Chart) -> Answer:
    """Laboratory alone, no joints."""
    record(chart, ESR, chart.clock.at(6, 9), 33)
    return NO_RECORD


def visit_of_day_28(chart: Chart) -> Answer:
    """Day 28 at midnight, with an ESR seven days before it."""
    when = chart.clock.at(WINDOW, 0)
    visit(chart, when, 10, 8, global_mm=60)
    record(chart, ESR, chart.clock.at(WINDOW + 7, 9), 50)
    return MET


def visit_of_day_29(chart: Chart) -> Answer:
    """The last visit is one second too old."""
    active(chart, chart.clock.at(WINDOW + 1, 23, 59, 59))
    return TOO_OLD


def visits_of_months_ago(chart: Chart) -> Answer:
    """Nothing of late."""
    history(chart)
    return TOO_OLD


def visit_after_the_index(chart: Chart) -> Answer:
    """An appointment kept tomorrow."""
    active(chart, chart.clock.at(-1, 9))
    return NO_RECORD


def visit_as_date(chart: Chart) -> Answer:
    """Every component dated by the day."""
    active(chart, chart.clock.on(7))
    return MET


def one_day_in_two_zones(chart: Chart) -> Answer:
    """Tender joints at 00:30 local are of the day before in UTC: one visit all the same."""
    record(chart, TENDER, chart.clock.in_utc(9, 0, 30), 12)
    visit(chart, chart.clock.at(9, 10), None, 9, esr=50, global_mm=60)
    return MET


def visit_of_a_month(chart: Chart) -> Answer:
    """Joint counts dated by the month."""
    active(chart, chart.clock.written(chart.clock.month_across_the_window_start(), 10))
    return PARTIAL_DATE


def vague_visit_beside_a_dated_one(chart: Chart) -> Answer:
    """A visit of this year may be newer than the dated one: nobody knows its score."""
    active(chart, chart.clock.at(WINDOW - 4, 9))
    vague = chart.clock.written(chart.clock.year(WINDOW - 4), 5)
    visit(chart, vague, 1, 0)
    return PARTIAL_DATE


def vague_esr(chart: Chart) -> Answer:
    """The only ESR may lie within seven days of the visit, or not."""
    visit(chart, chart.clock.at(9, 9), 10, 8, global_mm=60)
    record(chart, ESR, chart.clock.written(chart.clock.month(9), 5), 40)
    return PARTIAL_DATE


def esr_seven_days_before(chart: Chart) -> Answer:
    """Seven days are near enough."""
    visit(chart, chart.clock.at(12, 9), 10, 8, global_mm=60)
    record(chart, ESR, chart.clock.at(19, 23, 50), 50)
    return MET


def esr_eight_days_before(chart: Chart) -> Answer:
    """Eight days are not."""
    visit(chart, chart.clock.at(12, 9), 10, 8, global_mm=60)
    record(chart, ESR, chart.clock.at(20, 9), 50)
    return COMPONENT


def nearest_esr(chart: Chart) -> Answer:
    """ESR 2 of the day after (2.45), not ESR 100 of five days before (5.18)."""
    visit(chart, chart.clock.at(12, 9), 4, 4, global_mm=20)
    record(chart, ESR, chart.clock.at(17, 9), 100)
    record(chart, ESR, chart.clock.at(11, 9), 2)
    return CLEAR


def newer_esr_of_a_tie(chart: Chart) -> Answer:
    """Three days before (2.45) and three days after (5.18): the newer."""
    visit(chart, chart.clock.at(12, 9), 4, 4, global_mm=20)
    record(chart, ESR, chart.clock.at(15, 9), 2)
    record(chart, ESR, chart.clock.at(9, 9), 100)
    return MET


def skipped_visit(chart: Chart) -> Answer:
    """The newest visit has no ESR or CRP in reach: the one before decides."""
    quiet(chart, chart.clock.at(20, 9))
    visit(chart, chart.clock.at(4, 9), 12, 9, global_mm=70)
    return CLEAR


def counts_in_conflict(chart: Chart) -> Answer:
    """Tender 1 (2.53) and tender 16 (4.20) of one instant."""
    when = chart.clock.at(9, 9)
    visit(chart, when, None, 4, esr=5, global_mm=20)
    for count in (1, 16):
        record(chart, TENDER, when, count, issued=None)
    return CONFLICT


def counts_in_conflict_decide_alike(chart: Chart) -> Answer:
    """Tender 9 and tender 16 of one instant: above 3.2 with either."""
    when = chart.clock.at(9, 9)
    visit(chart, when, None, 9, esr=40, global_mm=60)
    for count in (9, 16):
        record(chart, TENDER, when, count, issued=None)
    return MET


def crp_in_conflict(chart: Chart) -> Answer:
    """CRP 1 (3.13) and CRP 40 (4.21) of one instant."""
    when = chart.clock.at(9, 9)
    visit(chart, when, 4, 4, global_mm=17)
    for value in (1, 40):
        record(chart, CRP, when, value, issued=None)
    return CONFLICT


def counted_again_that_day(chart: Chart) -> Answer:
    """The later count of the day is the visit's."""
    visit(chart, chart.clock.at(9, 8), 16, 4, esr=5, global_mm=20)
    record(chart, TENDER, chart.clock.at(9, 10), 0)
    return CLEAR


def preliminary_counts(chart: Chart) -> Answer:
    """Draft joint counts make no visit."""
    when = chart.clock.at(9, 9)
    visit(chart, when, 12, 9, status="preliminary")
    visit(chart, when, None, None, esr=40, global_mm=60)
    return NO_RECORD


def visit_in_error(chart: Chart) -> Answer:
    """The newest visit belongs to somebody else: the one before decides."""
    quiet(chart, chart.clock.at(20, 9))
    visit(chart, chart.clock.at(3, 9), 12, 9, esr=70, global_mm=80, status="entered-in-error")
    return CLEAR


def both_variants_agree_low(chart: Chart) -> Answer:
    """Low by ESR and by CRP, the global in mm."""
    when = chart.clock.at(9, 9)
    visit(chart, when, 0, 1, esr=6, crp=2)
    record(chart, GLOBAL, when, 10, MM)
    return CLEAR


I4 = (
    Archetype("high", high, 7, fits=True),
    Archetype("low", low, 3),
    Archetype("high_by_crp", high_by_crp, 1, fits=True),
    Archetype("recorded_only", recorded_only, 1),
    *ACUTE_PHASE,
    *JOINTS,
    *awkward(
        recorded_after_the_visit,
        recorded_before_the_visit,
        recorded_differs_on_the_day,
        recorded_may_be_newer,
        recorded_may_be_newer_and_agrees,
        recorded_as_a_bound,
        recorded_too_old,
        never_scored,
        visit_of_day_28,
        visit_of_day_29,
        visits_of_months_ago,
        visit_after_the_index,
        visit_as_date,
        one_day_in_two_zones,
        visit_of_a_month,
        vague_visit_beside_a_dated_one,
        vague_esr,
        esr_seven_days_before,
        esr_eight_days_before,
        nearest_esr,
        newer_esr_of_a_tie,
        skipped_visit,
        counts_in_conflict,
        counts_in_conflict_decide_alike,
        crp_in_conflict,
        counted_again_that_day,
        preliminary_counts,
        visit_in_error,
        both_variants_agree_low,
    ),
)
