"""SMART Backend Services: a new assertion for each try, a token in memory, one renewal upon a 401, no other origin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest

from fhir_adapter.errors import AuthError, SettingsError
from fhir_adapter.model.servers import Secret, SmartBackend
from fhir_adapter.testing.server.messages import Request, Response, json_response
from fhir_adapter.testing.server.smart import Signer, SmartAuth, generate_client
from tests.unit.fhir.serving import Served, served

GOOD = {"resourceType": "Patient", "id": "1"}


class Hospital:
    """A server that asks for tokens; `before` may answer, or break things, instead of it."""

    def __init__(self, algorithm: str) -> None:
        client, self.signer = generate_client("us", algorithm)
        self.auth = SmartAuth([client])
        self.before: Callable[[Request], Response | None] = lambda _: None
        self.discovery: Callable[[Request], dict[str, Any]] = lambda request: self.auth.discovery(
            request.base
        )

    def answer(self, request: Request) -> Response:
        """As a server would."""
        instead = self.before(request)
        if instead is not None:
            return instead
        if request.path == "auth/token":
            return self.auth.token(request)
        if request.path.startswith(".well-known"):
            return json_response(200, self.discovery(request))
        try:
            self.auth.grant(request)
        except Exception:
            return json_response(
                401, {"resourceType": "OperationOutcome", "issue": [{"diagnostics": "no token"}]}
            )
        return json_response(200, GOOD)


@contextmanager
def hospital(
    folder: Path, algorithm: str = "ES384", key: Signer | None = None, **more: Any
) -> Iterator[tuple[Hospital, Served]]:
    """A hospital, and our client at it."""
    place = Hospital(algorithm)
    file = folder / "key.pem"
    file.write_text((key or place.signer).pem(), encoding="utf-8")
    smart = SmartBackend("us", place.signer.kid, Secret(file), algorithm, **more)
    with served(place.answer, auth=smart) as asked:
        place.auth.clock = asked.clock
        yield place, asked


def ask(asked: Served) -> dict[str, Any]:
    return asked.client.get(asked.client.address("Patient/1")).json()


def assertions(asked: Served) -> list[dict[str, Any]]:
    forms = [parse_qs(one.body.decode()) for one in asked.requests if one.path == "auth/token"]
    return [jwt.decode(form["client_assertion"][0], options={"verify_signature": False}) for form in forms]


@pytest.mark.parametrize("algorithm", ["ES384", "RS384"])
def test_a_token_is_fetched_once_and_kept(algorithm: str, tmp_path: Path) -> None:
    with hospital(tmp_path, algorithm) as (_, asked):
        assert [ask(asked), ask(asked)] == [GOOD, GOOD]
        (told,) = assertions(asked)
        assert told["aud"] == f"{asked.url}/auth/token"
        assert told["exp"] - asked.clock.now().timestamp() <= 300
        assert asked.requests[0].header("Authorization") is None


def test_a_token_that_runs_out_is_renewed_before_it_is_refused(tmp_path: Path) -> None:
    with hospital(tmp_path) as (_, asked):
        ask(asked)
        asked.clock.advance(295)
        assert ask(asked) == GOOD
        assert len({told["jti"] for told in assertions(asked)}) == 2
        assert all(one.header("Authorization") for one in asked.requests if one.path == "Patient/1")


def test_a_401_costs_one_new_token(tmp_path: Path) -> None:
    with hospital(tmp_path) as (place, asked):
        ask(asked)
        place.auth.revoke_all()
        assert ask(asked) == GOOD
        assert len(assertions(asked)) == 2
        assert asked.waits == []


def test_tokens_that_are_never_accepted_end_the_run_at_once(tmp_path: Path) -> None:
    with hospital(tmp_path) as (place, asked):
        place.before = lambda request: json_response(401, {}) if request.path == "Patient/1" else None
        with pytest.raises(AuthError, match="401"):
            ask(asked)
        assert len(assertions(asked)) == 2


def test_a_stray_400_of_the_token_endpoint_is_tried_again_with_a_new_assertion(tmp_path: Path) -> None:
    with hospital(tmp_path) as (place, asked):
        strays = [json_response(400, {"error": "invalid_client"})] * 2
        place.before = lambda request: strays.pop() if strays and request.path == "auth/token" else None
        assert ask(asked) == GOOD
        assert len({told["jti"] for told in assertions(asked)}) == 3


def test_a_refusal_says_why_and_is_final_after_three_tries(tmp_path: Path) -> None:
    with hospital(tmp_path, key=generate_client("us")[1]) as (_, asked):
        with pytest.raises(AuthError, match=r"no token: the token endpoint answered 401: invalid_client$"):
            ask(asked)
        assert len(assertions(asked)) == 3


def test_a_key_that_does_not_fit_is_a_setting_that_is_wrong(tmp_path: Path) -> None:
    with (
        hospital(tmp_path, key=generate_client("us", "RS384")[1]) as (_, asked),
        pytest.raises(SettingsError) as caught,
    ):
        ask(asked)
    assert "PRIVATE KEY" not in str(caught.value)


def test_a_token_endpoint_elsewhere_is_sent_nothing(tmp_path: Path) -> None:
    with served(lambda _: json_response(200, {})) as trap, hospital(tmp_path) as (place, asked):
        place.discovery = lambda _: {"token_endpoint": f"{trap.url}/token"}
        with pytest.raises(AuthError, match="another origin"):
            ask(asked)
        assert trap.requests == []


def test_a_token_endpoint_that_redirects_is_not_followed(tmp_path: Path) -> None:
    with served(lambda _: json_response(200, {})) as trap, hospital(tmp_path) as (place, asked):
        away = Response(307, [("Location", f"{trap.url}/token")])
        place.before = lambda request: away if request.path == "auth/token" else None
        with pytest.raises(AuthError, match="307"):
            ask(asked)
        assert trap.requests == []


def test_a_token_url_of_the_site_file_needs_no_discovery(tmp_path: Path) -> None:
    with hospital(tmp_path, **{"token_url": "http://127.0.0.1:1/auth/token"}) as (_, asked):
        with pytest.raises(AuthError, match="another origin"):
            ask(asked)
        assert asked.requests == []
