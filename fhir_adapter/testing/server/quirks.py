"""Owns what a real server may do otherwise: choices inside the server, each seen in the field.

Faults that damage an answer on its way are in `faults/`; these change what the server itself does.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quirks:
    """The server's ways; the default is a textbook R4 server. A fault profile's `[server]` table sets them by name.

    `conditional_create`  "atomic" | "racy" (another create may come between the search and the create) |
                          "ignored" (If-None-Exist is not looked at) | "refused" (412 Problem: not supported, 400)
    `conditional_update`  whether PUT with a query is supported; else 400
    `update_create`       whether PUT may create an id; else 405
    `guard_status`        the status of a failed If-Match: 412 (R4) or 409 (HAPI)
    `guards`              whether If-Match is looked at at all
    `etag`                "weak" (W/"1") | "strong" ("1") | "none"
    `transactions`        whether a transaction Bundle is accepted; else 400
    `ignored_parameters`  search and export parameters that are not looked at, and absent from the self link
    `strict`              an unknown search parameter is refused unless the client asks for lenient handling
    `late_visible_s`      a commit shows in searches, history and exports only so long after its lastUpdated
    `late_spread_s`       the delay of each commit is drawn between `late_visible_s` and this (0: always the same)
    `clock_skew_s`        lastUpdated is stamped by a clock that is so far ahead of the Date header
    `keep_versions`       whether a version in a reference is kept on storing (HAPI strips it)
    `page_lifetime_s`     how long a `next` link lives; afterwards 410
    `max_count`           the largest page
    `default_count`       the page where the client asks for no size
    `referential`         a reference to a resource that is not there is refused, 400
    `export_deleted`      whether an export with `_since` lists what was deleted
    `export_polls`        202 answers before an export is complete
    `export_retry_after`  the Retry-After of those answers
    `export_lifetime_s`   how long an export's files live
    `export_file_lines`   resources per file
    `requires_token`      what the manifest says in requiresAccessToken: "auto" (as it is) | "true" | "false"
    `transaction_time`    "start" (kick-off) or "end" (the end of the job, which loses data)
    """

    conditional_create: str = "atomic"
    conditional_update: bool = True
    update_create: bool = True
    guard_status: int = 412
    guards: bool = True
    etag: str = "weak"
    transactions: bool = True
    ignored_parameters: tuple[str, ...] = ()
    strict: bool = True
    late_visible_s: float = 0
    late_spread_s: float = 0
    clock_skew_s: float = 0
    keep_versions: bool = True
    page_lifetime_s: float = 600
    max_count: int = 1000
    default_count: int = 50
    referential: bool = False
    export_deleted: bool = True
    export_polls: int = 1
    export_retry_after: str = "1"
    export_lifetime_s: float = 3600
    export_file_lines: int = 10_000
    requires_token: str = "auto"  # noqa: S105
    transaction_time: str = "start"
