"""Owns the server as a whole: one handler from request to response, with its table of addresses.

https://hl7.org/fhir/R4/http.html
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fhir_adapter.testing.server import (
    bundles,
    capability,
    conditional,
    history,
    interactions,
    media,
    routing,
)
from fhir_adapter.testing.server.context import R4, R5, Context
from fhir_adapter.testing.server.export import BulkExport
from fhir_adapter.testing.server.messages import Request, Response, json_response
from fhir_adapter.testing.server.problems import Problem, outcome
from fhir_adapter.testing.server.quirks import Quirks
from fhir_adapter.testing.server.routing import Route
from fhir_adapter.testing.server.search import answering, everything
from fhir_adapter.testing.server.search.index import index_rows
from fhir_adapter.testing.server.smart import SmartAuth
from fhir_adapter.testing.server.store import Store
from fhir_adapter.testing.server.time import Clock, SystemClock, http_date

_LOG = logging.getLogger(__name__)
_DEFAULT = Quirks()


class FhirServer:
    """A FHIR server without a transport. Safe to use from several threads; `context.quirks` may be exchanged.

    `path`: a SQLite file that keeps its resources; in memory without. `fhir_version` "5.0.0" takes ResearchSubject
    and AdverseEvent in R5's shape. `auth`: who may ask; without it, everybody.
    """

    def __init__(
        self,
        *,
        path: Path | None = None,
        clock: Clock | None = None,
        quirks: Quirks = _DEFAULT,
        validate: bool = True,
        auth: SmartAuth | None = None,
        fhir_version: str = R4,
        seed: int = 1,
    ) -> None:
        if fhir_version not in (R4, R5):
            raise ValueError(f"fhir_version must be {R4} or {R5}")
        store = Store(path, indexer=lambda resource: index_rows(resource, fhir_version))
        self.context = Context(store, clock or SystemClock(), quirks, fhir_version, seed, validate)
        self.auth = auth
        self.export = BulkExport(self.context, auth)
        self._routes = self._table()

    def handle(self, request: Request) -> Response:
        """The answer to any request; never raises."""
        response = self.answer(request)
        if request.method == "HEAD":
            response.body = b""
        response.set_header("Date", http_date(self.context.clock.now()))
        return response

    def load(self, resources: Iterable[dict[str, Any]]) -> int:
        """Write resources without checks; one without an id gets one. Returns how many."""
        with_ids = (one if "id" in one else self._with_id(one) for one in resources)
        return self.context.store.load(with_ids, now=self.context.now())

    def _with_id(self, resource: dict[str, Any]) -> dict[str, Any]:
        return interactions.with_id(resource, conditional.free_id(self.context, resource["resourceType"]))

    def close(self) -> None:
        """Close the store."""
        self.context.store.close()

    def answer(self, request: Request) -> Response:
        """The answer without the headers of the transport; a Bundle's entries are answered by it, too."""
        try:
            return self._answer(request)
        except Problem as problem:
            return json_response(problem.status, problem.outcome, problem.headers)
        except RecursionError:
            return json_response(400, outcome("structure", "the body is nested too deeply"))
        except Exception as error:
            # Neither the answer nor the log tells the error's own text: it may hold a patient's data.
            place = "".join(traceback.format_tb(error.__traceback__))
            _LOG.error("unexpected %s\n%s", type(error).__name__, place)
            return json_response(500, outcome("exception", f"unexpected {type(error).__name__}", "fatal"))

    def permit(self, request: Request) -> None:
        """Problem when there is no such interaction (404, 405) or the client may not do it (401, 403)."""
        self._authorise(request, routing.find(self._routes, request))

    def _answer(self, request: Request) -> Response:
        if any(part.startswith("$export") for part in request.parts):
            return self._export(request)
        if self.auth and request.path == "auth/token":
            return self.auth.token(request)
        if self.auth and request.path == ".well-known/smart-configuration":
            return json_response(200, self.auth.discovery(request.base), media="application/json")
        match = routing.find(self._routes, request)
        self._authorise(request, match)
        media.check_answer(request)
        return match.route.answer(self.context, request, *match.values)

    def _authorise(self, request: Request, match: routing.Match) -> None:
        if self.auth is None or match.route.interaction is None:
            return
        if match.route.interaction == "search" and request.values("_page"):
            # The address of a page is a secret of the client whose search it belongs to: any good token will do.
            self.auth.grant(request)
        else:
            self.auth.authorise(request, match.route.interaction, match.type)

    def _export(self, request: Request) -> Response:
        if self.auth and self._needs_token(request):
            first = request.parts[0]
            self.auth.authorise(
                request, "export", None if first.startswith("$") or first == "Group" else first
            )
        response = self.export.handle(request)
        if response is None:
            raise Problem(404, "not-found", "there is no such export")
        return response

    def _needs_token(self, request: Request) -> bool:
        """Export files need none where the manifest says so."""
        return self.export.requires_token or not request.path.startswith("$export-file/")

    def _table(self) -> list[Route]:
        patient = "Patient/{id}/$everything"
        return [
            Route("GET", "metadata", None, self._metadata),
            Route("GET", "", "search", _search),
            Route("POST", "", "transaction", self._bundle),
            Route("POST", "_search", "search", _search),
            Route("GET", "_history", "history", history.history),
            Route("GET", "{type}", "search", _search),
            Route("POST", "{type}", "create", interactions.create),
            Route("PUT", "{type}", "update", interactions.update_matching),
            Route("DELETE", "{type}", "delete", interactions.delete_matching),
            Route("POST", "{type}/_search", "search", _search),
            Route("GET", "{type}/_history", "history", history.history),
            Route("GET", "{type}/{id}", "read", interactions.read),
            Route("PUT", "{type}/{id}", "update", interactions.update),
            Route("DELETE", "{type}/{id}", "delete", interactions.delete),
            Route("GET", "{type}/{id}/_history", "history", history.history),
            Route("GET", "{type}/{id}/_history/{version}", "vread", interactions.vread),
            # It answers with every type: its row names none, so a token must be good for all of them.
            Route("GET", patient, "search", _everything),
            Route("POST", patient, "search", _everything),
        ]

    def _metadata(self, context: Context, request: Request) -> Response:
        return json_response(200, capability.statement(context, request.base, smart=self.auth is not None))

    def _bundle(self, context: Context, request: Request) -> Response:
        return bundles.process(context, request, self)


def _search(context: Context, request: Request, type_: str | None = None) -> Response:
    if request.method == "POST":
        media.check_form(request)
    if type_ is None and request.values("_page"):
        return answering.page(context, request)
    return answering.search(context, type_, request)


def _everything(context: Context, request: Request, id_: str) -> Response:
    return everything.everything(context, "Patient", id_, request)
