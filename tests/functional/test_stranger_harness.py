"""A stranger installs the wheel, copies ten lines from docs/harness.md, and tests a client with them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "harness.md"
SECONDS = 120

Environment = Mapping[str, str]


def block(language: str, holding: str) -> str:
    """The fenced block of the page that holds a text."""
    found = re.findall(
        rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    (text,) = (text for text in found if holding in text)
    return str(text)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The environment of a stranger: the package from its wheel, the packages it depends on, and nothing of ours."""
    wheels, target = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", wheels, REPOSITORY]
    subprocess.run(build, check=True, timeout=SECONDS)
    (wheel,) = wheels.glob("*.whl")
    install = [*pip, "install", "--no-deps", "--no-index", "--no-compile", "--target", target, wheel]
    subprocess.run(install, check=True, timeout=SECONDS)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SYSTEMROOT") if name in os.environ}
    return {**kept, "PYTHONPATH": str(target)}


def pytest_of(environment: Environment, folder: Path) -> subprocess.CompletedProcess[str]:
    """What the stranger's `pytest` says; hypothesis is ours, not the stranger's."""
    command = [sys.executable, "-m", "pytest", "-p", "no:hypothesispytest", "--strict-markers", "-W", "error"]
    return subprocess.run(
        command,
        cwd=folder,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_ten_lines_pass_and_find_the_naive_client(installed: Environment, tmp_path: Path) -> None:
    example = block("python", "def save(")
    naive = example.replace(
        """requests.put(f"{url}/Patient/{patient['id']}",""", 'requests.post(f"{url}/Patient",'
    )
    assert naive != example
    from_the_wheel = (
        "\nimport fhir_adapter\n\ndef test_it_is_the_wheel():\n    assert {!r} in fhir_adapter.__file__\n"
    )
    (tmp_path / "test_saving.py").write_text(example + from_the_wheel.format(installed["PYTHONPATH"]))
    (tmp_path / "test_naive.py").write_text(naive)
    ran = pytest_of(installed, tmp_path)
    assert "1 failed, 2 passed" in ran.stdout, ran.stdout + ran.stderr
    assert re.search(r"assert 8 == 6", ran.stdout)
    assert "POST /Patient: 504" in ran.stdout, "the journal is shown"


def test_lines_of_the_example_are_ten() -> None:
    code = [line for line in block("python", "def save(").splitlines() if line.strip()]
    assert len(code) <= 10


@pytest.fixture
def running(installed: Environment, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`harness up` as a process of its own, and its address."""
    code = "import sys; from fhir_adapter.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "harness", "up", "--port", "0", "--population", "20", "--json"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=dict(installed), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        shown = ""
        while not shown.endswith("}\n") or shown.count("{") != shown.count("}"):
            line = process.stdout.readline()
            assert line, "it ended without an answer"
            shown += line
        yield process, json.loads(shown)["url"]
        process.kill()


def test_command_of_the_wheel_serves_until_it_is_told_to_end(
    running: tuple[subprocess.Popen[str], str],
) -> None:
    process, url = running
    with requests.Session() as session:
        session.trust_env = False
        assert session.get(f"{url}/Patient?_summary=count").json()["total"] >= 20
    process.send_signal(signal.SIGTERM)
    assert process.wait(SECONDS) == 0


def test_profile_of_the_page_is_one() -> None:
    from fhir_adapter.testing.faults.profile import read_profile

    profile = read_profile("own", tomllib.loads(block("toml", "[[fault]]")))
    assert (len(profile.faults), dict(profile.server)) == (1, {"etag": "none"})
