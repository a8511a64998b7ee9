"""The pytest plugin, as a stranger's test run meets it."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import fhir_adapter.testing.harness  # noqa: F401  # what is loaded now is not loaded by each run again
from fhir_adapter.testing import plugin

pytest_plugins = ("pytester",)

NAME = "fhir_adapter.testing.plugin"
INSTALLED = any(point.value == NAME for point in entry_points(group="pytest11"))
OPTIONS = (
    *("--strict-markers", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"),
    # The plugin is known to this process already; a stranger's is a new one.
    *("-W", "error", "-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
LOADED = () if INSTALLED else ("-p", NAME)


def run(pytester: pytest.Pytester, text: str) -> pytest.RunResult:
    """A test run of one file."""
    pytester.makepyfile(text)
    return pytester.runpytest_inprocess(*LOADED, *OPTIONS)


def test_fixtures_give_one_server(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import requests

        def test_server(fhir_server):
            assert fhir_server.count() == 0
            made = requests.post(fhir_server.url + "/Patient", json={"resourceType": "Patient"})
            assert made.status_code == 201

        def test_new_one_for_each_test(fhir_server):
            assert fhir_server.count() == 0

        def test_hospital(hospital, fhir_server, faults):
            assert hospital is fhir_server and faults is fhir_server.faults
            assert hospital.count("Patient") >= 20
            faults.use("http-500-before-commit")
            new = {"resourceType": "Patient"}
            statuses = [requests.post(hospital.url + "/Patient", json=new).status_code for _ in range(3)]
            assert 500 in statuses
            assert set(hospital.journal.injected) == {"http-500-before-commit"}
        """,
    ).assert_outcomes(passed=3)


def test_marker_says_how_the_server_is_made(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import pytest

        pytestmark = pytest.mark.fhir(population=2, seed=3)

        def test_population(fhir_server):
            assert fhir_server.count("Patient") in (2, 3)

        def test_hospital(hospital):
            assert hospital.count("Patient") in (2, 3)

        @pytest.mark.fhir(profiles=["etag-none"], smart=True, fhir_version="5.0.0", population=0)
        def test_more(fhir_server):
            assert fhir_server.faults.active == ("etag-none",)
            assert fhir_server.client.client_id
            assert fhir_server.server.context.fhir_version == "5.0.0"
            assert fhir_server.count() == 0

        @pytest.mark.fhir(load="records", population=0)
        def test_folder(fhir_server, tmp_path_factory):
            assert fhir_server.count() == 1
        """,
    ).assert_outcomes(passed=3, errors=1)


def test_marker_refuses_what_it_does_not_know(pytester: pytest.Pytester) -> None:
    ran = run(
        pytester,
        """
        import pytest

        @pytest.mark.fhir(patients=3)
        def test_it(fhir_server):
            pass
        """,
    )
    ran.assert_outcomes(errors=1)
    ran.stdout.fnmatch_lines(["*marker fhir takes names only: population, load, profiles*"])


def test_failing_test_shows_what_was_asked(pytester: pytest.Pytester) -> None:
    ran = run(
        pytester,
        """
        import requests

        def test_it(fhir_server):
            assert requests.get(fhir_server.url + "/Patient/1").status_code == 200
        """,
    )
    ran.assert_outcomes(failed=1)
    ran.stdout.fnmatch_lines(["*journal*", "*GET /Patient/1: 404*"])


def test_plugin_imports_nothing_before_it_is_asked() -> None:
    code = (
        f"import sys, {NAME}; print(*(name for name in sys.modules if name.startswith(('fhir', 'requests'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["fhir_adapter", "fhir_adapter.testing", NAME]


def test_page_for_strangers_names_every_argument() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "harness.md").read_text(encoding="utf-8")
    (row,) = (line for line in plugin._MARKER.split(":") if line.startswith("fhir("))
    assert set(re.findall(r"(\w+)=", row)) == {*plugin._FILLED, *plugin._MADE}
    assert all(f"`{name}`" in page for name in (*plugin._FILLED, *plugin._MADE))
