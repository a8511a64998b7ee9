"""Owns which results may be the latest: candidates and their ties (docs/semantics.md, 6.1 step 3)."""

from __future__ import annotations


def candidates(source: str, keys: str) -> str:
    """SQL: the rows of `source` that may be the newest of their group.

    `source` has the columns of `keys`, start_low, start_high, certain, issued, updated. Ties among certain rows are
    broken by `issued`, then by `updated`, each only if all have it. Adds max_low (highest low) and `none_certain`.
    """
    return f"""WITH src AS ({source}),
    bound AS (SELECT {keys}, max(start_low) FILTER (certain) AS edge FROM src GROUP BY {keys}),
    open AS (SELECT s.*, b.edge IS NULL AS none_certain FROM src s JOIN bound b USING ({keys})
        WHERE b.edge IS NULL OR s.start_high IS NULL OR s.start_high >= b.edge),
    tied AS (SELECT {keys}, count(*) > 1 AND bool_and(certain) AS tie,
        bool_and(issued IS NOT NULL) AS by_issued, max(issued) AS newest_issued FROM open GROUP BY {keys}),
    by_issue AS (SELECT o.*, t.tie FROM open o JOIN tied t USING ({keys})
        WHERE NOT (t.tie AND t.by_issued) OR o.issued = t.newest_issued),
    still AS (SELECT {keys}, bool_and(updated IS NOT NULL) AS by_updated, max(updated) AS newest_updated
        FROM by_issue WHERE tie GROUP BY {keys})
    SELECT o.* EXCLUDE (tie) FROM by_issue o LEFT JOIN still s USING ({keys})
        WHERE NOT o.tie OR NOT s.by_updated OR o.updated = s.newest_updated"""
