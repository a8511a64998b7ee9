"""Owns the conditions of rows as clauses of plain English, one function for each verb."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from fhir_adapter.cli.questions import either, last, last_days, number, of_window, questions
from fhir_adapter.model.criteria import Condition, Silence, Verb
from fhir_adapter.model.inputs import EventInput, ExposureInput, Input, QuantityInput

Inputs = Mapping[str, Input]

_SILENCE: Final[Mapping[Silence, str]] = {
    Silence.UNKNOWN: "silence is UNKNOWN",
    Silence.FALSE: "silence counts as absence",
    Silence.FALSE_IF_RECORDED: "silence counts as absence only in a record that holds other, mapped diagnoses of the "
    "last 2 years",
}
_ACTIVITIES: Final[Mapping[str, str]] = {
    "active": " active",
    "unresolved": " active or inactive (not resolved)",
    "ended": " ended (inactive or resolved)",
}
_EVENTS: Final[Mapping[str, str]] = {
    "AllergyIntolerance": "allergy",
    "AdverseEvent": "adverse event",
    "Immunization": "completed vaccination",
    "Procedure": "completed procedure",
}


def clause(condition: Condition, inputs: Inputs) -> str:
    """One condition in words."""
    return _CLAUSES[condition.verb](condition, inputs)


def name_of(input_id: str, inputs: Inputs) -> str:
    """The input's title as it stands in a sentence: without its other name in brackets, and no capital but its own."""
    known = inputs.get(input_id)
    if known is None:
        return input_id
    title = known.title.partition(" (")[0]
    first, _, rest = title.partition(" ")
    # HBsAg, DAS28 and HbA1c keep their capitals; Platelets stands at the beginning of nothing here.
    ordinary = first[1:].islower() or (len(first) == 1 and bool(rest))
    return title[0].lower() + title[1:] if ordinary else title


def _unit(condition: Condition, inputs: Inputs) -> str:
    known = inputs.get(condition.input)
    return f" {known.unit}" if isinstance(known, QuantityInput) else ""


def _latest(condition: Condition, inputs: Inputs) -> str:
    after = ""
    if condition.after:
        names = either(name_of(each, inputs) for each in condition.after)
        after = f" and is newer than every date of a diagnosis of {names}"
    asked = questions(condition, _unit(condition, inputs))
    return f"the latest {name_of(condition.input, inputs)}{of_window(condition)}{asked}{after}"


def _ever(condition: Condition, inputs: Inputs) -> str:
    asked = questions(condition, _unit(condition, inputs))
    return f"any {name_of(condition.input, inputs)}{of_window(condition, ' ever recorded')}{asked}"


def _readings(condition: Condition, inputs: Inputs) -> str:
    """`the newest 2 readings of systolic blood pressure of the last 90 days`."""
    how_many = f"newest {condition.how_many} readings" if condition.how_many > 1 else "newest reading"
    return f"the {how_many} of {name_of(condition.input, inputs)}{of_window(condition)}"


def _mean_of(condition: Condition, inputs: Inputs) -> str:
    asked = questions(condition, _unit(condition, inputs))
    return f"the mean of {_readings(condition, inputs)}{asked}"


def _any_of_last(condition: Condition, inputs: Inputs) -> str:
    asked = questions(condition, _unit(condition, inputs))
    return f"any of {_readings(condition, inputs)}{asked}"


def _enough_readings(condition: Condition, inputs: Inputs) -> str:
    name = name_of(condition.input, inputs)
    return f"at least {condition.how_many} readable readings of {name}{of_window(condition)} are recorded"


def _score(condition: Condition, inputs: Inputs) -> str:
    name, window = name_of(condition.input, inputs), of_window(condition)
    return f"the newest {name}{window}{_variants(condition)}{questions(condition, '')}{_margin(condition)}"


def _variants(condition: Condition) -> str:
    return f" ({', else '.join(condition.variants)})" if condition.variants else ""


def _margin(condition: Condition) -> str:
    if not condition.three_variable_margin:
        return ""
    return f"; without the patient global it must clear that by {number(condition.three_variable_margin)}"


def _present(condition: Condition, inputs: Inputs) -> str:
    return f"a confirmed{_diagnosis(condition, inputs)} is recorded{_doubts(condition)}"


def _absent(condition: Condition, inputs: Inputs) -> str:
    silence = _SILENCE[condition.silence] if condition.silence else "silence is not decided"
    return f"no{_diagnosis(condition, inputs)} is recorded{_doubts(condition)}; {silence}"


def _diagnosis(condition: Condition, inputs: Inputs) -> str:
    """` active diagnosis of infection that began in the last 300 days`."""
    text = f"{_ACTIVITIES.get(condition.activity, '')} diagnosis of {name_of(condition.input, inputs)}"
    spans = [
        f"{what} in {last(span)}"
        for what, span in (
            ("began", condition.since),
            ("was recorded", condition.recorded_within),
            ("ended", condition.ended_within),
        )
        if span is not None
    ]
    if condition.unless:
        spans.append(f"is not also one of {name_of(condition.unless, inputs)}")
    return f"{text} that {' and '.join(spans)}" if spans else text


def _doubts(condition: Condition) -> str:
    """What a status that nobody kept up to date is worth."""
    doubts = ""
    if condition.stale_after_days is not None:
        days = condition.stale_after_days
        doubts += (
            f"; one still active, but begun and recorded more than {days} days ago, is UNKNOWN (STALE_STATUS)"
        )
    if condition.no_status_after_days is not None:
        days = condition.no_status_after_days
        doubts += f"; one without a status or a date in {last_days(days)} is UNKNOWN (NO_STATUS)"
    return doubts


def _event(condition: Condition, inputs: Inputs) -> str:
    known = inputs.get(condition.input)
    types = known.types if isinstance(known, EventInput) else ()
    kinds = either(_EVENTS[each] for each in types) if types else "event"
    window = "" if condition.within_days is None else f" and dated in {last_days(condition.within_days)}"
    undated = ", or without a date" if condition.undated_counts and window else ""
    if isinstance(known, EventInput) and known.severe:
        return f"a serious or severe {kinds} is recorded{window}{undated}"
    article = "an" if kinds[0] in "aeiou" else "a"
    return f"{article} {kinds} of the set “{name_of(condition.input, inputs)}” is recorded{window}{undated}"


def _drug_of(condition: Condition, inputs: Inputs) -> str:
    return f"drug of the set “{name_of(condition.input, inputs)}”"


def _exposed(condition: Condition, inputs: Inputs) -> str:
    how = " as needed" if condition.as_needed else ""
    how += " as an injection" if condition.route == "injection" else ""
    how += (
        f" at more than {number(condition.dose_above)} mg a day" if condition.dose_above is not None else ""
    )
    taken = "was (or, with dates missing, may have been) taken" if condition.possible else "was taken"
    when = " at any time" if condition.within_days is None else f" in {last_days(condition.within_days)}"
    return f"a {_drug_of(condition, inputs)} {taken}{how}{when}"


def _stopped_for(condition: Condition, inputs: Inputs) -> str:
    return f"a {_drug_of(condition, inputs)} was stopped because it was not tolerated"


def _exposed_for(condition: Condition, inputs: Inputs) -> str:
    gaps = f"gaps of up to {condition.gap_days} days bridged" if condition.gap_days else "without a gap"
    taken = f"one {_drug_of(condition, inputs)} was taken for at least {condition.days} days ({gaps})"
    if condition.ongoing or condition.ended_within_days is None:
        return f"{taken} and still is"
    score = name_of(condition.score or "", inputs)
    return (
        f"{taken}, until today or until a day of {last_days(condition.ended_within_days)}, and the newest "
        f"{score}{_variants(condition)} from its day {condition.days} to {condition.score_after_days} days after its "
        f"end{questions(condition, '')}{_margin(condition)}"
    )


def _doses(condition: Condition, inputs: Inputs) -> str:
    known = inputs.get(condition.input)
    summed = isinstance(known, ExposureInput) and bool(known.equivalents)
    which = "the drugs" if summed else "each drug"
    together = " together, as equivalents," if summed else ""
    return f"the daily dose of {which} of the set “{name_of(condition.input, inputs)}”{together}"


def _stable_dose(condition: Condition, inputs: Inputs) -> str:
    days = last_days(condition.within_days or 0)
    return f"{_doses(condition, inputs)} is known and the same on every day of {days}"


def _changed_dose(condition: Condition, inputs: Inputs) -> str:
    days = last_days(condition.within_days or 0)
    return f"{_doses(condition, inputs)} changed (a start or a stop counts) in {days}"


def _list_kept(condition: Condition, inputs: Inputs) -> str:
    unmapped = condition.unmapped_within_days
    when = "ever" if unmapped is None else f"in {last_days(unmapped)}"
    return (
        f"the medication list is kept (any drug taken in {last_days(condition.within_days or 0)} is recorded) and "
        f"no drug {when} is unmapped"
    )


def _age(condition: Condition, inputs: Inputs) -> str:
    return f"the age in completed {condition.input}{questions(condition, '')}"


def _gender(condition: Condition, inputs: Inputs) -> str:
    return f"the recorded gender is {condition.input}"


def _on_study(condition: Condition, inputs: Inputs) -> str:
    return "the patient is on this study"


def _joined(condition: Condition, inputs: Inputs) -> str:
    """`a, and b`; with letters where one of them has more to say than one clause."""
    clauses = [clause(each, inputs) for each in condition.of]
    if any(";" in each for each in clauses):
        clauses = [
            f"({letter}) {each}" for letter, each in zip("abcdefghijklmnopqrstuvwxyz", clauses, strict=False)
        ]
    return (", and " if condition.verb is Verb.ALL else ", or ").join(clauses)


_CLAUSES: Final[Mapping[Verb, Callable[[Condition, Inputs], str]]] = {
    Verb.LATEST: _latest,
    Verb.EVER: _ever,
    Verb.MEAN_OF: _mean_of,
    Verb.ANY_OF_LAST: _any_of_last,
    Verb.READINGS: _enough_readings,
    Verb.SCORE: _score,
    Verb.PRESENT: _present,
    Verb.ABSENT: _absent,
    Verb.EVENT: _event,
    Verb.EXPOSED: _exposed,
    Verb.EXPOSED_FOR: _exposed_for,
    Verb.STOPPED_FOR: _stopped_for,
    Verb.STABLE_DOSE: _stable_dose,
    Verb.CHANGED_DOSE: _changed_dose,
    Verb.LIST_KEPT: _list_kept,
    Verb.AGE: _age,
    Verb.GENDER: _gender,
    Verb.ON_STUDY: _on_study,
    Verb.ALL: _joined,
    Verb.ANY: _joined,
}
