"""A pull is whole and says the same as the hospital's files, or says what is missing, and nobody is eligible by it."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from fhir_adapter.cli.main import main
from fhir_adapter.errors import ServerError, SettingsError
from fhir_adapter.fhir import Timing
from fhir_adapter.landing import open_input
from fhir_adapter.pull import PullRequest, pull
from fhir_adapter.testing.hospital import SITE, population, write_ndjson
from fhir_adapter.testing.server.messages import Request, Response
from tests.functional.pulling import SEED, SUBJECTS, WAYS, PulledHospital, eligible, open_hospital
from tests.functional.screening import answers, run
from tests.screened import TRIAL

# Each of these is overcome: asked again, resolved, dropped, renewed.
OVERCOME = (
    *("drop-reads", "html-200", "http-502-html-before-commit", "token-expired", "token-endpoint-flaky-400"),
    *("unavailable-seconds", "unavailable-http-date", "unavailable-junk", "unavailable-past-date"),
    *("unavailable-hours", "unavailable-without-retry-after", "throttle-seconds"),
)
OVERCOME_BY_SEARCH = (
    *("next-relative", "page-expired-410", "page-expired-404", "pages-duplicate-entries"),
    *("page-empty-midway", "search-ignores-count"),
)
OVERCOME_BY_BULK = (
    "export-relative-urls",
    "export-files-without-token",
    "export-retry-after-120",
    "export-ignores-type",
)
BY_THE_SERVER_ITSELF = ("export-files-without-token",)  # nothing is injected: its manifest is so
# Each of these leaves something missing, which must be seen.
SEEN_BY_SEARCH = (
    *("gzip-truncated", "body-short", "body-chunk-cut", "pages-shift"),
    *("next-self", "next-cycle-2", "next-growing", "next-after-last-page", "next-double-port"),
    *("next-foreign-host", "next-other-scheme", "redirect-page-to-trap"),
    *("outcome-200-incomplete", "outcome-200-whole-body", "gbk-undeclared"),
)
SEEN_BY_BULK = (
    *("gzip-truncated", "body-short", "export-last-file-missing", "export-type-missing"),
    *("export-count-wrong", "export-file-extra-404", "export-files-expired", "export-file-lacks-lines"),
    *("export-error-list-absent", "export-output-at-trap", "export-error-at-trap"),
    *("redirect-export-file-to-trap", "gbk-undeclared"),
)
SCREENED = (
    "gzip-truncated",
    "next-foreign-host",
    "pages-shift",
    "export-last-file-missing",
    "export-files-expired",
)
"""A screening takes seconds: of the others it is enough that the landing knows what is missing."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PulledHospital]:
    with open_hospital(tmp_path_factory.mktemp("hospital")) as made:
        yield made


@pytest.fixture(scope="module")
def whole(filled: PulledHospital) -> dict[str, dict[str, str]]:
    """What each way's files hold when nothing is wrong."""
    filled.harness.faults.clear()
    return {way: digests(filled.pull(way).out) for way in WAYS}


@pytest.fixture
def hospital(filled: PulledHospital) -> PulledHospital:
    """The hospital, sound, with nothing in its journals."""
    filled.harness.faults.clear()
    filled.harness.journal.clear()
    filled.harness.trap.journal.clear()
    filled.waits.clear()
    return filled


def digests(folder: Path) -> dict[str, str]:
    """What the records' files hold, whatever the manifest says of times and addresses."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.ndjson"))
    }


def test_somebody_is_eligible(hospital: PulledHospital) -> None:
    assert len(hospital.eligible) > 3


@pytest.mark.parametrize("way", WAYS)
def test_both_ways_say_what_the_files_say(hospital: PulledHospital, way: str) -> None:
    summary = hospital.pull(way)
    assert summary.whole
    assert answers(hospital.screen(summary.out, way)) == hospital.answers


@pytest.mark.parametrize(
    ("way", "profile"),
    [(way, profile) for profile in OVERCOME for way in WAYS]
    + [("search", profile) for profile in OVERCOME_BY_SEARCH]
    + [("bulk", profile) for profile in OVERCOME_BY_BULK],
)
def test_what_can_be_overcome_changes_no_byte(
    hospital: PulledHospital, whole: dict[str, dict[str, str]], way: str, profile: str
) -> None:
    hospital.harness.faults.use(profile)
    summary = hospital.pull(way)
    assert hospital.harness.journal.injected or profile in BY_THE_SERVER_ITSELF, "the profile did nothing"
    assert (summary.whole, digests(summary.out)) == (True, whole[way])
    assert max(hospital.waits, default=0) <= 60


@pytest.mark.parametrize(
    ("way", "profile"),
    [("search", profile) for profile in SEEN_BY_SEARCH] + [("bulk", profile) for profile in SEEN_BY_BULK],
)
def test_what_is_missing_is_seen_and_makes_nobody_eligible(
    hospital: PulledHospital, way: str, profile: str, tmp_path: Path
) -> None:
    hospital.harness.faults.use(profile)
    summary = hospital.pull(way)
    assert hospital.harness.journal.injected, "the profile did nothing"
    assert not summary.whole
    assert hospital.harness.trap.entries == []
    assert summary.requests < 300
    lost = {of.resource_type for of in summary.types if of.problem is not None}
    landing = open_input(summary.out, work=tmp_path / "work")
    assert all(landing.problem_of(name) is not None for name in lost)
    if profile in SCREENED:
        assert eligible(hospital.screen(summary.out, way)) <= hospital.eligible


@pytest.mark.parametrize("profile", ["export-job-fails", "export-status-at-trap", "export-never-ready"])
def test_an_export_that_does_not_come_is_an_error(hospital: PulledHospital, profile: str) -> None:
    hospital.harness.faults.use(profile)
    with pytest.raises(ServerError, match="nothing could be pulled: the "):
        hospital.pull("bulk")
    assert hospital.harness.trap.entries == []


@pytest.mark.parametrize("way", WAYS)
def test_a_token_that_expires_at_any_request_is_renewed_once(
    hospital: PulledHospital, way: str, tmp_path: Path
) -> None:
    first = hospital.pull(way)
    whole, sent = digests(first.out), hospital.harness.journal.count()
    tokens = hospital.harness.journal.count(path="/auth/token")
    for index in range(1 + WAYS.index(way), sent + 1, 3):
        profile = tmp_path / f"expired-at-{index}.toml"
        profile.write_text(
            f'text = "The token expires at request {index}."\n[[fault]]\nkind = "expire-token"\nat = [{index}]\n',
            encoding="utf-8",
        )
        hospital.harness.faults.clear()
        hospital.harness.journal.clear()
        hospital.harness.faults.use(profile)
        summary = hospital.pull(way)
        assert (summary.whole, digests(summary.out)) == (True, whole), index
        assert hospital.harness.journal.count(path="/auth/token") <= tokens + 1


@pytest.mark.parametrize("way", WAYS)
def test_tokens_that_are_never_accepted_end_it(hospital: PulledHospital, way: str) -> None:
    hospital.harness.faults.use("token-never-accepted")
    with pytest.raises(ServerError, match="nothing could be pulled: the server answered 401"):
        hospital.pull(way)
    assert hospital.harness.journal.count() < 10


@pytest.mark.parametrize("profile", ["discovery-token-endpoint-at-trap", "redirect-token-to-trap"])
def test_no_proof_of_identity_goes_elsewhere(hospital: PulledHospital, profile: str) -> None:
    hospital.harness.faults.use(profile)
    with pytest.raises(ServerError):
        hospital.pull("search")
    assert hospital.harness.trap.entries == []


@pytest.mark.parametrize(
    ("way", "kind"),
    [("search", "Observation"), ("search", "MedicationAdministration"), ("bulk", "ResearchSubject")],
)
def test_a_pull_that_is_interrupted_leaves_a_folder_that_says_so(
    hospital: PulledHospital, way: str, kind: str
) -> None:
    """Also where all that lines lean on came whole, and only a type is missing that may speak against somebody."""

    def interrupt(message: str) -> None:
        if message.startswith(f"{kind}: "):
            raise KeyboardInterrupt

    out = hospital.new_folder()
    request = PullRequest(SITE.id, TRIAL, out, (hospital.definitions(way),))
    with pytest.raises(KeyboardInterrupt):
        pull(request, progress=interrupt, timing=Timing(hospital.clock.advance, hospital.clock.now))
    assert not list(out.glob(".*")), "a temporary file was left"
    assert eligible(hospital.screen(out, way)) == frozenset()


@pytest.mark.parametrize("way", WAYS)
def test_everything_is_for_the_owner_only(hospital: PulledHospital, way: str) -> None:
    out = hospital.pull(way).out
    assert {stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()} == {0o600}
    assert stat.S_IMODE(out.stat().st_mode) == 0o700


def test_the_files_as_the_hospital_wrote_them_differ_in_versions_only(
    hospital: PulledHospital, tmp_path: Path
) -> None:
    """A server gives versions of its own; nothing else of an answer may change with them."""
    write_ndjson(tmp_path / "in", population(SUBJECTS, seed=SEED))
    definitions = (hospital.definitions("search"),)
    run(tmp_path / "in", tmp_path / "out", site=SITE.id, definitions=definitions)
    assert _without_versions(tmp_path / "out") == _without_versions_of(hospital.answers)


def _without_versions(out: Path) -> dict[str, list[str]]:
    return _without_versions_of(answers(out))


def _without_versions_of(told: dict[str, bytes]) -> dict[str, list[str]]:
    rows: dict[str, list[str]] = {}
    for name, content in told.items():
        parsed = [json.loads(line) for line in content.splitlines()]
        for row in parsed:
            if "evidence" in row:
                row["evidence"] = sorted(one.partition("/_history/")[0] for one in row["evidence"] or [])
        rows[name] = sorted(json.dumps(row, sort_keys=True) for row in parsed)
    return rows


def test_a_folder_that_holds_something_is_refused(hospital: PulledHospital) -> None:
    out = hospital.new_folder()
    out.mkdir()
    (out / "x").touch()
    with pytest.raises(SettingsError, match="not empty"):
        pull(PullRequest(SITE.id, TRIAL, out, (hospital.definitions("search"),)))


def test_a_type_that_the_server_does_not_offer_is_missing_unless_the_site_says_so(
    hospital: PulledHospital, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    inner = hospital.harness.server.handle

    def without(request: Request) -> Response:
        response = inner(request)
        if request.path == "metadata":
            told = response.json()
            told["rest"][0]["resource"] = [
                one for one in told["rest"][0]["resource"] if one["type"] not in ("Immunization", "Procedure")
            ]
            response.body = json.dumps(told).encode()
        return response

    monkeypatch.setattr(hospital.harness.faults, "_inner", without)
    summary = hospital.pull("search")
    states = {of.resource_type: of for of in summary.types}
    assert not summary.whole
    assert (states["Immunization"].state, states["Procedure"].problem) == ("absent", None)
    assert "absent_types" in (states["Immunization"].problem or "")
    assert eligible(hospital.screen(summary.out, "search")) == frozenset()


def test_the_command_says_how_it_went_by_its_exit_code(
    hospital: PulledHospital, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(*more: str) -> int:
        out = str(hospital.new_folder())
        definitions = str(hospital.definitions("bulk"))
        return main(
            ["pull", "--site", SITE.id, "--trial", TRIAL, "--out", out, "--definitions", definitions, *more],
            {},
        )

    # The command's own clock is the computer's, and so must the server's be: exp is checked against it.
    hospital.harness.server.auth.clock = _ComputerClock()  # type: ignore[union-attr]
    try:
        assert command("--json") == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["whole"], told["way"]) == (True, "bulk")
        hospital.harness.faults.use("export-last-file-missing")
        assert command() == 1
        shown = capsys.readouterr()
        assert "the server says it has" in shown.out
        hospital.harness.faults.clear()
        hospital.harness.faults.use("redirect-token-to-trap")
        assert command() == 2
        shown = capsys.readouterr()
        assert "no token" in shown.err
    finally:
        hospital.harness.server.auth.clock = hospital.clock  # type: ignore[union-attr]


class _ComputerClock:
    def now(self):  # type: ignore[no-untyped-def]
        return Timing().now()
