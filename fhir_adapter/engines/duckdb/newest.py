"""Owns which results may be the latest: candidates and their ties (docs/semantics.md, 6.1 step 3)."""

from __future__ import annotations

from fhir_adapter.engines.duckdb.run import Run
from fhir_adapter.engines.duckdb.times import learn_times

LONG_AGO = -(2**62)
"""An unbounded low in SQL: older than everything."""


def pick_newest(run: Run, source: str, keys: str, into: str) -> None:
    """Table `into`: the rows of the SQL `source` that may be the newest of their group.

    `source` has the columns of `keys`, start_low, start_high, certain, issued_text, updated_text. Ties among certain
    rows are broken by `issued`, then by `meta.lastUpdated`, each only if all have it; these two times are read for
    tied rows alone. Adds `none_certain`.
    """
    run.run(
        f"""CREATE OR REPLACE TABLE {into} AS WITH src AS ({source}),
        bound AS (SELECT {keys}, max(coalesce(start_low, {LONG_AGO})) FILTER (certain) AS edge FROM src GROUP BY {keys}),
        open AS (SELECT s.*, b.edge IS NULL AS none_certain FROM src s JOIN bound b USING ({keys})
            WHERE b.edge IS NULL OR s.start_high IS NULL OR s.start_high >= b.edge),
        size AS (SELECT {keys}, count(*) > 1 AND bool_and(certain) AS tie FROM open GROUP BY {keys})
        SELECT o.*, z.tie FROM open o JOIN size z USING ({keys})"""
    )
    if run.value(f"SELECT count(*) FROM {into} WHERE tie"):
        run.run(f"CREATE OR REPLACE TABLE tied_{into} AS SELECT * FROM {into} WHERE tie")
        run.run(f"DELETE FROM {into} WHERE tie")
        learn_times(run, f"tied_{into}", ["issued_text", "updated_text"])
        _break_ties(run, keys, into)


def _break_ties(run: Run, keys: str, into: str) -> None:
    run.run(
        f"""INSERT INTO {into} BY NAME WITH timed AS (SELECT t.*,
            coalesce(quick_high(issued_text), i.high) AS issued, coalesce(quick_high(updated_text), u.high) AS updated
            FROM tied_{into} t LEFT JOIN spelled_time i ON t.issued_text = i.text LEFT JOIN spelled_time u ON t.updated_text = u.text),
        issues AS (SELECT {keys}, bool_and(issued IS NOT NULL) AS by_issued, max(issued) AS newest_issued
            FROM timed GROUP BY {keys}),
        by_issue AS (SELECT t.* FROM timed t JOIN issues i USING ({keys}) WHERE NOT i.by_issued OR t.issued = i.newest_issued),
        updates AS (SELECT {keys}, bool_and(updated IS NOT NULL) AS by_updated, max(updated) AS newest_updated
            FROM by_issue GROUP BY {keys})
        SELECT b.* EXCLUDE (issued, updated) FROM by_issue b JOIN updates u USING ({keys})
            WHERE NOT u.by_updated OR b.updated = u.newest_updated"""
    )
