"""Owns a hospital to pull from: the harness with SMART on, its site file for each way, and what its files say."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fhir_adapter.fhir import Timing
from fhir_adapter.pull import PullRequest, PullSummary, pull
from fhir_adapter.testing.harness import Harness
from fhir_adapter.testing.hospital import SITE, population
from fhir_adapter.testing.server.time import ManualClock
from tests.functional.screening import answers, lines, run, site_folder
from tests.screened import TRIAL, write_folder

SUBJECTS, SEED = 40, 11
WAYS = ("search", "bulk")


@dataclass
class PulledHospital:
    """One harness for many pulls. `waits`: what was slept, in seconds; nothing ever sleeps."""

    harness: Harness
    clock: ManualClock
    folder: Path
    answers: dict[str, bytes] = field(default_factory=dict)
    eligible: frozenset[str] = frozenset()
    waits: list[float] = field(default_factory=list)
    _outs: Iterator[int] = field(default_factory=lambda: iter(range(1_000_000)))

    def definitions(self, way: str) -> Path:
        """The definitions folder whose site is pulled that way."""
        return self.folder / f"definitions-{way}"

    def new_folder(self) -> Path:
        """A path where nothing is yet."""
        return self.folder / f"out-{next(self._outs)}"

    def pull(self, way: str) -> PullSummary:
        """Pull into a new folder, on a clock that only waiting moves."""
        timing = Timing(self._wait, self.clock.now, random.Random(5))
        request = PullRequest(SITE.id, TRIAL, self.new_folder(), (self.definitions(way),))
        return pull(request, timing=timing)

    def screen(self, folder: Path, way: str) -> Path:
        """Screen a folder; returns the out folder."""
        out = self.new_folder()
        run(folder, out, site=SITE.id, definitions=(self.definitions(way),))
        return out

    def _wait(self, seconds: float) -> None:
        assert seconds >= 0
        self.waits.append(seconds)
        self.clock.advance(seconds)


def eligible(out: Path) -> frozenset[str]:
    """Who is eligible."""
    return frozenset(
        row["subject"] for row in lines(out / "subjects.ndjson") if row["eligibility"] == "eligible"
    )


@contextmanager
def open_hospital(folder: Path, page_size: int = 100) -> Iterator[PulledHospital]:
    """A hospital of 40 patients, and what screening says of its files as they stand in the server."""
    clock = ManualClock()
    with Harness(smart=True, clock=clock) as harness:
        resources = [one for subject in population(SUBJECTS, seed=SEED) for one in subject.resources]
        # A server's newest version is the one that was written last; a file may list it first.
        resources.sort(key=lambda one: int(one.get("meta", {}).get("versionId", "1")))
        harness.load(resources)
        made = PulledHospital(harness, clock, folder)
        for way in WAYS:
            _write_site(made, way, page_size)
        names = dict.fromkeys((one["resourceType"], one["id"]) for one in resources)
        stored = [found for name in names if (found := harness.read(*name)) is not None]
        out = made.screen(write_folder(folder / "files", stored), "search")
        made.answers, made.eligible = answers(out), eligible(out)
        yield made


def _write_site(hospital: PulledHospital, way: str, page_size: int) -> None:
    client = hospital.harness.client
    site = site_folder(hospital.definitions(way)) / "sites" / SITE.id
    (site / "key.pem").write_text(client.private_key, encoding="utf-8")
    who = f'client_id = "{client.client_id}", key_id = "{client.signer.kid}"'
    auth = f'{{ kind = "smart", key_file = "key.pem", {who} }}'
    with (site / "site.toml").open("a", encoding="utf-8") as file:
        file.write(
            f'\n[server]\nbase_url = "{hospital.harness.url}"\nbulk = {json.dumps(way == "bulk")}\n'
            f"page_size = {page_size}\nmax_wait_s = 60\nauth = {auth}\n"
        )
