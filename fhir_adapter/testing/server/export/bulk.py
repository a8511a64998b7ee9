"""Owns the export's endpoints: `$export` on three levels, `$export-status/JOB`, `$export-file/JOB/NAME`.

http://hl7.org/fhir/uv/bulkdata/export.html, https://hl7.org/fhir/R4/async.html
"""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

from fhir_adapter.testing.server.context import Context
from fhir_adapter.testing.server.export.asked import Asked, asked_by
from fhir_adapter.testing.server.export.jobs import Job, files_of
from fhir_adapter.testing.server.export.selection import select
from fhir_adapter.testing.server.export.snapshot import take
from fhir_adapter.testing.server.export.streaming import accepts_gzip, content_of, gzipped
from fhir_adapter.testing.server.messages import Request, Response, json_response
from fhir_adapter.testing.server.problems import Problem, outcome
from fhir_adapter.testing.server.smart import SmartAuth
from fhir_adapter.testing.server.time import http_date, instant

STATUS, FILE = "$export-status", "$export-file"
MAX_RUNNING = 10
MAX_KEPT = 50  # a job of 100,000 resources holds 0.8 MB


class BulkExport:
    """The exports of one server. With `auth`, an export holds only types that the client's token opens."""

    def __init__(self, context: Context, auth: SmartAuth | None = None) -> None:
        self.context = context
        self.auth = auth
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._random = random.Random(f"export {context.seed}")

    @property
    def requires_token(self) -> bool:
        """What the manifest says about its files: the server's `requires_token`, or as it is."""
        said = self.context.quirks.requires_token
        return self.auth is not None if said == "auto" else said == "true"

    def handle(self, request: Request) -> Response | None:
        """Answer a request of an export, or None for any other path. Raises Problem (400 to 429).

        The caller has authorised the request already, where the server asks for tokens.
        """
        match request.parts:
            case ["$export"] | ["Patient", "$export"] | ["Group", _, "$export"]:
                _only(request, "GET", "POST")
                return self._kick_off(request)
            case [name, job] if name == STATUS:
                _only(request, "GET", "DELETE")
                return self._cancel(job) if request.method == "DELETE" else self._status(job)
            case [name, job, file] if name == FILE:
                _only(request, "GET")
                return self._file(request, job, file)
        return None

    def _kick_off(self, request: Request) -> Response:
        asked = asked_by(request, self.context.quirks.ignored_parameters)
        readable = self._readable(request, asked)
        with self._lock:
            self._check_running()
        job = self._chosen(request, asked, readable)
        with self._lock:
            self._jobs[job.id] = job
        location = f"{request.base}/{STATUS}/{job.id}"
        text = outcome("informational", f"the export has begun; its status is at {location}", "information")
        return json_response(202, text, [("Content-Location", location)])

    def _chosen(self, request: Request, asked: Asked, readable: Callable[[str], bool]) -> Job:
        context = self.context
        snapshot = take(context, asked, readable)
        selected = select(context.store, asked, snapshot)
        files = files_of(selected, asked.notices, context.quirks.export_file_lines)
        ends = context.clock.now() + timedelta(seconds=context.quirks.export_lifetime_s)
        id_ = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        return Job(id_, request.base, request.url, snapshot.now, ends, files)

    def _readable(self, request: Request, asked: Asked) -> Callable[[str], bool]:
        if self.auth is None:
            return lambda type_: True
        grant = self.auth.grant(request)
        for type_ in sorted(asked.types or ()):
            if not grant.opens("export", type_):
                text = f"_type: the access token does not cover {type_}"
                if not asked.lenient:
                    raise Problem(403, "forbidden", text)
                asked.notices.append(text)
        return lambda type_: grant.opens("export", type_)

    def _check_running(self) -> None:
        """Refuse an eleventh export at a time, and forget the oldest of those that are over."""
        now = self.context.clock.now()
        over = [job for job in self._jobs.values() if job.complete or job.ends <= now]
        running = len(self._jobs) - len(over)
        if running >= MAX_RUNNING:
            raise Problem(429, "throttled", f"{running} exports are under way already", self._wait())
        for job in over[: max(0, len(over) - MAX_KEPT + 1)]:
            del self._jobs[job.id]

    def _job(self, id_: str) -> Job:
        job = self._jobs.get(id_)
        if job is None:
            raise Problem(404, "not-found", "no such export; it may have been cancelled")
        if job.ends <= self.context.clock.now():
            job.files = {}
            raise Problem(410, "not-found", "the export's files have expired")
        return job

    def _wait(self) -> tuple[tuple[str, str], ...]:
        """The Retry-After header; a server may have none."""
        value = self.context.quirks.export_retry_after
        return (("Retry-After", value),) if value else ()

    def _status(self, id_: str) -> Response:
        quirks = self.context.quirks
        with self._lock:
            job = self._job(id_)
            if job.complete is None and job.polls < quirks.export_polls:
                percent = 100 * job.polls // quirks.export_polls
                job.polls += 1
                return Response(202, [("X-Progress", f"{percent}% complete"), *self._wait()])
            if job.complete is None:
                self._finish(job)
        manifest = {
            "transactionTime": instant(job.transaction_time),
            "request": job.request,
            "requiresAccessToken": self.requires_token,
            **{section: job.entries(section) for section in ("output", "deleted", "error")},
        }
        return json_response(200, manifest, [("Expires", http_date(job.ends))], "application/json")

    def _finish(self, job: Job) -> None:
        job.complete = self.context.clock.now()
        job.ends = job.complete + timedelta(seconds=self.context.quirks.export_lifetime_s)
        if self.context.quirks.transaction_time == "end":
            job.transaction_time = self.context.now()

    def _cancel(self, id_: str) -> Response:
        with self._lock:
            del self._jobs[self._job(id_).id]
        return json_response(202, outcome("informational", "the export is cancelled", "information"))

    def _file(self, request: Request, id_: str, name: str) -> Response:
        with self._lock:
            job = self._job(id_)
            file = job.files.get(name) if job.complete else None
        if file is None:
            raise Problem(404, "not-found", "the export has no such file")
        headers = [("Content-Type", "application/fhir+ndjson"), ("Vary", "Accept-Encoding")]
        content = content_of(self.context.store, file)
        if accepts_gzip(request.header("Accept-Encoding") or ""):
            return Response(200, [*headers, ("Content-Encoding", "gzip")], gzipped(content))
        return Response(200, headers, content)


def _only(request: Request, *methods: str) -> None:
    if request.method not in methods:
        allowed = (("Allow", ", ".join(methods)),)
        raise Problem(405, "not-supported", f"only {' and '.join(methods)} are supported here", allowed)
