"""Owns one pull from beginning to end: which types, by which way, and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from fhir_adapter.definitions import SearchPath, load_definitions, load_server, load_trial
from fhir_adapter.engines.base import ScreeningInput
from fhir_adapter.engines.duckdb.engine import needed_types
from fhir_adapter.errors import AuthError, ServerError
from fhir_adapter.fhir import Client, Timing, open_client
from fhir_adapter.landing import Landing
from fhir_adapter.pull.crawling import crawl
from fhir_adapter.pull.exporting import export
from fhir_adapter.pull.folder import LandingFolder, TypeState, owner_only

Progress = Callable[[str], None]

HELPING = frozenset(
    {
        "MedicationAdministration",
        "Medication",
        "Procedure",
        "AdverseEvent",
        "ResearchSubject",
        "ResearchStudy",
    }
)
"""Types whose silence no line leans on: a server without them is no problem. But what a server has of them may decide
against a patient, so that nobody is judged while one of them is only half there."""
_NOT_OFFERED = (
    "the server does not offer it (CapabilityStatement); if the hospital records none, "
    "say so in absent_types of site.toml"
)


@dataclass(frozen=True)
class PullRequest:
    """What to pull, for which trial, from which site's server, into which new folder."""

    site: str
    trial: str
    out: Path
    definitions: tuple[Path, ...] = ()


@dataclass(frozen=True)
class PulledType:
    """What became of one type: `state` whole | incomplete | absent (not at this server); `problem` says why.

    `counted`: how many the server says it has; None when it does not say.
    """

    resource_type: str
    state: str
    resources: int
    counted: int | None
    files: int
    problem: str | None


@dataclass(frozen=True)
class PullSummary:
    """How a pull ended. `whole`: screening will find nothing missing."""

    site: str
    trial: str
    server: str
    out: Path
    way: str
    requests: int
    types: tuple[PulledType, ...]

    @property
    def whole(self) -> bool:
        """Whether every type that matters came whole."""
        return all(of.state == "whole" or of.problem is None for of in self.types)


def pull(
    request: PullRequest, *, progress: Progress = lambda _: None, timing: Timing | None = None
) -> PullSummary:
    """Read a hospital's server into a new folder that `screen` reads.

    Raises DefinitionError and SettingsError for what the user gave, ServerError when the server cannot be used at all;
    what came only in part is told by the summary, and by the folder's manifest.
    """
    search = SearchPath(request.definitions)
    server = load_server(search, request.site)
    needed, absent = _types(search, request)
    with owner_only(), open_client(server, timing) as client:
        folder = LandingFolder(request.out)
        progress(f"asking {server.base_url}")
        wanted = _prepare(client, folder, needed, absent)
        way = "bulk" if server.bulk else "search"
        _WAYS[way](client, wanted, folder, progress)
        _check_anything(folder, wanted)
        folder.write_manifest()
        return PullSummary(
            site=request.site,
            trial=request.trial,
            server=server.base_url,
            out=request.out,
            way=way,
            requests=client.transport.requests,
            types=tuple(_pulled(folder, name, name in wanted) for name in needed),
        )


def _prepare(
    client: Client, folder: LandingFolder, needed: Sequence[str], absent: Collection[str]
) -> tuple[str, ...]:
    """Write a manifest in which nothing is done yet; returns the types to ask for."""
    offer = client.offer()
    now = client.transport.retries.timing.now()
    folder.head = {"transactionTime": _instant(offer.date, now), "request": client.address("")}
    folder.types = {name: TypeState(problem="not pulled yet", blocks_all=name in HELPING) for name in needed}
    wanted = tuple(name for name in needed if name in offer.types and name not in absent)
    for name in needed:
        if name not in wanted:
            _leave_out(folder, name, is_known=name in absent)
    folder.write_manifest()
    return wanted


def _types(search: SearchPath, request: PullRequest) -> tuple[tuple[str, ...], frozenset[str]]:
    """The types that the trial's lines read, and those that the site says it has not."""
    definitions = load_definitions(search, request.site)
    trial = load_trial(search, request.trial, definitions)
    given = ScreeningInput(definitions, trial, ZoneInfo("UTC"), 0, Landing(root=request.out))
    return needed_types(given), definitions.site.absent_types


def _leave_out(folder: LandingFolder, name: str, *, is_known: bool) -> None:
    """A type that is not at this server: the site file, or the kind of type, says whether that matters."""
    if is_known or name in HELPING:
        del folder.types[name]
    else:
        folder.types[name].problem = _NOT_OFFERED


def _check_anything(folder: LandingFolder, wanted: Sequence[str]) -> None:
    """ServerError where nothing came at all; the folder is empty again."""
    states = [folder.types[name] for name in wanted]
    if not any(state.done or state.files for state in states):
        folder.remove_manifest()
        problem = next(
            (state.problem for state in states if state.problem), "the server offers none of the types"
        )
        raise ServerError(f"nothing could be pulled: {problem}")


def _by_search(client: Client, types: Sequence[str], folder: LandingFolder, progress: Progress) -> None:
    for name in types:
        try:
            state = crawl(client, name, folder, progress)
        except AuthError as error:
            _give_up(folder, types, str(error))
            return
        folder.types[name] = replace(state, blocks_all=name in HELPING)
        folder.write_manifest()


def _by_bulk(client: Client, types: Sequence[str], folder: LandingFolder, progress: Progress) -> None:
    try:
        export(client, types, folder, progress)
    except ServerError as error:
        _give_up(folder, types, str(error))


_WAYS = {"search": _by_search, "bulk": _by_bulk}


def _give_up(folder: LandingFolder, types: Sequence[str], problem: str) -> None:
    for name in types:
        if not folder.types[name].done:
            folder.types[name] = replace(folder.types[name], problem=problem)


def _pulled(folder: LandingFolder, name: str, is_wanted: bool) -> PulledType:
    state = folder.types.get(name)
    if state is None:
        return PulledType(name, "absent", 0, None, 0, None)
    resources = sum(file.count for file in state.files)
    told = "whole" if state.done else "incomplete" if is_wanted else "absent"
    problem = None if state.done else state.problem
    return PulledType(name, told, resources, state.counted, len(state.files), problem)


def _instant(date: str | None, now: datetime) -> str:
    """When the pull began, by the earlier of the two clocks: what changes afterwards is not in it."""
    try:
        moment = min(parsedate_to_datetime(date or ""), now)
    except (ValueError, TypeError, IndexError, OverflowError):
        moment = now
    return moment.isoformat(timespec="seconds")
