"""Owns one Bulk Data export, from kick-off to DELETE: its polls, its manifest.

https://hl7.org/fhir/uv/bulkdata/export.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from fhir_adapter.errors import ServerError
from fhir_adapter.fhir import outcomes
from fhir_adapter.fhir.client import Client
from fhir_adapter.fhir.origins import resolved
from fhir_adapter.fhir.retrying import retry_after
from fhir_adapter.fhir.transport import Answer

MOST_POLLS = 2_000
LONGEST_JOB_S = 24 * 3600
_LONGEST_UNASKED_WAIT_S = 60.0


@dataclass(frozen=True)
class ExportFile:
    """A file that a manifest lists; `resource_type` None in the error section."""

    url: str
    resource_type: str | None
    count: int | None


@dataclass(frozen=True)
class Export:
    """A finished export. `problem`: why it cannot be whole, whatever its files hold."""

    request: str
    transaction_time: str
    token: bool
    output: tuple[ExportFile, ...]
    errors: tuple[ExportFile, ...]
    problem: str | None


@contextmanager
def exported(
    client: Client, types: Collection[str], progress: Callable[[str], None] = lambda _: None
) -> Iterator[Export]:
    """An export of these types, deleted at the server on leaving; ServerError when there is none."""
    request = client.address("$export", {"_type": ",".join(types)})
    answer = client.get(request, Prefer="respond-async")
    location = answer.headers.get("Content-Location")
    if answer.status != 202 or not location:
        raise ServerError("the export did not begin: a kick-off is answered 202 with a Content-Location")
    status_url = resolved(request, location)
    if not client.transport.allowed.is_base(status_url):
        raise ServerError("the export's status is at another origin: it was not asked")
    job = _Job(client, status_url)
    try:
        done = _awaited(job, progress)
        export = _read(done.json(), request, status_url)
        job.known = True
        yield export
    finally:
        # Only what has shown that it is a job; and what cannot be deleted is no reason to throw the data away.
        if job.known:
            with suppress(ServerError):
                client.transport.delete(status_url)


@dataclass
class _Job:
    """The address of an export's status. `known`: it has answered as one, so that DELETE cannot hit a record."""

    client: Client
    url: str
    known: bool = False


def _awaited(job: _Job, progress: Callable[[str], None]) -> Answer:
    retries = job.client.transport.retries
    waited = 0.0
    for poll in range(MOST_POLLS):
        answer = job.client.get(job.url, Accept="application/json")
        if answer.status != 202:
            return answer
        job.known = True
        progress(f"the server prepares the export (asked {poll + 1} times)")
        asked = retry_after(answer.headers.get("Retry-After"), retries.timing.now())
        wait_s = min(_LONGEST_UNASKED_WAIT_S, 2.0 ** min(poll, 6)) if asked is None else asked
        wait_s = min(max(wait_s, 0.1), retries.longest_wait_s)
        waited += wait_s
        if waited > LONGEST_JOB_S:
            break
        retries.pause(wait_s)
    raise ServerError("the export does not come to an end: given up")


def _read(manifest: Mapping[str, Any], request: str, url: str) -> Export:
    if manifest.get("resourceType") == "OperationOutcome":
        raise ServerError(f"the export failed: {outcomes.codes(manifest)}")
    time, output, errors = (manifest.get(key) for key in ("transactionTime", "output", "error"))
    if not isinstance(time, str) or not isinstance(output, list):
        raise ServerError("the export's manifest lacks transactionTime or output")
    files = tuple(_file(item, url) for item in output)
    return Export(
        request=request,
        transaction_time=time,
        token=manifest.get("requiresAccessToken") is not False,
        output=files,
        errors=tuple(_file(item, url) for item in (errors if isinstance(errors, list) else ())),
        problem=_problem(manifest, files),
    )


def _problem(manifest: Mapping[str, Any], files: tuple[ExportFile, ...]) -> str | None:
    if any(file.resource_type is None for file in files):
        return "the export's manifest lists a file without its type, which is not read"
    if len({file.url for file in files}) < len(files):
        return "the export's manifest lists a file twice: another may be missing"
    if not isinstance(manifest.get("error"), list):
        return "the export's manifest has no error list: nobody knows what it left out"
    links = manifest.get("link")
    if isinstance(links, list) and any(
        isinstance(link, dict) and link.get("relation") == "next" for link in links
    ):
        return "the export's manifest has a next page, which is not read"
    return None


def _file(item: Any, url: str) -> ExportFile:
    if not isinstance(item, dict) or not isinstance(item.get("url"), str):
        raise ServerError("the export's manifest lists a file that cannot be read")
    told, count = item.get("type"), item.get("count")
    return ExportFile(
        resolved(url, item["url"]),
        told if isinstance(told, str) else None,
        count if isinstance(count, int) and not isinstance(count, bool) else None,
    )
