"""Owns the real server of `make interop`: builds HAPI FHIR, starts it on a free loopback port, stops it by its pid.

Also runs HL7's validator, which comes with it. Needs Java 17 and Maven; the first build fetches 340 MB from Maven
Central (`mvn`'s own settings decide from where), later ones need no network.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

FOLDER = Path(__file__).parent / "hapi"
BUILD = FOLDER / "build"
START_S = 180
# The quick compiler and the simple collector: a server that lives for minutes gains nothing from the others.
JAVA = ("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx768m")


class HapiUnavailable(Exception):
    """The real server cannot run here; the text says what is missing and what to do."""


def hapi_version() -> str:
    """The version in pom.xml."""
    found = re.search(r"<hapi\.version>([^<]+)<", (FOLDER / "pom.xml").read_text(encoding="utf-8"))
    assert found
    return found[1]


def build() -> str:
    """Compile where a source is newer than the last build; the class path. HapiUnavailable when that cannot be done."""
    missing = [program for program in ("java", "mvn") if shutil.which(program) is None]
    if missing:
        raise HapiUnavailable(
            f"{' and '.join(missing)} not found: install Java 17 and Maven"
            " (apt-get install openjdk-17-jdk-headless maven)"
        )
    BUILD.mkdir(exist_ok=True)
    built = BUILD / "built"
    with (BUILD / "lock").open("w") as lock:
        # Two runs at once would read each other's half-written classes.
        fcntl.flock(lock, fcntl.LOCK_EX)
        sources = [FOLDER / "pom.xml", *(FOLDER / "src").rglob("*.java")]
        if not built.exists() or any(path.stat().st_mtime > built.stat().st_mtime for path in sources):
            done = subprocess.run(
                ["mvn", "-q", "-B", "compile"], cwd=FOLDER, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise HapiUnavailable(f"mvn compile failed:\n{(done.stdout + done.stderr)[-2000:]}")
            built.touch()
    return f"{BUILD / 'classes'}:{(BUILD / 'classpath.txt').read_text(encoding='utf-8').strip()}"


@contextmanager
def running_hapi(*options: str) -> Iterator[str]:
    """The base address of an empty HAPI server that lives as long as the block; `options` of Java, as `-Xmx2g`."""
    classpath = build()
    port = _free_port()
    url = f"http://127.0.0.1:{port}/fhir"
    log = BUILD / f"server-{port}.log"
    command = [
        *JAVA,
        *options,
        "-cp",
        classpath,
        "org.fhiradapter.interop.HapiServer",
        f"--server.port={port}",
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT, env=_environment()
        )
        try:
            _wait(process, url, log)
            yield url
        finally:
            _stop(process)


def validate(paths: Sequence[Path]) -> subprocess.CompletedProcess[str]:
    """HL7's validator over files and folders of definitions; its errors are lines of `stdout`."""
    command = [*JAVA, "-cp", build(), "org.fhiradapter.interop.HapiValidator", *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def _environment() -> dict[str, str]:
    """HAPI reads a date without a zone in the computer's; the suite's computer stands in St. John's."""
    return {**os.environ, "TZ": "UTC"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < end:
        try:
            if requests.get(f"{url}/metadata", timeout=30).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.3)
    tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise HapiUnavailable(f"HAPI did not answer at {url}; the end of {log}:\n{tail}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
