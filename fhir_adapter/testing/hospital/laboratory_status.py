"""Owns drafts, versions, duplicates, panels and references of a result, for any test of E2, E3 and E4."""

from __future__ import annotations

from fhir_adapter.model.truth import Reason
from fhir_adapter.testing.hospital.analytes import Resource, Test
from fhir_adapter.testing.hospital.chart import CLEAR, Answer, Chart, unknown
from fhir_adapter.testing.hospital.systems import LAB, LOINC

_PRELIMINARY = unknown(Reason.PRELIMINARY)
_NO_RECORD = unknown(Reason.NO_RECORD)
_CONFLICT = unknown(Reason.CONFLICTING_VALUES)
_PANEL: Resource = {
    "coding": [
        {"system": LOINC, "code": "58410-2", "display": "CBC panel"},
        {"system": LAB, "code": "PANEL", "display": "检验组套"},
    ],
    "text": "检验组套",
}


def preliminary_flips(chart: Chart, test: Test) -> Answer:
    """A newer draft would decide otherwise."""
    chart.fine(test, chart.clock.at(9))
    chart.bad(test, chart.clock.at(1), status="preliminary")
    return _PRELIMINARY


def preliminary_agrees(chart: Chart, test: Test) -> Answer:
    """A newer draft says the same."""
    chart.fine(test, chart.clock.at(1), status="preliminary")
    return chart.fine(test, chart.clock.at(9))


def preliminary_only(chart: Chart, test: Test) -> Answer:
    """A draft never satisfies."""
    chart.either(test, chart.clock.at(1), status="preliminary")
    return _PRELIMINARY


def preliminary_before_the_final(chart: Chart, test: Test) -> Answer:
    """The final one is newer: the draft is past."""
    chart.bad(test, chart.clock.at(9), status="preliminary")
    return chart.fine(test, chart.clock.at(1))


def preliminary_of_a_year(chart: Chart, test: Test) -> Answer:
    """A draft known to the year may be newer, and would decide otherwise."""
    chart.fine(test, chart.clock.at(9))
    chart.bad(test, chart.clock.written(chart.clock.year(9), 4), status="preliminary")
    return _PRELIMINARY


def preliminary_unreadable(chart: Chart, test: Test) -> Answer:
    """A newer draft that cannot be read might decide otherwise."""
    chart.fine(test, chart.clock.at(9))
    chart.observe(test, chart.clock.at(1), {"valueString": "见报告单"}, status="preliminary")
    return _PRELIMINARY


def status_unknown_flips(chart: Chart, test: Test) -> Answer:
    """A result whose status nobody knows is a draft too."""
    chart.bad(test, chart.clock.at(9))
    chart.fine(test, chart.clock.at(1), status="unknown")
    return _PRELIMINARY


def not_a_result_is_skipped(chart: Chart, test: Test) -> Answer:
    """registered, cancelled and entered-in-error hold no result: the older one speaks."""
    for day, status in enumerate(("registered", "cancelled", "entered-in-error"), start=1):
        chart.bad(test, chart.clock.at(day), status=status)
    return chart.fine(test, chart.clock.at(9))


def cancelled_only(chart: Chart, test: Test) -> Answer:
    """An order that came to nothing."""
    chart.fine(test, chart.clock.at(2), status="cancelled")
    return _NO_RECORD


def amended(chart: Chart, test: Test) -> Answer:
    """amended and corrected count as final."""
    return chart.either(test, chart.clock.at(2), status=chart.rng.choice(("amended", "corrected")))


def corrected_version(chart: Chart, test: Test) -> Answer:
    """Two versions of one id: the newer one removed a typing error."""
    same = chart.new_id()
    chart.bad(test, chart.clock.at(7), identifier=same)
    updated = chart.clock.stamp(6, 10)
    return chart.fine(
        test, chart.clock.at(7), identifier=same, version="2", updated=updated, status="corrected"
    )


def newest_version_worsens(chart: Chart, test: Test) -> Answer:
    """Two versions of one id, the newer one first in the file and bad."""
    same = chart.new_id()
    updated = chart.clock.stamp(6, 10)
    answer = chart.bad(
        test, chart.clock.at(7), identifier=same, version="2", updated=updated, status="amended"
    )
    chart.fine(test, chart.clock.at(7), identifier=same)
    return answer


def taken_back(chart: Chart, test: Test) -> Answer:
    """entered-in-error as the newest version removes the older ones too."""
    same = chart.new_id()
    chart.either(test, chart.clock.at(7), identifier=same)
    updated = chart.clock.stamp(5, 10)
    chart.either(
        test, chart.clock.at(7), identifier=same, version="2", updated=updated, status="entered-in-error"
    )
    return _NO_RECORD


def taken_back_and_repeated(chart: Chart, test: Test) -> Answer:
    """After the wrong one is gone, the other result of the record counts."""
    taken_back(chart, test)
    return chart.either(test, chart.clock.at(11))


def version_numbers_alone(chart: Chart, test: Test) -> Answer:
    """Without lastUpdated version 10 is newer than 9, as numbers and not as text."""
    same = chart.new_id()
    answer = chart.fine(test, chart.clock.at(7), identifier=same, version="10", updated=None)
    chart.bad(test, chart.clock.at(7), identifier=same, version="9", updated=None)
    return answer


def missing_last_updated_is_oldest(chart: Chart, test: Test) -> Answer:
    """A version without lastUpdated is older than one with it, whatever its number."""
    same = chart.new_id()
    answer = chart.fine(test, chart.clock.at(7), identifier=same, version="1")
    chart.bad(test, chart.clock.at(7), identifier=same, version="2", updated=None)
    return answer


def same_instant_in_conflict(chart: Chart, test: Test) -> Answer:
    """Two results of one instant, nothing to say which is newer."""
    chart.fine(test, chart.clock.at(5), issued=None)
    chart.bad(test, chart.clock.at(5), issued=None)
    return _CONFLICT


def same_instant_one_unreadable(chart: Chart, test: Test) -> Answer:
    """One of two results of an instant cannot be read: it may be the one that counts."""
    chart.fine(test, chart.clock.at(5), issued=None)
    value = {"valueQuantity": {"value": 20, "unit": test.unknown_unit}}
    chart.observe(test, chart.clock.at(5), value, issued=None)
    return unknown(Reason.UNIT_NOT_CONVERTIBLE)


def same_instant_in_agreement(chart: Chart, test: Test) -> Answer:
    """Two different numbers, one answer."""
    chart.fine(test, chart.clock.at(5), issued=None)
    return chart.fine(test, chart.clock.at(5), issued=None)


def same_instant_newer_issue(chart: Chart, test: Test) -> Answer:
    """issued breaks the tie."""
    chart.bad(test, chart.clock.at(5), issued=chart.clock.stamp(5, 14))
    return chart.fine(test, chart.clock.at(5), issued=chart.clock.stamp(5, 15))


def same_instant_newer_update(chart: Chart, test: Test) -> Answer:
    """meta.lastUpdated breaks the tie that issued leaves."""
    chart.fine(test, chart.clock.at(5), updated=chart.clock.stamp(5, 17))
    return chart.bad(test, chart.clock.at(5), updated=chart.clock.stamp(5, 18))


def date_and_time_of_one_day(chart: Chart, test: Test) -> Answer:
    """A date may be later than any time of that day."""
    chart.bad(test, chart.clock.at(5, 8), issued=None)
    chart.fine(test, chart.clock.on(5), issued=None)
    return _CONFLICT


def component_of_a_panel(chart: Chart, test: Test) -> Answer:
    """The result stands in a component: the panel's date and status are its own."""
    status, answer, span = chart.rng.choice(
        (("final", CLEAR, test.fine), ("preliminary", _PRELIMINARY, test.bad))
    )
    component = _component(chart, test, chart.measured(test, span))
    chart.observe(test, chart.clock.at(3), {"component": [component]}, code=_PANEL, status=status)
    return answer


def absent_component(chart: Chart, test: Test) -> Answer:
    """A component without a result lets the older single result speak."""
    component = _component(chart, test, {"dataAbsentReason": {"text": "标本凝固"}})
    chart.observe(test, chart.clock.at(3), {"component": [component]}, code=_PANEL)
    return chart.either(test, chart.clock.at(9))


def member_of_a_panel(chart: Chart, test: Test) -> Answer:
    """A panel without value names its member: the member is the result."""
    when = chart.clock.at(3)
    member = chart.new_id()
    answer = chart.either(test, when, identifier=member)
    members = {"hasMember": [{"reference": f"Observation/{member}"}]}
    chart.observe(test, when, members, code=_PANEL, ranges=[])
    return answer


def of_nobody(chart: Chart, test: Test) -> Answer:
    """It refers to a Patient that is not in the input: nobody's."""
    chart.bad(test, chart.clock.at(3), subject={"reference": f"Patient/{chart.new_id()}"})
    return _NO_RECORD


def by_absolute_reference(chart: Chart, test: Test) -> Answer:
    """The hospital's base before the reference."""
    return chart.either(test, chart.clock.at(3), subject=chart.reference("absolute"))


def by_versioned_reference(chart: Chart, test: Test) -> Answer:
    """A reference to one version of the Patient."""
    return chart.either(test, chart.clock.at(3), subject=chart.reference("versioned"))


def by_record_number(chart: Chart, test: Test) -> Answer:
    """An identifier that one Patient carries."""
    return chart.either(test, chart.clock.at(3), subject=chart.reference("identifier"))


def unmapped_code_only(chart: Chart, test: Test) -> Answer:
    """A code that nobody mapped: the text names the test, and a name is no result."""
    code = {
        "coding": [{"system": LAB, "code": f"XB{chart.rng.randint(100, 999)}", "display": test.text}],
        "text": test.text,
    }
    chart.either(test, chart.clock.at(3), code=code)
    return _NO_RECORD


def _component(chart: Chart, test: Test, value: Resource) -> Resource:
    code = {"coding": [{"system": LAB, "code": test.local, "display": test.text}], "text": test.text}
    ranges = chart.limits(test)
    return {"code": code, **value, **({"referenceRange": ranges} if ranges else {})}


STATES = (
    preliminary_flips,
    preliminary_agrees,
    preliminary_only,
    preliminary_before_the_final,
    preliminary_of_a_year,
    preliminary_unreadable,
    status_unknown_flips,
    not_a_result_is_skipped,
    cancelled_only,
    amended,
    corrected_version,
    newest_version_worsens,
    taken_back,
    taken_back_and_repeated,
    version_numbers_alone,
    missing_last_updated_is_oldest,
    same_instant_in_conflict,
    same_instant_one_unreadable,
    same_instant_in_agreement,
    same_instant_newer_issue,
    same_instant_newer_update,
    date_and_time_of_one_day,
    component_of_a_panel,
    absent_component,
    member_of_a_panel,
    of_nobody,
    by_absolute_reference,
    by_versioned_reference,
    by_record_number,
    unmapped_code_only,
)
