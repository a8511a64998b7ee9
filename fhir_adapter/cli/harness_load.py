"""Owns `harness load`: a folder of FHIR files put into any server, and what of it the server refused.

Nothing that a server says in free words is shown: it may quote a patient's record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fhir_adapter.cli.console import Terminal, table, terminal_of
from fhir_adapter.cli.options import AsJson
from fhir_adapter.cli.serving import FOUND_PROBLEMS, TokenFileOption, plain_errors, token_in
from fhir_adapter.errors import UsageError

if TYPE_CHECKING:
    import requests

Resource = dict[str, Any]

_BUNDLE = 100
_SECONDS = 120
_MEDIA = "application/fhir+json"
_ISSUE_CODES = frozenset(
    "invalid structure required value invariant security login unknown expired forbidden suppressed processing"
    " not-supported duplicate multiple-matches not-found deleted too-long code-invalid extension too-costly"
    " business-rule conflict transient lock-error no-store exception timeout incomplete throttled informational"
    " success".split()
)


@dataclass
class _Loaded:
    """What became of the resources."""

    created: int = 0
    updated: int = 0
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)

    def document(self) -> dict[str, object]:
        """The counts, and each reason with its type."""
        reasons = [
            {"type": type_, "reason": reason, "count": count}
            for (type_, reason), count in self.refused.most_common()
        ]
        return {
            "created": self.created,
            "updated": self.updated,
            "refused": self.refused.total(),
            "reasons": reasons,
        }


def load(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of NDJSON, resources and Bundles.")],
    url: Annotated[str, typer.Option("--url", metavar="URL", help="The server's base address.")],
    token_file: TokenFileOption = None,
    as_json: AsJson = False,
) -> int:
    """Put a folder into any FHIR server, in batches of 100; exit code 1 if it refused any of it."""
    from fhir_adapter.testing.folders import read_folder

    terminal = terminal_of(context)
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"--url {url}: give the server's base address, as in http://127.0.0.1:8080/fhir.")
    with plain_errors(0), _session(token_in(token_file)) as session:
        server = _Server(session, url.rstrip("/"))
        loaded = _load(terminal, server, read_folder(folder))
    if as_json:
        terminal.json(loaded.document())
    else:
        _show(terminal, loaded, server.url)
    return FOUND_PROBLEMS if loaded.refused else 0


@dataclass(frozen=True)
class _Server:
    """The server that is filled."""

    session: requests.Session
    url: str

    def put(self, resources: list[Resource]) -> list[tuple[int, str]]:
        """Status and reason of each resource of a batch; UsageError when the server cannot be reached."""
        import requests

        bundle = {"resourceType": "Bundle", "type": "batch", "entry": [_entry(one) for one in resources]}
        try:
            response = self.session.post(self.url, json=bundle, timeout=_SECONDS, allow_redirects=False)
        except requests.RequestException as error:
            raise UsageError(
                f"{self.url} cannot be reached ({type(error).__name__}): is the server running, and is this its base?"
            ) from None
        entries = _answered(response)
        if len(entries) != len(resources):
            reason = f"the whole batch: {_reason(response.status_code, _content(response))}"
            return [(response.status_code if response.status_code >= 400 else 500, reason)] * len(resources)
        return [_status(entry) for entry in entries]


def _session(token: str | None) -> requests.Session:
    import requests

    session = requests.Session()
    session.trust_env = False  # a .netrc would replace the token
    session.headers.update({"Accept": _MEDIA, "Content-Type": _MEDIA})
    if token is not None:
        session.headers["Authorization"] = f"Bearer {token}"
    return session


def _load(terminal: Terminal, server: _Server, resources: Iterator[Resource]) -> _Loaded:
    loaded = _Loaded()
    again: list[Resource] = []
    with terminal.progress() as tell:
        for batch in _batches(resources):
            again += _count(loaded, batch, server.put(batch))
            tell(f"{loaded.created + loaded.updated} written")
        # What refers to something that came later in the folder was refused by some servers: now it is there.
        loaded.refused.clear()
        for batch in _batches(again):
            _count(loaded, batch, server.put(batch))
            tell(f"{loaded.created + loaded.updated} written")
    return loaded


def _batches(resources: Iterable[Resource]) -> Iterator[list[Resource]]:
    source = iter(resources)
    while batch := list(islice(source, _BUNDLE)):
        yield batch


def _count(loaded: _Loaded, batch: list[Resource], answers: list[tuple[int, str]]) -> list[Resource]:
    """Count a batch; returns what was refused."""
    refused = []
    for resource, (status, reason) in zip(batch, answers, strict=True):
        if status == 201:
            loaded.created += 1
        elif 200 <= status < 300:
            loaded.updated += 1
        else:
            loaded.refused[resource["resourceType"], reason] += 1
            refused.append(resource)
    return refused


def _entry(resource: Resource) -> dict[str, Any]:
    type_, id_ = resource["resourceType"], resource.get("id")
    request = {"method": "PUT", "url": f"{type_}/{id_}"} if id_ else {"method": "POST", "url": type_}
    return {"resource": resource, "request": request}


def _content(response: requests.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _answered(response: requests.Response) -> list[Any]:
    content = _content(response)
    entries = content.get("entry") if isinstance(content, dict) else None
    return entries if isinstance(entries, list) and response.status_code < 300 else []


def _status(entry: Any) -> tuple[int, str]:
    answer = entry.get("response") if isinstance(entry, dict) else None
    stated = str(answer.get("status", "")) if isinstance(answer, dict) else ""
    if not stated[:3].isdigit():
        return 500, "an answer without a status"
    status = int(stated[:3])
    return status, _reason(status, answer.get("outcome") if isinstance(answer, dict) else None)


def _reason(status: int, outcome: Any) -> str:
    """A status with the code and the element of an OperationOutcome's first issue; never its words."""
    issues = outcome.get("issue") if isinstance(outcome, dict) else None
    issue = issues[0] if isinstance(issues, list) and issues and isinstance(issues[0], dict) else {}
    code = issue.get("code")
    return f"{status} {code}" if code in _ISSUE_CODES else str(status)


def _show(terminal: Terminal, loaded: _Loaded, url: str) -> None:
    terminal.show(
        f"{loaded.created} created, {loaded.updated} updated, {loaded.refused.total()} refused by {url}."
    )
    if loaded.refused:
        rows = [(str(count), type_, reason) for (type_, reason), count in loaded.refused.most_common()]
        terminal.show(table(("#count", "type", "refused with"), rows))
