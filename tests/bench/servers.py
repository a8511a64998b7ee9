"""Measures FHIR servers under load: the harness with its SQLite file, and HAPI FHIR beside it in the same run.

    python -m tests.bench.servers [--resources 100000] [--in-flight 50] [--hapi] [--out bench-out]

Loads a synthetic hospital by transactions of 100, then keeps `--in-flight` requests open: reads, searches,
transactions of two; then one export. The client is this process and shares the machine with the server.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import psutil

from tests.interop.hapi_process import running_hapi

_SECONDS = 10
_RESOURCES_A_PATIENT = 54
_HEADERS = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json"}
_STUDY = "bench-study"


class Answer(NamedTuple):
    """What one request brought."""

    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """One keep-alive connection per thread, with no library between that would cost more than the server."""

    def __init__(self, base: str) -> None:
        self.base = base.rstrip("/")
        self._address = urlsplit(self.base)
        self._local = threading.local()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request below the base; a refused one raises."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = HTTPConnection(self._address.hostname or "", self._address.port, timeout=120)
            self._local.connection = connection
        data = None if body is None else json.dumps(body).encode()
        connection.request(method, f"{self._address.path}/{path}", data, {**_HEADERS, **headers})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status >= 400:  # a figure of refusals would be a figure of nothing
            raise RuntimeError(f"{method} {path.partition('?')[0]}: {answer.status}")
        return Answer(answer.status, {key.lower(): value for key, value in answer.getheaders()}, content)


def resources(count: int) -> list[dict[str, Any]]:
    """`count` resources of synthetic patients, targets before those that refer to them."""
    from fhir_adapter.testing.hospital import population
    from fhir_adapter.testing.server.schema import r4

    people = population(count // _RESOURCES_A_PATIENT + 50)
    found = (
        one
        for person in people
        for one in person.resources
        # The hospital's deliberate mess, a date that is none, is refused by HAPI with its whole transaction.
        if re.fullmatch(r"[\w.-]{1,64}", one.get("id", "")) and not r4().findings(one)
    )
    kept = {f"{one['resourceType']}/{one['id']}": one for one in itertools.islice(found, count)}
    order = {"Patient": 0, "Medication": 1, "ResearchStudy": 1}
    return sorted(kept.values(), key=lambda one: order.get(one["resourceType"], 2))


def put_entry(resource: dict[str, Any]) -> dict[str, Any]:
    """An entry that writes a resource under its own id."""
    address = f"{resource['resourceType']}/{resource['id']}"
    return {
        "fullUrl": f"http://bench.example/{address}",
        "resource": resource,
        "request": {"method": "PUT", "url": address},
    }


def load(client: Client, everything: list[dict[str, Any]]) -> float:
    """Write all by transactions of 100; seconds."""
    started = time.perf_counter()
    for start in range(0, len(everything), 100):
        entries = [put_entry(one) for one in everything[start : start + 100]]
        client.ask("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    return time.perf_counter() - started


def under_load(in_flight: int, one: Callable[[], object]) -> dict[str, float]:
    """Repeat `one` from many threads for a while: rate and how long each took."""
    times: list[float] = []
    end = time.perf_counter() + _SECONDS

    def work() -> None:
        while time.perf_counter() < end:
            started = time.perf_counter()
            one()
            times.append(time.perf_counter() - started)

    started = time.perf_counter()
    with ThreadPoolExecutor(in_flight) as pool:
        for done in [pool.submit(work) for _ in range(in_flight)]:
            done.result()
    seconds = time.perf_counter() - started
    ordered = sorted(times)
    return {
        "per second": round(len(ordered) / seconds),
        "median ms": round(statistics.median(ordered) * 1000, 1),
        "p99 ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 1),
    }


def jobs(client: Client, everything: list[dict[str, Any]]) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is asked under load."""
    draw = random.Random(1)
    people = [one["id"] for one in everything if one["resourceType"] == "Patient"]
    addresses = [f"{one['resourceType']}/{one['id']}" for one in everything]
    codes = [
        f"{coding['system']}|{coding['code']}"
        for one in everything
        if one["resourceType"] == "Observation"
        for coding in one["code"].get("coding", [])[:1]
        if "system" in coding and "code" in coding
    ]
    yield "read by id", lambda: client.ask("GET", draw.choice(addresses))
    yield (
        "search: Observations of a patient by code",
        lambda: client.ask(
            "GET", "Observation?" + urlencode({"patient": draw.choice(people), "code": draw.choice(codes)})
        ),
    )
    yield (
        "search: a page of 50 by date",
        lambda: client.ask(
            "GET", "Observation?" + urlencode({"date": f"ge2026-0{draw.randint(1, 5)}-01", "_count": 50})
        ),
    )
    yield (
        "transaction of two (ResearchSubject, Observation)",
        lambda: client.ask("POST", "", pair(draw.choice(people))),
    )


_numbers = itertools.count()


def pair(patient: str) -> dict[str, Any]:
    """Two new resources under ids of our own."""
    number = f"bench-{next(_numbers)}"
    subject = {
        "resourceType": "ResearchSubject", "id": number, "status": "candidate",
        "study": {"reference": f"ResearchStudy/{_STUDY}"}, "individual": {"reference": f"Patient/{patient}"},
    }  # fmt: skip
    score = {
        "resourceType": "Observation", "id": number, "status": "final", "code": {"text": "DAS28"},
        "subject": {"reference": f"Patient/{patient}"}, "valueQuantity": {"value": 5.1},
    }  # fmt: skip
    return {"resourceType": "Bundle", "type": "transaction", "entry": [put_entry(subject), put_entry(score)]}


def export(client: Client) -> tuple[float, int]:
    """A whole Bulk Data export; seconds and lines."""
    started = time.perf_counter()
    kicked = client.ask("GET", "$export?_outputFormat=application/fhir%2Bndjson", Prefer="respond-async")
    where = below(client, kicked.headers["content-location"])
    while (answer := client.ask("GET", where)).status == 202:
        time.sleep(0.2)
    lines = 0
    for file in json.loads(answer.body)["output"]:
        lines += content_of(
            client.ask("GET", below(client, file["url"]), Accept="application/fhir+ndjson").body
        )
    return time.perf_counter() - started, lines


def content_of(body: bytes) -> int:
    """Lines of a file."""
    return sum(1 for line in body.split(b"\n") if line.strip())


def below(client: Client, url: str) -> str:
    """The part of an address behind the base."""
    return url.removeprefix(client.base).lstrip("/")


def measure(
    name: str, base: str, pid: int | None, everything: list[dict[str, Any]], in_flight: int
) -> dict[str, Any]:
    """All figures of one server."""
    client = Client(base)
    note = lambda text: print(f"{name}: {text}", flush=True)  # noqa: E731
    client.ask(
        "PUT", f"ResearchStudy/{_STUDY}", {"resourceType": "ResearchStudy", "id": _STUDY, "status": "active"}
    )
    seconds = load(client, everything)
    figures: dict[str, Any] = {
        "resources": len(everything),
        "load per second": round(len(everything) / seconds),
    }
    note(f"loaded in {seconds:.0f} s")
    peak = Peak(pid)
    for what, one in jobs(client, everything):
        started = time.perf_counter()
        one()
        figures[what] = {
            "first ms": round((time.perf_counter() - started) * 1000),
            **under_load(in_flight, one),
        }
        note(f"{what}: {figures[what]}")
    seconds, lines = export(client)
    figures["export"] = {"seconds": round(seconds, 1), "lines": lines, "per second": round(lines / seconds)}
    note(f"export: {figures['export']}")
    figures["peak memory MB"] = peak.stop()
    return figures


class Peak:
    """The largest resident memory of a process while it is watched."""

    def __init__(self, pid: int | None) -> None:
        self._process = psutil.Process(pid) if pid else None
        self._most = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        with suppress(psutil.NoSuchProcess):
            while self._process and not self._over.wait(0.2):
                self._most = max(self._most, self._process.memory_info().rss)

    def stop(self) -> int:
        """Megabytes."""
        self._over.set()
        self._thread.join()
        return self._most // 1_000_000


def with_harness(store: Path, everything: list[dict[str, Any]], in_flight: int) -> dict[str, Any]:
    """Start the harness as a user would, in a process of its own, and measure it."""
    store.unlink(missing_ok=True)
    command = [
        str(Path(sys.executable).with_name("fhir-adapter")),
        "harness",
        "up",
        "--store",
        str(store),
        "--no-validate",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            base = next(
                found[0]
                for line in process.stdout or ()
                if (found := re.search(r"http://[\d.:]+/fhir", line))
            )
            return measure("harness", base, process.pid, everything, in_flight)
        finally:
            process.terminate()


def main() -> None:
    """Measure, print, and write bench-out/servers.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--resources", type=int, default=100_000)
    parser.add_argument("--in-flight", type=int, default=50)
    parser.add_argument("--hapi", action="store_true", help="HAPI FHIR beside it (Java 17, Maven)")
    parser.add_argument("--out", type=Path, default=Path("bench-out"))
    options = parser.parse_args()
    options.out.mkdir(exist_ok=True)
    everything = resources(options.resources)
    found = {"harness": with_harness(options.out / "harness.sqlite", everything, options.in_flight)}
    if options.hapi:
        with running_hapi("-Dloose=true", "-Xmx4g") as base:
            server = next(one for one in psutil.Process().children() if one.name() == "java")
            found["HAPI"] = measure("HAPI", base, server.pid, everything, options.in_flight)
    (options.out / "servers.json").write_text(json.dumps(found, indent=1))
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
