"""Owns what every front door calls: one function per job, keyword-only, errors as exceptions."""

from __future__ import annotations

import hashlib
import json
import tempfile
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fhir_adapter.definitions import SearchPath, load_definitions, load_trial
from fhir_adapter.engines.base import ScreeningInput
from fhir_adapter.engines.duckdb import DuckDBEngine
from fhir_adapter.engines.duckdb.engine import needed_types
from fhir_adapter.engines.reference import ReferenceEngine
from fhir_adapter.errors import SettingsError, UsageError
from fhir_adapter.facts.rows import land_rows
from fhir_adapter.facts.session import DEFAULT_MEMORY, connect, is_tight
from fhir_adapter.landing import Landing, clean_lines, open_input
from fhir_adapter.model.dates import index_of
from fhir_adapter.model.identities import Identity
from fhir_adapter.screening import (
    PastRun,
    SubjectExplanation,
    explain_one,
    identities_of,
    write_computed,
    write_json,
    write_screening,
    write_small_files,
)
from fhir_adapter.views import CompiledView, compile_view

Progress = Callable[[str], None]
ENGINES = ("duckdb", "reference")


@dataclass(frozen=True)
class ScreenRequest:
    """What to screen, for which trial, as of when. `as_of` None is today; a date is that local day to its end."""

    input: Path
    trial: str
    out: Path
    site: str | None = None
    as_of: str | None = None
    engine: str = "duckdb"
    memory: str = DEFAULT_MEMORY
    definitions: tuple[Path, ...] = ()


@dataclass(frozen=True)
class ScreenSummary:
    """How a screening ended. `problems` are sentences about data that is incomplete."""

    trial: str
    as_of: str
    out: Path
    subjects: int
    eligible: int
    ineligible: int
    undetermined: int
    not_built: tuple[str, ...]
    problems: tuple[str, ...]


def screen(request: ScreenRequest, *, progress: Progress = lambda _: None) -> ScreenSummary:
    """Read a folder of FHIR files, answer every line for every subject, and write the out folder.

    Raises DefinitionError, LandingError, SettingsError for what the user gave, EngineError for a defect.
    """
    if request.engine not in ENGINES:
        raise SettingsError(f"--engine {request.engine!r}: choose one of {', '.join(ENGINES)}")
    if request.out.resolve().is_relative_to(request.input.resolve()):
        raise SettingsError(
            f"--out {request.out} lies inside the input: what is written there would be read next time"
        )
    started = time.monotonic()
    definitions = load_definitions(SearchPath(request.definitions), request.site)
    trial = load_trial(SearchPath(request.definitions), request.trial, definitions)
    zone = ZoneInfo(definitions.site.time_zone or trial.time_zone)
    as_of, index = _index(request.as_of, zone)
    _make_out(request.out)
    fingerprint = _Fingerprint(request.input)
    with tempfile.TemporaryDirectory(prefix=".work-", dir=request.out) as folder:
        work = Path(folder)
        progress("opening the input")
        landing = open_input(request.input, work=work / "landing", progress=progress)
        fingerprint.start()
        given = ScreeningInput(definitions, trial, zone, index, landing)
        eligibility, counts = _ENGINES[request.engine](given, request, work, progress)
    subjects = {name: eligibility.get(name, 0) for name in ("eligible", "ineligible", "undetermined")}
    run = {
        "trial": trial.id,
        "trial_version": trial.version,
        "site": request.site,
        "as_of": as_of,
        "index": index,
        "zone": zone.key,
        "engine": request.engine,
        "versions": {name: version(name) for name in ("fhir_adapter", "duckdb")},
        "input": str(request.input.resolve()),
        "definitions": [str(path.resolve()) for path in request.definitions],
        "input_hash": fingerprint.result(),
        "counts": _with_quarantined(counts, landing),
        "types": {name: landing.problem_of(name) for name in sorted({*needed_types(given), *landing.types})},
        "subjects": subjects,
    }
    write_json(request.out / "run.json", run)
    write_json(request.out / "timings.json", {"seconds": round(time.monotonic() - started, 3)})
    return ScreenSummary(
        trial=trial.id,
        as_of=as_of,
        out=request.out,
        subjects=sum(subjects.values()),
        not_built=tuple(line.id for line in trial.lines if not line.built),
        problems=_problems(landing, needed_types(given)),
        **subjects,
    )


def explain_subject(out: Path, subject: str, *, progress: Progress = lambda _: None) -> SubjectExplanation:
    """Read one subject's records again from the input of a run; `subject` is `Patient/id` or the id.

    Raises UsageError for a folder without a screening or a subject that is not in it, and what `screen` raises.
    """
    try:
        run = json.loads((out / "run.json").read_text(encoding="utf-8"))
        folder, zone = Path(run["input"]), ZoneInfo(run["zone"])
        search = SearchPath(tuple(Path(path) for path in run["definitions"]))
        site, trial_id, index, written = run["site"], run["trial"], run["index"], run["input_hash"]
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(f"{out}/run.json cannot be read: screen again.") from None
    definitions = load_definitions(search, site)
    trial = load_trial(search, trial_id, definitions)
    fingerprint = _Fingerprint(folder)
    with tempfile.TemporaryDirectory(prefix=".work-", dir=out) as name:
        work = Path(name)
        progress("opening the input")
        landing = open_input(folder, work=work / "landing", progress=progress)
        fingerprint.start()
        given = ScreeningInput(definitions, trial, zone, index, landing)
        past = PastRun(out, run, lambda: fingerprint.result() != written)
        with connect(work) as con:
            return explain_one(con, given, past, subject.removeprefix("Patient/"), work, progress)


def identities(out: Path, subjects: Collection[str]) -> Mapping[str, Identity]:
    """Names and record numbers of a run's subjects (`Patient/id`), read from its input; who is not found is not in it.

    Raises UsageError for a folder without a screening, and LandingError where the input has gone.
    """
    try:
        run = json.loads((out / "run.json").read_text(encoding="utf-8"))
        folder = Path(run["input"])
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(f"{out}/run.json cannot be read: screen again.") from None
    with tempfile.TemporaryDirectory(prefix=".work-", dir=out) as name:
        return identities_of(open_input(folder, work=Path(name) / "landing"), subjects)


def _make_out(out: Path) -> None:
    """The out folder, without the run.json of an earlier run: an interrupted run must not pass for it."""
    try:
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        (out / "run.json").unlink(missing_ok=True)
        (out / ".writable").touch()
        (out / ".writable").unlink()
    except OSError as error:
        raise SettingsError(
            f"--out {out} cannot be written ({error.strerror}): give another folder"
        ) from None


def _index(as_of: str | None, zone: ZoneInfo) -> tuple[str, int]:
    # now is today to its last instant: a result dated today without an hour must not lie half in the future
    text = as_of if as_of is not None else datetime.now(zone).date().isoformat()
    try:
        return text, index_of(text, zone)
    except ValueError:
        raise SettingsError(
            f"--as-of {text!r} is no date: write 2026-06-30 (that day to its end) or 2026-06-30T12:00:00+08:00"
        ) from None


Answered = tuple[Mapping[str, int], Mapping[str, Mapping[str, int]]]


def _screen_duckdb(given: ScreeningInput, request: ScreenRequest, work: Path, progress: Progress) -> Answered:
    with connect(work, request.memory) as con:
        workers = 1 if is_tight(request.memory) else 2
        tables = DuckDBEngine().compute(con, given, work, progress, workers=workers)
        progress("writing")
        eligibility = write_computed(con, tables, request.out)
        return eligibility, tables.run.counts


def _screen_reference(
    given: ScreeningInput, request: ScreenRequest, work: Path, progress: Progress
) -> Answered:
    with connect(work, request.memory) as con:
        # the strict scan names bad lines for both engines
        views = {name: compile_view(given.definitions.views[name]) for name in needed_types(given)}
        land_rows(con, given.landing, views, work, progress)
        for name in views:
            con.execute(f"DROP TABLE rows_{name}")
        # the typed scan lets pass what it does not read (a trailing comma); plain Python reads every byte
        _read_every_line(given.landing, views, work)
        progress("answering with the reference engine")
        screening = ReferenceEngine().screen(given)
        progress("writing")
        eligibility = write_screening(con, screening, request.out, work)
        write_small_files(request.out, screening.unmapped, given.landing.quarantined)
        return eligibility, screening.counts


def _read_every_line(landing: Landing, views: Mapping[str, CompiledView], work: Path) -> None:
    for name, view in views.items():
        for file in landing.files_of(name):
            if file.path not in landing.split:
                clean_lines(landing, file, view.shape, work=work)


_ENGINES = {"duckdb": _screen_duckdb, "reference": _screen_reference}


def _with_quarantined(counts: Mapping[str, Mapping[str, int]], landing: Landing) -> dict[str, Any]:
    bad = Counter(line.resource_type or "unknown type" for line in landing.quarantined)
    return {
        name: {**counts.get(name, {}), "quarantined": bad.get(name, 0)} for name in sorted({*counts, *bad})
    }


def _problems(landing: Landing, needed: Sequence[str]) -> tuple[str, ...]:
    sentences = [] if landing.problem is None else [landing.problem]
    for name in sorted({*needed, *landing.types}):
        pull = landing.types.get(name)
        if pull is None:
            sentences.append(f"{name}: {landing.problem_of(name)}")
        elif pull.problem is not None:
            sentences.append(f"{name}: {pull.problem}")
    people = Counter(name for name, _ in landing.incomplete)
    sentences += [f"{name}: incomplete for {n} patients (bad lines)" for name, n in sorted(people.items())]
    return tuple(sentences)


class _Fingerprint(threading.Thread):
    """SHA-256 over the name, size and CRC-32 of each input file, computed while the engine works.

    It says whether two runs read the same bytes; it is no defence against somebody who forges them.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self._folder = folder
        self._digest = ""

    def run(self) -> None:
        whole = hashlib.sha256()
        for path in sorted(p for p in self._folder.rglob("*") if p.is_file()):
            checksum = size = 0
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    checksum, size = zlib.crc32(block, checksum), size + len(block)
            whole.update(f"{path.relative_to(self._folder).as_posix()}\0{size}\0{checksum}\n".encode())
        self._digest = whole.hexdigest()

    def result(self) -> str:
        self.join()
        return self._digest
