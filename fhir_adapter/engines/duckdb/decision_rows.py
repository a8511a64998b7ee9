"""Owns the rows of decision lists in SQL (docs/semantics.md, section 7): one statement folds every part of a line.

Of a subject's rows only those up to the first T count (`hit`), or all if none is. Without a U among them the hit decides;
with one, the hit decides only if every U row would say the same; else the first U row explains why nobody knows.
"""

from __future__ import annotations

from fhir_adapter.engines.duckdb.composites import numeric_part
from fhir_adapter.engines.duckdb.results_verbs import COMPONENT_MISSING, TOO_OLD
from fhir_adapter.engines.duckdb.run import FALSE, TRUE, UNKNOWN, Run, code_of
from fhir_adapter.model.criteria import Condition, Verb
from fhir_adapter.model.inputs import QuantityInput, ScoreInput
from fhir_adapter.model.truth import Reason, Truth

_NOTHING_FOUND = (Reason.NO_RECORD, Reason.COMPONENT_MISSING, Reason.TOO_OLD)
_CODE = {Truth.TRUE: TRUE, Truth.FALSE: FALSE, Truth.UNKNOWN: UNKNOWN}


def define_rows(run: Run, numbers: dict[Condition, int]) -> None:
    """Tables `decision_row`, `decision_part` and `review_row`: the built lines of the trial as data."""
    rows, parts, reviews = [], [], []
    for place, line in enumerate(run.given.trial.lines):
        for part, of in enumerate(line.parts if line.built else ()):
            for n, row in enumerate(of.rows):
                reason = None if row.reason is None else code_of(row.reason)
                asked, unit = numbers[row.when], _unit(run, row.when) or None
                rows.append((place, part, n, asked, _CODE[row.then], reason, unit, row.when.about or None))
            parts.append((place, part, len(of.rows) - 1, of.rows[-1].when.about or None))
            reviews += [(place, numbers[row.when], row.note) for row in of.review]
    run.table(
        "decision_row",
        "line SMALLINT, part SMALLINT, place SMALLINT, asked SMALLINT, says TINYINT, why SMALLINT, unit VARCHAR, about VARCHAR",
        rows,
    )
    run.table("decision_part", "line SMALLINT, part SMALLINT, last SMALLINT, about VARCHAR", parts)
    run.table("review_row", "line SMALLINT, asked SMALLINT, note VARCHAR", reviews)


def fold_parts(line: int) -> str:
    """SQL: sid, part, truth, reason, evidence, value, unit, valid, notes, about of every subject and part of a line."""
    no_record, missing, too_old = (code_of(reason) for reason in _NOTHING_FOUND)
    hit, doubt, trail = ("FILTER (place = hit)", "FILTER (place = doubt)", "FILTER (place = trail_at)")
    # the first T (`hit`), the first U before it (`doubt`), the first trail by rank before it (`trail_at`)
    marks = f"""SELECT sid, part, hit, says AS hit_says, CASE WHEN doubt < coalesce(hit, 32767) THEN doubt END AS doubt,
            CASE WHEN missing_at < coalesce(hit, 32767) THEN missing_at WHEN old_at < coalesce(hit, 32767) THEN old_at END
            AS trail_at
        FROM (SELECT a.sid, d.part, min(d.place) FILTER (a.truth = {TRUE}) AS hit,
                arg_min(d.says, d.place) FILTER (a.truth = {TRUE}) AS says, min(d.place) FILTER (a.truth = {UNKNOWN}) AS doubt,
                min(d.place) FILTER (a.trail = {COMPONENT_MISSING}) AS missing_at,
                min(d.place) FILTER (a.trail = {TOO_OLD}) AS old_at
            FROM answer a JOIN decision_row d USING (asked) WHERE d.line = {line} GROUP BY a.sid, d.part)"""
    folded = f"""SELECT sid, part, any_value(hit_says) AS says, any_value(why) {hit} AS why, any_value(doubt) AS doubt,
            any_value(evidence) {hit} AS hit_evidence, any_value(value) {hit} AS hit_value, any_value(unit) {hit} AS hit_unit,
            any_value(about) {hit} AS hit_about,
            coalesce(bool_and(says = hit_says AND says <> {UNKNOWN}) FILTER (truth = {UNKNOWN}), false) AS agreed,
            any_value(reason) {doubt} AS doubt_reason, any_value(evidence) {doubt} AS doubt_evidence,
            any_value(value) {doubt} AS doubt_value, any_value(unit) {doubt} AS doubt_unit, any_value(about) {doubt} AS doubt_about,
            flatten(list(evidence ORDER BY place) FILTER (doubt IS NOT NULL AND evidence IS NOT NULL
                AND (truth = {UNKNOWN} OR place = hit))) AS all_evidence,
            any_value(CASE trail WHEN {COMPONENT_MISSING} THEN {missing} ELSE {too_old} END) {trail} AS trail_reason,
            any_value(trail_evidence) {trail} AS trail_evidence,
            min(valid) AS valid, bit_or(notes) AS notes, any_value(about) FILTER (place = last) AS last_about
        FROM (SELECT a.* EXCLUDE (asked, about), d.part, d.place, d.says, d.why, coalesce(a.about, d.about) AS about, q.last,
                CASE WHEN a.value IS NOT NULL THEN d.unit END AS unit, m.hit, m.hit_says, m.doubt, m.trail_at
            FROM answer a JOIN decision_row d USING (asked) JOIN decision_part q ON q.line = d.line AND q.part = d.part
            JOIN ({marks}) m ON m.sid = a.sid AND m.part = d.part WHERE d.line = {line} AND (m.hit IS NULL OR d.place <= m.hit))
        GROUP BY sid, part"""
    return f"""SELECT s.sid, p.part, CASE WHEN doubt IS NOT NULL AND NOT agreed THEN {UNKNOWN} ELSE coalesce(says, {UNKNOWN}) END AS truth,
            CASE WHEN doubt IS NOT NULL THEN CASE WHEN NOT agreed THEN doubt_reason END
                WHEN says IS NULL OR why = {no_record} THEN coalesce(trail_reason, {no_record}) ELSE why END AS reason,
            CASE WHEN doubt IS NOT NULL THEN CASE WHEN agreed THEN unique_of(all_evidence) ELSE doubt_evidence END
                WHEN trail_reason IS NOT NULL AND (says IS NULL OR why = {no_record}) THEN trail_evidence
                ELSE hit_evidence END AS evidence,
            CASE WHEN doubt IS NOT NULL THEN doubt_value ELSE hit_value END AS value,
            CASE WHEN doubt IS NOT NULL THEN doubt_unit ELSE hit_unit END AS unit, f.valid, coalesce(f.notes, 0) AS notes,
            CASE WHEN doubt IS NOT NULL THEN doubt_about WHEN says IS NOT NULL THEN hit_about
                ELSE coalesce(last_about, p.about) END AS about
        FROM subject s JOIN decision_part p ON p.line = {line} LEFT JOIN ({folded}) f ON f.sid = s.sid AND f.part = p.part"""


def _unit(run: Run, condition: Condition) -> str:
    counted = numeric_part(run, condition)
    if counted is not None:
        return _unit(run, condition.of[counted])
    if condition.verb is Verb.STABLE_DOSE:
        return "mg/d"
    if condition.verb is Verb.EXPOSED_FOR:
        return "{score}"
    known = next((i for i in run.inputs if i.id == condition.input), None)
    if isinstance(known, QuantityInput):
        return known.unit
    if isinstance(known, ScoreInput):
        return "{score}"
    return "" if known is None else "Condition"
