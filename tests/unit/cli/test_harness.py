"""The commands below `harness`: what they start, say and refuse. Servers are stopped at once, never waited for."""

from __future__ import annotations

import json
import re
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from fhir_adapter.cli import harness as commands
from fhir_adapter.cli import harness_up
from fhir_adapter.testing.harness import Harness
from fhir_adapter.testing.server.messages import Handler, Response, json_response
from fhir_adapter.testing.transport.socket import LoopbackServer

PAGE = Path(__file__).resolve().parents[3] / "docs" / "harness.md"
PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female"}


def get(url: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url)


@pytest.fixture
def while_up(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Let something happen where the command waits to be stopped."""

    def at(happen: Callable[[], None]) -> None:
        for module in (commands, harness_up):
            monkeypatch.setattr(module, "until_stopped", happen)

    at(lambda: None)
    return at


@pytest.fixture
def server() -> Iterator[Harness]:
    with Harness() as started:
        yield started


def test_up_answers_what_it_says(run: Any, while_up: Any, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[Any] = []

    def look() -> None:
        shown = capsys.readouterr().out
        url = json.loads(shown)["url"]
        seen.extend((json.loads(shown), get(f"{url}/Patient?_summary=count").json()["total"]))

    while_up(look)
    ran = run("harness", "up", "--port", "0", "--population", "2", "--profile", "etag-none", "--json")
    assert ran.code == 0
    document, total = seen
    assert document["resources"]["Patient"] == total >= 2
    assert (document["profiles"], document["fhir_version"]) == (["etag-none"], "4.0.1")
    with pytest.raises(requests.ConnectionError):
        get(document["url"])


def test_up_in_words(run: Any, while_up: Any, tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(PATIENT))
    ran = run("harness", "up", "--port", 0, "--load", tmp_path, "--fhir", "r5", "--lenient", "--no-validate")
    assert ran.code == 0
    assert "FHIR server at http://127.0.0.1:" in ran.stdout
    assert "Patient 1" in ran.stdout
    assert "Ctrl-C" in ran.stdout
    assert "holds      nothing yet" in run("harness", "up", "--port", 0).stdout


def test_up_with_smart_gives_a_client_and_its_key(
    run: Any, while_up: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[Any] = []

    def look() -> None:
        client = json.loads(capsys.readouterr().out)["client"]
        key = Path(client["private_key_file"])
        seen.extend((client, stat.S_IMODE(key.stat().st_mode), key.read_text(encoding="ascii")))

    while_up(look)
    assert run("harness", "up", "--port", 0, "--auth", "smart", "--json").code == 0
    client, mode, key = seen
    assert mode == 0o600
    assert "BEGIN PRIVATE KEY" in key
    assert client["token_url"].endswith("/fhir/auth/token")
    assert not Path(client["private_key_file"]).exists(), "the key goes when the server stops"
    while_up(lambda: None)
    ran = run("harness", "up", "--port", 0, "--auth", "smart")
    assert client["client_id"] in ran.stdout
    assert "PRIVATE KEY" not in ran.stdout + ran.stderr


def test_up_keeps_its_store(run: Any, while_up: Any, tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(PATIENT))
    store = tmp_path / "kept.sqlite"
    run("harness", "up", "--port", 0, "--store", store, "--load", tmp_path / "one.json")
    assert "Patient 1" in run("harness", "up", "--port", 0, "--store", store).stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--profile", "http-404-never"), "there is no fault profile"),
        (("--load", "{tmp}/nowhere"), "is not there"),
        (("--load", "{tmp}"), "holds no *.ndjson"),
        (("--store", "{tmp}/no/folder.sqlite"), "is no folder"),
        (("--store", "{tmp}/text.txt"), "is no SQLite file"),
        (("--store", "{tmp}/other.sqlite"), "store cannot be used"),
        (("--port", "{taken}"), "is in use"),
    ],
)
def test_up_says_what_to_do_instead(
    run: Any, while_up: Any, tmp_path: Path, server: Harness, options: tuple[str, str], said: str
) -> None:
    (tmp_path / "text.txt").write_text("no store")
    with closing(sqlite3.connect(tmp_path / "other.sqlite")) as other:
        other.execute("CREATE TABLE version (other TEXT)")
    taken = server.url.rpartition(":")[2].partition("/")[0]
    name, value = options
    port = () if name == "--port" else ("--port", 0)
    ran = run("harness", "up", *port, name, value.format(tmp=tmp_path, taken=taken))
    assert ran.code == 2
    assert said in " ".join(ran.stderr.split())
    assert "Unexpected" not in ran.stderr


def test_load_counts_what_the_server_made_of_it(run: Any, tmp_path: Path, server: Harness) -> None:
    rows = [{**PATIENT, "id": f"p{number}"} for number in range(230)]
    (tmp_path / "Patient.ndjson").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "b.json").write_text('{"resourceType":"Basic","code":{"text":"x"}}')
    ran = run("harness", "load", tmp_path, "--url", server.url, "--json")
    assert ran.code == 0
    assert ran.document == {"created": 231, "updated": 0, "refused": 0, "reasons": []}
    assert server.counts() == {"Basic": 1, "Patient": 230}
    assert server.journal.count(method="POST") == 3
    again = run("harness", "load", tmp_path, "--url", server.url + "/")
    assert "1 created, 230 updated, 0 refused" in again.stdout


def test_load_tells_reasons_and_no_values(run: Any, tmp_path: Path, server: Harness) -> None:
    rows = [PATIENT, {"resourceType": "Patient", "id": "p2", "gender": "王秘密"}]
    (tmp_path / "Patient.ndjson").write_text("\n".join(map(json.dumps, rows)))
    ran = run("harness", "load", tmp_path, "--url", server.url)
    assert ran.code == 1
    assert "1 created, 0 updated, 1 refused" in ran.stdout
    assert "Patient" in ran.stdout
    assert "王秘密" not in ran.stdout + ran.stderr
    (reason,) = run("harness", "load", tmp_path, "--url", server.url, "--json").document["reasons"]
    assert reason["type"] == "Patient"
    assert reason["reason"].startswith(("400", "422"))


def test_load_tries_again_what_came_before_its_target(run: Any, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(
        '{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},'
        '"subject":{"reference":"Patient/p1"}}'
    )
    (tmp_path / "p.json").write_text(json.dumps(PATIENT))
    with Harness(profiles=["referential-integrity"]) as server:
        ran = run("harness", "load", tmp_path, "--url", server.url, "--json")
        assert server.count() == 2
    assert (ran.code, ran.document["created"], ran.document["refused"]) == (0, 2, 0)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (json_response(405, {}), "the whole batch: 405"),
        (json_response(200, {"resourceType": "Bundle", "entry": []}), "the whole batch: 200"),
        (json_response(200, {"entry": [{"response": {}}]}), "an answer without a status"),
        (
            json_response(
                200, {"entry": [{"response": {"status": "412 no", "outcome": {"issue": [{"code": "x"}]}}}]}
            ),
            "412",
        ),
        (Response(502, [], b"<html>"), "the whole batch: 502"),
    ],
)
def test_load_into_servers_that_take_no_batch(
    run: Any, tmp_path: Path, answer: Response, reason: str
) -> None:
    (tmp_path / "p.json").write_text(json.dumps(PATIENT))
    handler: Handler = lambda request: answer  # noqa: E731
    with LoopbackServer(handler) as server:
        ran = run("harness", "load", tmp_path, "--url", server.url, "--json")
    assert ran.code == 1
    assert ran.document["reasons"] == [{"type": "Patient", "reason": reason, "count": 1}]


def test_load_sends_the_token_from_a_file(run: Any, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps(PATIENT))
    token = tmp_path / "token"
    with Harness(smart=True) as server:
        assert run("harness", "load", tmp_path, "--url", server.url).code == 1
        token.write_text(server.token() + "\n")
        assert run("harness", "load", tmp_path, "--url", server.url, "--token-file", token).code == 0
    token.write_text("two words")
    refused = run("harness", "load", tmp_path, "--url", server.url, "--token-file", token)
    assert (refused.code, "two words" in refused.stderr) == (2, False)
    missing = run("harness", "load", tmp_path, "--url", server.url, "--token-file", tmp_path / "none")
    assert "no access token can be read" in " ".join(missing.stderr.split())


def test_load_into_nothing(run: Any, tmp_path: Path, server: Harness) -> None:
    (tmp_path / "p.json").write_text(json.dumps(PATIENT))
    url = server.url
    server.close()
    ran = run("harness", "load", tmp_path, "--url", url)
    assert ran.code == 2
    assert "cannot be reached" in ran.stderr
    assert run("harness", "load", tmp_path, "--url", "localhost:1").code == 2
    assert run("harness", "load", tmp_path / "none", "--url", url).code == 2


def test_profiles_are_listed(run: Any) -> None:
    listed = run("harness", "profiles", "--json").document["profiles"]
    by_name = {one["name"]: one for one in listed}
    assert by_name["http-504-after-commit"]["works_on"] == "anywhere"
    assert all(one["text"] for one in listed)
    ran = run("harness", "profiles")
    assert ran.code == 0
    assert all(name in ran.stdout for name in by_name)


def test_check_prints_a_report(run: Any, server: Harness) -> None:
    server.population(2)
    ran = run("harness", "check", server.url, "--json")
    assert ran.document["url"] == server.url
    assert ran.code == (1 if ran.document["counts"]["trouble"] else 0)
    assert ran.document["write"] is False
    assert server.journal.count(method="PUT") == 0


def test_check_of_nothing(run: Any, server: Harness) -> None:
    server.close()
    ran = run("harness", "check", server.url)
    assert ran.code == 2
    assert "no FHIR server answers there" in ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr
    assert run("harness", "check", "nonsense").code == 2


def test_check_of_an_address_beside_the_base(run: Any, server: Harness) -> None:
    ran = run("harness", "check", server.url.removesuffix("/fhir") + "/elsewhere")
    assert ran.code == 2
    assert "Give the base address" in ran.stderr


def test_proxy_spoils_a_real_server(
    run: Any, while_up: Any, server: Harness, capsys: pytest.CaptureFixture[str]
) -> None:
    statuses: list[int] = []

    def look() -> None:
        url = json.loads(capsys.readouterr().out)["url"]
        statuses.extend(get(f"{url}/Patient").status_code for _ in range(3))

    while_up(look)
    ran = run(
        "harness", "proxy", "--upstream", server.url, "--port", 0, "--profile", "throttle-seconds", "--json"
    )
    assert ran.code == 0
    assert statuses == [200, 200, 429]
    while_up(lambda: None)
    assert f"before     {server.url}" in run("harness", "proxy", "--upstream", server.url, "--port", 0).stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--upstream", "localhost:8080"), "http(s)://host/path"),
        (("--upstream", "{url}", "--profile", "conditional-create-racy"), "embedded server"),
        (("--upstream", "{url}", "--port", "{taken}"), "is in use"),
    ],
)
def test_proxy_says_what_to_do_instead(
    run: Any, while_up: Any, server: Harness, options: tuple[str, ...], said: str
) -> None:
    taken = server.url.rpartition(":")[2].partition("/")[0]
    ran = run("harness", "proxy", *(one.format(url=server.url, taken=taken) for one in options))
    assert ran.code == 2
    assert said in " ".join(ran.stderr.split())


def test_proxy_before_nothing(run: Any, while_up: Any, server: Harness) -> None:
    server.close()
    ran = run("harness", "proxy", "--upstream", server.url, "--port", 0)
    assert ran.code == 2
    assert "does not answer" in ran.stderr


def test_page_for_strangers_shows_options_that_exist(run: Any) -> None:
    lines = re.findall(
        r"^fhir-adapter harness (\w+)([^#\n]*)", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {name for name, _ in lines} == {"up", "load", "profiles", "check", "proxy"}
    for name, rest in lines:
        shown = run("harness", name, "--help", environ={"COLUMNS": "200"}).stdout
        for option in re.findall(r"--\w+", rest):
            assert option in shown
