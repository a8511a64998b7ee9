"""Owns I6 by glucocorticoids: the daily prednisone equivalent of today - 30 to today.

Prednisone is an agent of I3 as well: it is taken for less than 90 days, or for long where I4 makes I3 TRUE by it.
Where dates are missing another glucocorticoid stands, of which I3 knows nothing.
"""

from __future__ import annotations

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.chart import CLEAR, MET, Answer, Chart, unknown
from fhir_adapter.testing.hospital.drugs import (
    DEXAMETHASONE,
    HYDROCORTISONE,
    METHYLPREDNISOLONE,
    PREDNISONE,
    Drug,
)
from fhir_adapter.testing.hospital.medications import ROUTES, administer, daily, request, statement, text
from fhir_adapter.testing.hospital.standing import JUDGEMENT

DOSE = unknown(Reason.DOSE_NOT_CODED)
SUPPLY = unknown(Reason.SUPPLY_ENDED)
DATES = unknown(Reason.PARTIAL_DATE)
CONFLICT = unknown(Reason.CONFLICTING_VALUES)
_FULL = "注射用地塞米松磷酸钠"


def _mg(chart: Chart) -> str:
    return chart.rng.choice(("5", "7.5", "10", "15"))


def _short(chart: Chart) -> Drug:
    """Prednisone, for less than 90 days."""
    chart.standing.short_prednisone = True
    return PREDNISONE


def stable_prednisone(chart: Chart) -> Answer:
    """One dose since weeks or months, stated once or prescribed again and again."""
    pick, mg = chart.rng.random(), _mg(chart)
    if chart.said["I4"] == MET and pick < 0.4:
        chart.standing.long_prednisone = True
        statement(
            chart, PREDNISONE, chart.rng.randint(100, 900), dosage=daily(chart, mg, chart.rng.choice((1, 2)))
        )
    elif pick < 0.7:
        statement(chart, _short(chart), chart.rng.randint(30, 85), dosage=daily(chart, mg))
    else:
        for authored in (60, 32, 4):
            request(chart, _short(chart), authored, 28, dosage=daily(chart, mg), bounds=True)
    return MET


def refilled_in_time(chart: Chart) -> Answer:
    """Supplies of 28 days, up to seven uncovered days between them."""
    for authored in (76, 43, 8):
        request(chart, _short(chart), authored, 28, dosage=daily(chart, "10"))
    return MET


def refilled_too_late(chart: Chart) -> Answer:
    """Eight uncovered days between two supplies."""
    for authored in (60, 24):
        request(chart, _short(chart), authored, 28, dosage=daily(chart, "10"))
    return SUPPLY


def supply_ran_out(chart: Chart) -> Answer:
    """30 days of tablets, prescribed 45 days ago and never again."""
    request(chart, _short(chart), 45, 30, dosage=daily(chart, _mg(chart)))
    return SUPPLY


def supply_ran_out_long_ago(chart: Chart) -> None:
    """More than 30 days before the window: that was a stop."""
    request(chart, _short(chart), 120, 30, dosage=daily(chart, _mg(chart)))


def begun_on_day_30(chart: Chart) -> Answer:
    """In force on every day that is looked at."""
    statement(chart, _short(chart), 30, dosage=daily(chart, _mg(chart)))
    return MET


def begun_on_day_29(chart: Chart) -> Answer:
    """One day too late."""
    statement(chart, _short(chart), 29, dosage=daily(chart, _mg(chart)))
    return CLEAR


def begun_with_an_unknown_dose(chart: Chart) -> Answer:
    """A start is a change, whatever the dose."""
    statement(chart, _short(chart), 15, dosage={"text": "遵医嘱"})
    return CLEAR


def ended_on_day_31(chart: Chart) -> None:
    """Over before the window."""
    statement(chart, _short(chart), 85, 31, dosage=daily(chart, _mg(chart)))


def ended_on_day_30(chart: Chart) -> Answer:
    """In force on the first day, and on no other."""
    statement(chart, _short(chart), 85, 30, dosage=daily(chart, _mg(chart)))
    return CLEAR


def stopped(chart: Chart) -> Answer:
    """A recorded end within the window."""
    status = chart.rng.choice(("completed", "stopped"))
    statement(chart, _short(chart), 80, chart.rng.randint(2, 28), status=status, dosage=daily(chart, "10"))
    return CLEAR


def reduced(chart: Chart) -> Answer:
    """Tapered: 10 mg, then 7.5, then 5."""
    for start, end, mg in ((70, 21, "10"), (20, 11, "7.5"), (10, None, "5")):
        statement(chart, _short(chart), start, end, dosage=daily(chart, mg))
    return CLEAR


def reduced_before_the_window(chart: Chart) -> Answer:
    """The lower dose is in force since day 30."""
    statement(chart, _short(chart), 80, 31, dosage=daily(chart, "15"))
    statement(chart, _short(chart), 30, dosage=daily(chart, "10"))
    return MET


def taper_in_one_prescription(chart: Chart) -> Answer:
    """Three doses, each with a period of its own: which is in force nobody reads."""
    steps = []
    for start, end, mg in ((60, 31, "3"), (30, 16, "2.25"), (15, 1, "1.5")):
        dosage = daily(chart, mg)
        bounds = {"boundsPeriod": {"start": chart.clock.day(start), "end": chart.clock.day(end)}}
        dosage["timing"] = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"} | bounds}
        steps.append(dosage)
    request(chart, DEXAMETHASONE, 60, dosageInstruction=steps)
    return DATES


def switched_at_equal_dose(chart: Chart) -> Answer:
    """10 mg of prednisone, then 8 of methylprednisolone: the same."""
    chart.standing.possibly_listed = True
    statement(chart, _short(chart), 80, 16, dosage=daily(chart, "10"))
    statement(chart, METHYLPREDNISOLONE, 15, dosage=daily(chart, "8"))
    return MET


def switched_at_another_dose(chart: Chart) -> Answer:
    """10 mg of prednisone, then 4 of methylprednisolone: half."""
    chart.standing.possibly_listed = True
    statement(chart, _short(chart), 80, 16, dosage=daily(chart, "10"))
    statement(chart, METHYLPREDNISOLONE, 15, dosage=daily(chart, "4"))
    return CLEAR


def another_glucocorticoid(chart: Chart) -> Answer:
    """Hydrocortisone, unchanged: for a person to look at."""
    statement(chart, HYDROCORTISONE, 200, dosage=daily(chart, "20", 2))
    return MET


def dose_as_text(chart: Chart) -> Answer:
    """Words alone."""
    dosage = {"text": chart.rng.choice(("每次2片，每日一次", "10mg qd po", "遵医嘱减量"))}
    statement(chart, _short(chart), 80, dosage=dosage)
    return DOSE


def tablets_of_known_strength(chart: Chart) -> Answer:
    """Two tablets a day, and the name says of 5 mg."""
    drug = text("醋酸泼尼松片 5mg")
    statement(chart, drug, 80, dosage=_tablets(2))
    _short(chart)
    return MET


def tablets_of_unknown_strength(chart: Chart) -> Answer:
    """Two tablets of nobody knows what."""
    statement(chart, text("强的松"), 80, dosage=_tablets(2))
    _short(chart)
    return DOSE


def _tablets(count: int) -> dict[str, object]:
    repeat = {"frequency": 1, "period": 1, "periodUnit": "d"}
    dose = {"doseQuantity": {"value": count, "unit": "片"}}
    return {"timing": {"repeat": repeat}, "route": ROUTES["口服"], "doseAndRate": [dose]}


def range_of_doses(chart: Chart) -> Answer:
    """5 to 10 mg, as the patient feels."""
    low, high = ({"value": v, "unit": "mg"} for v in (5, 10))
    dosage = daily(chart, "10", doseAndRate=[{"doseRange": {"low": low, "high": high}}])
    statement(chart, _short(chart), 80, dosage=dosage)
    return DOSE


def two_doses_at_once(chart: Chart) -> Answer:
    """A statement of 10 mg beside a prescription of 5."""
    statement(chart, _short(chart), 80, dosage=daily(chart, "10"))
    request(chart, PREDNISONE, 80, 120, dosage=daily(chart, "5"), bounds=True)
    return CONFLICT


def told_three_times(chart: Chart) -> Answer:
    """Statement, prescription and the nurses' record of one dose count once."""
    statement(chart, _short(chart), 80, dosage=daily(chart, "10"))
    request(chart, PREDNISONE, 80, 120, dosage=daily(chart, "10"), bounds=True)
    for day in (5, 4, 3):
        administer(chart, PREDNISONE, day, "10", "口服")
    return MET


def no_duration(chart: Chart) -> Answer:
    """An active prescription without any duration."""
    request(chart, DEXAMETHASONE, 100, dosage=daily(chart, "0.75"))
    return DATES


def paused(chart: Chart) -> Answer:
    """On hold, without an end."""
    statement(chart, DEXAMETHASONE, 100, status="on-hold", dosage=daily(chart, "0.75"))
    return DATES


def infusion(chart: Chart) -> Answer:
    """Intravenous, in the window."""
    administer(chart, text(_FULL), chart.rng.randint(0, 30), "10", "静脉")
    return JUDGEMENT


def into_the_joint(chart: Chart) -> Answer:
    """Intra-articular counts too."""
    administer(chart, DEXAMETHASONE, chart.rng.randint(1, 29), "5", "关节腔")
    return JUDGEMENT


def infusion_before_the_window(chart: Chart) -> None:
    """Day 31."""
    administer(chart, text(_FULL), 31, "10", "静脉")


def infusion_during_a_taper(chart: Chart) -> Answer:
    """A change of the tablets is FALSE whatever was injected."""
    infusion(chart)
    return reduced(chart)


def creams_and_sprays(chart: Chart) -> None:
    """Topical, ocular, inhaled, nasal: in no line."""
    for words in (
        "丁酸氢化可的松乳膏",
        "醋酸泼尼松龙滴眼液",
        "吸入用布地奈德混悬液",
        "糠酸莫米松鼻喷雾剂",
        "地塞米松软膏",
    ):
        statement(chart, text(words), chart.rng.randint(1, 60))
    statement(chart, HYDROCORTISONE, 10, dosage={"text": "外用 每日两次", "route": ROUTES["外用"]})


STEROID_RECORDS = (
    refilled_in_time,
    refilled_too_late,
    supply_ran_out,
    supply_ran_out_long_ago,
    begun_on_day_30,
    begun_on_day_29,
    begun_with_an_unknown_dose,
    ended_on_day_31,
    ended_on_day_30,
    stopped,
    reduced,
    reduced_before_the_window,
    taper_in_one_prescription,
    switched_at_equal_dose,
    switched_at_another_dose,
    another_glucocorticoid,
    dose_as_text,
    tablets_of_known_strength,
    tablets_of_unknown_strength,
    range_of_doses,
    two_doses_at_once,
    told_three_times,
    no_duration,
    paused,
    infusion,
    into_the_joint,
    infusion_before_the_window,
    infusion_during_a_taper,
    creams_and_sprays,
)
