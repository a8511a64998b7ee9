"""Owns I6 by NSAIDs: each scheduled one at one daily dose from today - 30 to today."""

from __future__ import annotations

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.chart import CLEAR, MET, Answer, Chart, unknown
from fhir_adapter.testing.hospital.drugs import ASPIRIN, CELECOXIB, NSAIDS, Drug
from fhir_adapter.testing.hospital.medications import ROUTES, daily, request, statement, text
from fhir_adapter.testing.hospital.standing import JUDGEMENT

DOSE = unknown(Reason.DOSE_NOT_CODED)
SUPPLY = unknown(Reason.SUPPLY_ENDED)


def _nsaid(chart: Chart) -> Drug:
    return chart.rng.choice(NSAIDS)


def stable_nsaid(chart: Chart) -> Answer:
    """One dose, once or twice a day, since months."""
    drug = _nsaid(chart)
    dosage = daily(chart, drug.mg, chart.rng.choice((1, 2)))
    if chart.rng.random() < 0.6:
        statement(chart, drug, chart.rng.randint(30, 700), dosage=dosage)
    else:
        request(chart, drug, chart.rng.randint(30, 80), 120, dosage=dosage, bounds=True)
    return MET


def two_stable(chart: Chart) -> Answer:
    """Each at its own dose."""
    for drug in chart.rng.sample(NSAIDS, 2):
        statement(chart, drug, chart.rng.randint(31, 300), dosage=daily(chart, drug.mg))
    return MET


def one_stable_one_new(chart: Chart) -> Answer:
    """The second one began in the window."""
    one, other = chart.rng.sample(NSAIDS, 2)
    statement(chart, one, 200, dosage=daily(chart, one.mg))
    statement(chart, other, 12, dosage=daily(chart, other.mg))
    return CLEAR


def switched(chart: Chart) -> Answer:
    """One NSAID for another is a stop and a start."""
    one, other = chart.rng.sample(NSAIDS, 2)
    statement(chart, one, 200, 13, dosage=daily(chart, one.mg))
    statement(chart, other, 12, dosage=daily(chart, other.mg))
    return CLEAR


def halved(chart: Chart) -> Answer:
    """Celecoxib 400 mg, then 200."""
    statement(chart, CELECOXIB, 200, 9, dosage=daily(chart, "400", 2))
    statement(chart, CELECOXIB, 8, dosage=daily(chart, "200"))
    return CLEAR


def stopped_for_the_stomach(chart: Chart) -> Answer:
    """A recorded end within the window."""
    drug = _nsaid(chart)
    statement(chart, drug, 200, 6, status="stopped", dosage=daily(chart, drug.mg))
    return CLEAR


def ended_before_the_window(chart: Chart) -> None:
    """Nothing since day 31."""
    drug = _nsaid(chart)
    statement(chart, drug, 200, 31, dosage=daily(chart, drug.mg))


def as_needed(chart: Chart) -> Answer:
    """When it hurts."""
    drug = _nsaid(chart)
    reason = {"asNeededCodeableConcept": {"text": "疼痛时"}}
    when = chart.rng.choice(({"asNeededBoolean": True}, reason))
    statement(chart, drug, 100, dosage=daily(chart, drug.mg) | when)
    return JUDGEMENT


def as_needed_before_the_window(chart: Chart) -> None:
    """Over since day 31."""
    drug = _nsaid(chart)
    statement(chart, drug, 200, 31, dosage=daily(chart, drug.mg, asNeededBoolean=True))


def as_needed_beside_a_new_one(chart: Chart) -> Answer:
    """A change is FALSE whatever is taken as needed."""
    one, other = chart.rng.sample(NSAIDS, 2)
    statement(chart, one, 200, dosage=daily(chart, one.mg, asNeededBoolean=True))
    statement(chart, other, 12, dosage=daily(chart, other.mg))
    return CLEAR


def dose_as_text(chart: Chart) -> Answer:
    """Words alone."""
    statement(chart, _nsaid(chart), 100, dosage={"text": "每次1粒，每日两次"})
    return DOSE


def supply_ran_out(chart: Chart) -> Answer:
    """Two supplies in a row, of which the last ran out a week ago."""
    drug = _nsaid(chart)
    request(chart, drug, 50, 28, dosage=daily(chart, drug.mg))
    request(chart, drug, 22, 14, dosage=daily(chart, drug.mg))
    return SUPPLY


def gels_and_patches(chart: Chart) -> None:
    """On the skin or in the eye: in no line."""
    for words in ("双氯芬酸二乙胺乳胶剂", "氟比洛芬凝胶贴膏", "双氯芬酸钠滴眼液"):
        statement(chart, text(words), chart.rng.randint(1, 60))
    statement(chart, CELECOXIB, 10, dosage={"text": "外用", "route": ROUTES["外用"]})


def aspirin_for_the_heart(chart: Chart) -> None:
    """100 mg a day are no NSAID, begun in the window or not."""
    statement(chart, ASPIRIN, chart.rng.randint(1, 400), dosage=daily(chart, "100"))


def aspirin_for_the_pain(chart: Chart) -> Answer:
    """More than 100 mg a day."""
    statement(chart, ASPIRIN, 200, dosage=daily(chart, "900", 3))
    return JUDGEMENT


def aspirin_of_unknown_dose(chart: Chart) -> Answer:
    """More than 100 mg, or not."""
    statement(chart, ASPIRIN, 200, dosage={"text": "每日一次"})
    return DOSE


def glucosamine(chart: Chart) -> None:
    """M01AX05 stands among the NSAIDs, and is none."""
    codings = [{"system": "http://www.whocc.no/atc", "code": "M01AX05", "display": "硫酸氨基葡萄糖胶囊"}]
    drug = {"medicationCodeableConcept": {"coding": codings}}
    statement(chart, drug, 9, dosage=daily(chart, "1500", 2))


NSAID_RECORDS = (
    two_stable,
    one_stable_one_new,
    switched,
    halved,
    stopped_for_the_stomach,
    ended_before_the_window,
    as_needed,
    as_needed_before_the_window,
    as_needed_beside_a_new_one,
    dose_as_text,
    supply_ran_out,
    gels_and_patches,
    aspirin_for_the_heart,
    aspirin_for_the_pain,
    aspirin_of_unknown_dose,
    glucosamine,
)
