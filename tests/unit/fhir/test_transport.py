"""Every request: where it goes, what it carries, and that half an answer is never taken for a whole one."""

from __future__ import annotations

import gzip
import io
import resource
import zlib
from pathlib import Path

import pytest

from fhir_adapter.errors import AuthError, GoneError, RetriableError, ServerError, SettingsError
from fhir_adapter.fhir.retrying import PER_OPERATION
from fhir_adapter.model.servers import BasicAuth, BearerAuth, Secret
from fhir_adapter.testing.server.messages import FHIR_JSON, Response, Wire, json_response
from fhir_adapter.testing.server.problems import outcome
from tests.unit.fhir.serving import one_by_one, served

GOOD = {"resourceType": "Patient", "id": "1"}
JSON = [("Content-Type", FHIR_JSON)]


def good() -> Response:
    return json_response(200, GOOD)


@pytest.fixture
def token(tmp_path: Path) -> BearerAuth:
    file = tmp_path / "token"
    file.write_text("secret-token\n", encoding="utf-8")
    return BearerAuth(Secret(file))


def cut_gzip() -> Response:
    packed = gzip.compress(b'{"resourceType":"Patient"}' * 50)[:-6]
    return Response(200, [*JSON, ("Content-Encoding", "gzip")], packed)


@pytest.mark.parametrize(
    "damaged",
    [
        cut_gzip(),
        Response(200, JSON, b'{"resourceType":"Patient"}', Wire(cut_at=9)),
        Response(200, JSON, b'{"resourceType":"Patient"}', Wire(cut_at=9, chunked=True)),
        Response(200, [*JSON, ("Content-Encoding", "gzip")], b"not packed at all"),
        Response(200, JSON, b"", Wire(drop=True)),
    ],
    ids=["gzip", "short", "chunks", "not-gzip", "dropped"],
)
def test_half_an_answer_is_asked_for_again(damaged: Response) -> None:
    with served(one_by_one(damaged, good())) as hospital:
        assert hospital.client.get(hospital.client.address("Patient/1")).json() == GOOD
        assert len(hospital.waits) == 1


def test_half_an_answer_for_ever_is_an_error_and_never_data() -> None:
    with served(one_by_one(cut_gzip())) as hospital:
        with pytest.raises(RetriableError, match="cut short"):
            hospital.client.get(hospital.client.address("Patient/1"))
        assert len(hospital.requests) == PER_OPERATION + 1


def test_a_packed_answer_of_several_members_is_read_to_its_end() -> None:
    packed = gzip.compress(b'{"resourceType":') + gzip.compress(b'"Patient","id":"1"}')
    with served(one_by_one(Response(200, [*JSON, ("Content-Encoding", "gzip")], packed))) as hospital:
        assert hospital.client.get(hospital.client.address("Patient/1")).json() == GOOD


def test_a_bomb_is_refused() -> None:
    packed = gzip.compress(b" " * (65 << 20))
    with served(one_by_one(Response(200, [*JSON, ("Content-Encoding", "gzip")], packed))) as hospital:
        with pytest.raises(ServerError, match="larger than 64 MB"):
            hospital.client.get(hospital.client.address("Patient/1"))
        assert len(hospital.requests) == 1


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_what_may_pass_is_asked_again_as_the_server_wants(status: int) -> None:
    busy = json_response(status, outcome("throttled", "busy"), [("Retry-After", "7")])
    with served(one_by_one(busy, busy, good())) as hospital:
        assert hospital.client.get(hospital.client.address("Patient/1")).json() == GOOD
        assert hospital.waits == [7, 7]


def test_500_is_asked_again_but_not_for_long() -> None:
    with served(one_by_one(json_response(500, outcome("exception", "for ever")))) as hospital:
        with pytest.raises(ServerError, match="500: error exception"):
            hospital.client.get(hospital.client.address("Patient/1"))
        assert len(hospital.requests) == 4


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, ServerError), (403, ServerError), (404, GoneError), (410, GoneError), (401, AuthError)],
)
def test_a_refusal_is_final_and_carries_the_servers_codes(status: int, kind: type[ServerError]) -> None:
    with served(one_by_one(json_response(status, outcome("invalid", "what   is\nthis?")))) as hospital:
        with pytest.raises(kind, match=rf"{status}: error invalid$"):
            hospital.client.get(hospital.client.address("Patient/1"))
        assert len(hospital.requests) == 1


def test_the_token_stays_at_its_origin(token: BearerAuth) -> None:
    with (
        served(one_by_one(good())) as other,
        served(
            one_by_one(good()), auth=token, allowed_origins=(other.url.removesuffix("/fhir"),)
        ) as hospital,
    ):
        hospital.client.get(hospital.client.address("Patient/1"))
        hospital.client.get(f"{other.url}/Patient/1")
        hospital.client.download(f"{other.url}/file", io.BytesIO(), token=True)
        assert hospital.requests[0].header("Authorization") == "Bearer secret-token"
        assert [request.header("Authorization") for request in other.requests] == [None, None]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_origin_is_not_followed(status: int, token: BearerAuth) -> None:
    with served(one_by_one(good())) as trap:
        away = Response(status, [("Location", f"{trap.url}/Patient/1")])
        with served(one_by_one(away), auth=token) as hospital:
            with pytest.raises(ServerError, match="another origin"):
                hospital.client.get(hospital.client.address("Patient/1"))
        assert trap.requests == []


def test_a_redirect_within_the_origin_is_followed_three_times() -> None:
    step = Response(302, [("Location", "/fhir/Patient/1")])
    with served(one_by_one(step, step, step, good())) as hospital:
        assert hospital.client.get(hospital.client.address("Patient/0")).json() == GOOD
    with served(one_by_one(step)) as hospital:
        with pytest.raises(ServerError, match="more than 3"):
            hospital.client.get(hospital.client.address("Patient/0"))


def test_cookies_are_not_kept(token: BearerAuth) -> None:
    cookie = json_response(200, GOOD, [("Set-Cookie", "session=1; Path=/")])
    with served(one_by_one(cookie)) as hospital:
        for _ in range(2):
            hospital.client.get(hospital.client.address("Patient/1"))
        assert hospital.requests[1].header("Cookie") is None


def test_netrc_and_proxy_variables_are_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: BearerAuth
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with served(one_by_one(good()), auth=token) as hospital:
        hospital.client.get(hospital.client.address("Patient/1"))
        assert hospital.requests[0].header("Authorization") == "Bearer secret-token"


def test_basic_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSPITAL_PASSWORD", "pass:word")
    with served(one_by_one(good()), auth=BasicAuth("me", Secret(env="HOSPITAL_PASSWORD"))) as hospital:
        hospital.client.get(hospital.client.address("Patient/1"))
        assert hospital.requests[0].header("Authorization") == "Basic bWU6cGFzczp3b3Jk"


def test_a_secret_that_is_not_there_is_named_by_its_place() -> None:
    with (
        pytest.raises(SettingsError, match="environment variable NOBODY_SET_THIS"),
        served(one_by_one(good()), auth=BearerAuth(Secret(env="NOBODY_SET_THIS"))),
    ):
        pass


@pytest.mark.parametrize(
    ("declared", "codec"),
    [("utf-8", "utf-8"), ("UTF-8", "utf-8-sig"), ("GBK", "gbk"), ("gb18030", "gb18030")],
)
def test_a_declared_charset_is_honoured(declared: str, codec: str) -> None:
    body = '{"resourceType":"Patient","id":"张三"}'.encode(codec)
    answer = Response(200, [("Content-Type", f"{FHIR_JSON};charset={declared}")], body)
    with served(one_by_one(answer)) as hospital:
        assert hospital.client.get(hospital.client.address("Patient/1")).json()["id"] == "张三"


def test_a_file_is_utf_8_on_disk_whatever_it_declares() -> None:
    line = '{"id":"张三"}\n'
    into = io.BytesIO()
    gbk = Response(200, [("Content-Type", "application/fhir+ndjson;charset=GBK")], line.encode("gbk"))
    with served(one_by_one(gbk)) as hospital:
        hospital.client.download(hospital.client.address("file"), into, token=False)
    assert into.getvalue() == line.encode()
    undeclared = Response(200, [("Content-Type", "application/fhir+ndjson")], line.encode("gbk"))
    with served(one_by_one(undeclared)) as hospital, pytest.raises(ServerError, match="not valid UTF-8"):
        hospital.client.download(hospital.client.address("file"), into, token=False)


def test_other_characters_are_not_guessed() -> None:
    with served(one_by_one(Response(200, JSON, '{"id":"张三"}'.encode("gbk")))) as hospital:
        answer = hospital.client.get(hospital.client.address("Patient/1"))
        with pytest.raises(ServerError, match="must declare it"):
            answer.json()


@pytest.mark.parametrize("media", ["text/plain", "application/fhir+xml", ""])
def test_only_json_is_read(media: str) -> None:
    with served(one_by_one(Response(200, [("Content-Type", media)], b"{}"))) as hospital:
        answer = hospital.client.get(hospital.client.address("Patient/1"))
        with pytest.raises(ServerError, match="where JSON was asked for"):
            answer.json()


def test_a_web_page_is_asked_for_again_twice() -> None:
    page = Response(200, [("Content-Type", "text/html;charset=utf-8")], b"<html>back soon</html>")
    with served(one_by_one(page, page, good())) as hospital:
        assert hospital.client.get(hospital.client.address("Patient/1")).json() == GOOD
    with served(one_by_one(page)) as hospital:
        with pytest.raises(ServerError, match="web page"):
            hospital.client.get(hospital.client.address("Patient/1"))
        assert len(hospital.requests) == 3


def test_a_private_authority_must_be_there(tmp_path: Path) -> None:
    with (
        pytest.raises(SettingsError, match="ca_file"),
        served(one_by_one(good()), ca_file=tmp_path / "none.pem"),
    ):
        pass


def test_a_download_that_is_tried_again_begins_anew() -> None:
    short = Response(200, JSON, b"first\nsecond\n", Wire(cut_at=4))
    with served(one_by_one(short, Response(200, JSON, b"whole\n"))) as hospital:
        into = io.BytesIO()
        hospital.client.download(hospital.client.address("file"), into, token=False)
        assert into.getvalue() == b"whole\n"


def test_what_a_server_quotes_of_a_request_or_a_patient_is_not_passed_on() -> None:
    quoted = {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": "invalid",
                "diagnostics": "Patient 张三 410101199001011234 Bearer SECRETTOKEN123",
                "details": {
                    "text": "张三",
                    "coding": [{"code": "MSG_PARAM_INVALID"}, {"code": "张三 Bearer"}],
                },
            }
        ],
        "error": "SECRETTOKEN123",
        "error_description": "Bearer SECRETTOKEN123",
    }
    with served(one_by_one(json_response(400, quoted))) as hospital:
        with pytest.raises(ServerError) as caught:
            hospital.client.get(hospital.client.address("Patient/1"))
    assert str(caught.value) == "the server answered 400: error invalid MSG_PARAM_INVALID"


def test_the_body_of_a_redirect_is_not_read() -> None:
    packer, megabyte = zlib.compressobj(wbits=31), bytes(1 << 20)
    bomb = b"".join(packer.compress(megabyte) for _ in range(300)) + packer.flush()
    sent = Response(302, [("Location", "http://[bad/"), ("Content-Encoding", "gzip")], bomb)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with served(one_by_one(sent)) as hospital:
        with pytest.raises(ServerError):
            hospital.client.get(hospital.client.address("Patient/1"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes
