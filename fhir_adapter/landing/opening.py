"""Owns opening an input folder as one landing, in an order that only the files' names decide."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fhir_adapter.errors import LandingError
from fhir_adapter.landing.annotations import read_annotation
from fhir_adapter.landing.documents import read_document
from fhir_adapter.landing.export_log import ExportLog, is_log
from fhir_adapter.landing.intake import Intake
from fhir_adapter.landing.landed import Landing, Quarantined
from fhir_adapter.landing.manifest import Manifests
from fhir_adapter.landing.ndjson import NdjsonReader, Receipt, Source
from fhir_adapter.landing.pages import Page, check_pages
from fhir_adapter.landing.resource_types import type_in_name
from fhir_adapter.landing.writing import Sorter, WorkFolder

Progress = Callable[[str], None]

_NDJSON = (".ndjson", ".ndjson.gz")
_JSON = (".json",)
# What looks like data and is not read must not be missing in silence.
_NOT_READ = (
    *(
        ".jsonl",
        ".json.gz",
        ".jsonl.gz",
        ".ndjson.bz2",
        ".ndjson.xz",
        ".ndjson.zst",
        ".ndjson.zip",
        ".xml",
        ".xml.gz",
    ),
    *(
        ".zip",
        ".tar",
        ".tgz",
        ".tar.gz",
        ".7z",
        ".parquet",
        ".part",
        ".partial",
        ".tmp",
        ".crdownload",
        ".download",
    ),
)
_LOOKS_LIKE_DATA = re.compile(r"\.(ndjson|json|jsonl)\b", re.IGNORECASE)
_EXPECTED = (
    "Give the folder with the hospital's data: .ndjson or .ndjson.gz files "
    "(Observation.000.ndjson) or .json files (resources or Bundles), in any subfolder."
)


def open_input(folder: Path, *, work: Path, progress: Progress | None = None) -> Landing:
    """Open a folder of FHIR files; what cannot be read is told by the landing, not by an exception."""
    if not folder.is_dir():
        raise LandingError(f"{folder} is not a folder. {_EXPECTED}")
    if work.resolve() == folder.resolve():
        raise LandingError(f"{folder} is the input: give another folder to write to.")
    sources = _sources(folder, work, _NDJSON + _JSON)
    if not sources:
        raise LandingError(f"{folder} holds no FHIR file. {_EXPECTED}")
    opening = _Opening(folder, work, sources, progress or (lambda _: None))
    # First the documents: a manifest among them says what the NDJSON files are.
    opening.documents([source for source in sources if _ends(source.name, _JSON)])
    for source in sources:
        if _ends(source.name, _NDJSON):
            opening.ndjson(source)
    for source in _sources(folder, work, ("",)):
        name = source.name.rsplit("/", 1)[-1]
        if not _ends(name, _NDJSON + _JSON) and (_ends(name, _NOT_READ) or _LOOKS_LIKE_DATA.search(name)):
            opening.not_read(source)
    opening.check()
    return opening.landing


class _Opening:
    """The state of opening one folder."""

    def __init__(self, folder: Path, work: Path, sources: list[Source], progress: Progress) -> None:
        self.landing = Landing(root=folder)
        self._work = WorkFolder(work)
        self._progress = progress
        self._manifests = Manifests(self.landing, sources)
        self._pages: list[Page] = []
        self._logs: list[ExportLog] = []
        self._receipts: dict[str, Receipt] = {}

    def not_read(self, source: Source) -> None:
        """Name a file of a kind that is not read; its type, if the name tells one, else every type is incomplete."""
        kind = type_in_name(source.name)
        reason = "this kind of file is not read: give .ndjson, .ndjson.gz or .json"
        self.landing.quarantined.append(Quarantined(source.name, None, reason, kind, None))
        self.landing.blame(kind, f"{source.name} is not read: give it as .ndjson, .ndjson.gz or .json")

    def documents(self, documents: list[Source]) -> None:
        """All .json files together: ten thousand small Bundles become one file of each type."""
        landed = []
        with Sorter(self.landing, self._work, "bundles") as sorter:
            intake = Intake(self.landing, sorter, self._pages)
            for source in documents:
                self._progress(source.name)
                with _readable(source):
                    manifest = read_document(source, self.landing, intake)
                if manifest is None:
                    landed.append(source.name)
                else:
                    self._manifests.read(source.name, manifest)
            if len(landed) == 1:
                sorter.origin = landed[0]

    def ndjson(self, source: Source) -> None:
        self._progress(source.name)
        claim = self._manifests.claim_of(source.name)
        with _readable(source):
            if claim is not None and claim.section != "output":
                self._receipts[source.name] = read_annotation(source, claim.section, self.landing)
                return
            if is_log(source):
                self._logs.append(ExportLog(source, self.landing))
                return
            told = claim.resource_type if claim is not None else None
            reader = NdjsonReader(self.landing, self._work, self._pages)
            self._receipts[source.name] = reader.land(source, told or type_in_name(source.name))

    def check(self) -> None:
        """What only the whole folder tells: files, counts and pages that are missing."""
        self._manifests.check(self._receipts)
        for log in self._logs:
            log.check(list(self._receipts.values()))
        check_pages(self._pages, self.landing)


def _sources(folder: Path, work: Path, endings: tuple[str, ...]) -> list[Source]:
    """The files with such endings by relative path; our own work folder may stand inside the input."""
    found, own = [], work.resolve()
    seen = {folder.resolve()}
    for parent, folders, names in os.walk(folder, followlinks=True, onerror=_stop):
        # a link may lead back up: each folder is read once
        folders[:] = [name for name in sorted(folders) if (Path(parent) / name).resolve() not in {own, *seen}]
        seen |= {(Path(parent) / name).resolve() for name in folders}
        for name in names:
            path = Path(parent) / name
            # Other systems leave `._Observation.ndjson` beside a file; its content is not FHIR.
            if not name.startswith(".") and _ends(name, endings):
                found.append(Source(path, path.relative_to(folder).as_posix()))
    return sorted(found, key=lambda source: source.name)


def _stop(error: OSError) -> None:
    """A folder that cannot be read may hold the result that decides: it is never passed over."""
    raise LandingError(
        f"{error.filename} cannot be read ({error.strerror}): check its permissions, or take it away."
    ) from error


def _ends(name: str, endings: tuple[str, ...]) -> bool:
    return name.lower().endswith(endings)


@contextmanager
def _readable(source: Source) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LandingError(
            f"{source.name} cannot be read ({error.strerror}): check its permissions, or take it away."
        ) from error
