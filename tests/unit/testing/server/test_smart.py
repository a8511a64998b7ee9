"""SMART Backend Services: every way an assertion may be wrong, what scopes open, how tokens end."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from fhir_adapter.testing.server.messages import Request, Response
from fhir_adapter.testing.server.problems import Problem
from fhir_adapter.testing.server.smart import Client, Signer, SmartAuth, generate_client
from fhir_adapter.testing.server.smart.scopes import granted, parse
from fhir_adapter.testing.server.time import ManualClock

BASE = "http://harness.test/fhir"
TOKEN_URL = f"{BASE}/auth/token"
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
SCOPE = "system/Patient.read"
CLIENT, SIGNER = generate_client("site", "ES384")
RSA_CLIENT, RSA_SIGNER = generate_client("site-rsa", "RS384")
_, STRANGER = generate_client("site", "ES384")
SECRET = "s" * 64
Fields = dict[str, str]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def auth(clock: ManualClock) -> SmartAuth:
    return SmartAuth([CLIENT, RSA_CLIENT], clock=clock)


def ask(auth: SmartAuth, fields: Any, headers: Any = FORM, method: str = "POST") -> Response:
    body = urlencode(fields).encode()
    return auth.token(Request(method, "auth/token", (), headers, body, BASE))


def token_for(auth: SmartAuth, scope: str = SCOPE, signer: Signer = SIGNER) -> str:
    response = ask(auth, signer.token_form(TOKEN_URL, auth.clock.now(), scope))
    assert response.status == 200, response.json()
    return str(response.json()["access_token"])


def bearer(token: str, path: str = "Patient/1") -> Request:
    return Request("GET", path, (), (("Authorization", f"Bearer {token}"),), b"", BASE)


def refusal(response: Response) -> tuple[int, str]:
    content = response.json()
    assert set(content) == {"error", "error_description"}
    assert response.header("Cache-Control") == "no-store"
    assert (response.header("Content-Type") or "").startswith("application/json")
    return response.status, content["error"]


@pytest.mark.parametrize("signer", [SIGNER, RSA_SIGNER], ids=["ES384", "RS384"])
def test_a_signed_assertion_gets_a_token(auth: SmartAuth, clock: ManualClock, signer: Signer) -> None:
    response = ask(auth, signer.token_form(TOKEN_URL, clock.now(), f"{SCOPE} system/Observation.rs"))
    content = response.json()
    assert response.status == 200
    assert (content["token_type"], content["expires_in"]) == ("bearer", 300)
    assert content["scope"] == "system/Patient.read system/Observation.rs"
    assert response.header("Cache-Control") == "no-store"
    found = auth.authorise(bearer(content["access_token"]), "read", "Patient")
    assert found.client_id == signer.client_id


def now_s() -> int:
    return int(ManualClock().now().timestamp())


def unsigned() -> str:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = {"iss": "site", "sub": "site", "aud": TOKEN_URL, "exp": now_s() + 60, "jti": "1"}
    return f"{part({'alg': 'none', 'typ': 'JWT', 'kid': SIGNER.kid})}.{part(claims)}."


def with_secret() -> str:
    claims = {"iss": "site", "sub": "site", "aud": TOKEN_URL, "exp": now_s() + 60, "jti": "1"}
    return jwt.encode(claims, SECRET, algorithm="HS384", headers={"kid": SIGNER.kid})


def rsa_256() -> str:
    return replace(RSA_SIGNER, algorithm="RS256").sign_assertion(TOKEN_URL, ManualClock().now())


def sign(signer: Signer = SIGNER, **overrides: Any) -> Callable[[], str]:
    return lambda: signer.sign_assertion(TOKEN_URL, ManualClock().now(), **overrides)


BAD_ASSERTIONS: tuple[tuple[str, Callable[[], str], str], ...] = (
    ("not-a-jwt", lambda: "x.y", "not a JWT"),
    ("bytes-that-are-no-text", lambda: "\u4e2d.\u6587.x", "not a JWT"),
    ("alg-none", unsigned, "alg"),
    ("alg-hs384", with_secret, "alg"),
    ("alg-rs256", rsa_256, "alg"),
    ("kid-missing", sign(headers={"kid": ""}), "0 registered keys"),
    ("kid-unknown", sign(headers={"kid": "other"}), "0 registered keys"),
    ("typ-wrong", sign(headers={"typ": "at+jwt"}), "typ"),
    ("jku-not-registered", sign(headers={"jku": "https://evil.test/jwks"}), "jku"),
    ("key-of-another", sign(replace(STRANGER, kid=SIGNER.kid)), "signature"),
    ("key-of-another-client", sign(RSA_SIGNER, iss="site", sub="site"), "0 registered keys"),
    ("iss-unknown", sign(iss="nobody", sub="nobody"), "iss"),
    ("iss-missing", sign(iss=None), "iss"),
    ("sub-not-iss", sign(sub="site-rsa"), "sub"),
    ("sub-missing", sign(sub=None), "sub"),
    ("aud-base", sign(aud=BASE), "aud"),
    ("aud-slash", sign(aud=TOKEN_URL + "/"), "aud"),
    ("aud-several", sign(aud=[TOKEN_URL, BASE]), "aud"),
    ("aud-missing", sign(aud=None), "aud"),
    ("exp-missing", sign(exp=None), "exp"),
    ("exp-text", sign(exp="soon"), "exp"),
    ("exp-true", sign(exp=True), "exp"),
    ("exp-now", sign(exp=now_s()), "passed"),
    ("exp-past", sign(exp=now_s() - 1), "passed"),
    ("exp-too-far", sign(exp=now_s() + 301), "five minutes"),
    ("exp-nan", sign(exp=float("nan")), "exp"),
    ("nbf-ahead", sign(nbf=now_s() + 5), "nbf"),
    ("jti-missing", sign(jti=None), "jti"),
    ("jti-empty", sign(jti=""), "jti"),
    ("jti-number", sign(jti=7), "jti"),
)


@pytest.mark.parametrize(
    ("make", "why"), [case[1:] for case in BAD_ASSERTIONS], ids=[case[0] for case in BAD_ASSERTIONS]
)
def test_an_assertion_that_is_wrong_in_one_way_is_refused(
    auth: SmartAuth, clock: ManualClock, make: Callable[[], str], why: str
) -> None:
    fields = SIGNER.token_form(TOKEN_URL, clock.now(), SCOPE) | {"client_assertion": make()}
    response = ask(auth, fields)
    assert refusal(response) == (401, "invalid_client")
    assert why in response.json()["error_description"]


def test_a_replayed_jti_is_refused_and_forgotten_when_it_cannot_be_replayed(
    auth: SmartAuth, clock: ManualClock
) -> None:
    fields = SIGNER.token_form(TOKEN_URL, clock.now(), SCOPE)
    assert ask(auth, fields).status == 200
    assert refusal(ask(auth, fields)) == (401, "invalid_client")
    clock.advance(299)
    assert refusal(ask(auth, fields)) == (401, "invalid_client")
    for _ in range(3):
        token_for(auth)
    assert len(auth._assertions) == 4
    clock.advance(300)
    token_for(auth)
    assert len(auth._assertions) == 1


def test_the_same_jti_of_two_clients_is_no_replay(auth: SmartAuth, clock: ManualClock) -> None:
    for signer in (SIGNER, RSA_SIGNER):
        assert ask(auth, signer.token_form(TOKEN_URL, clock.now(), SCOPE, jti="same")).status == 200


def test_a_jti_of_a_refused_assertion_may_be_used_again(auth: SmartAuth, clock: ManualClock) -> None:
    assert ask(auth, SIGNER.token_form(TOKEN_URL, clock.now(), SCOPE, jti="a", aud=BASE)).status == 401
    assert ask(auth, SIGNER.token_form(TOKEN_URL, clock.now(), SCOPE, jti="a")).status == 200


BAD_FORMS: tuple[tuple[str, Fields, tuple[int, str]], ...] = (
    ("grant-missing", {"grant_type": ""}, (400, "invalid_request")),
    ("grant-password", {"grant_type": "password"}, (400, "unsupported_grant_type")),
    ("assertion-type", {"client_assertion_type": "saml"}, (400, "invalid_request")),
    ("assertion-missing", {"client_assertion": ""}, (400, "invalid_request")),
    ("scope-missing", {"scope": ""}, (400, "invalid_scope")),
    ("scope-not-allowed", {"scope": "system/Patient.write"}, (400, "invalid_scope")),
    ("scope-user", {"scope": "user/Patient.read"}, (400, "invalid_scope")),
    ("client-id-other", {"client_id": "other"}, (401, "invalid_client")),
)


@pytest.mark.parametrize(
    ("change", "expected"), [case[1:] for case in BAD_FORMS], ids=[case[0] for case in BAD_FORMS]
)
def test_a_token_request_that_is_wrong_in_one_way_is_refused(
    auth: SmartAuth, clock: ManualClock, change: Fields, expected: tuple[int, str]
) -> None:
    assert refusal(ask(auth, SIGNER.token_form(TOKEN_URL, clock.now(), SCOPE) | change)) == expected


def test_the_form_itself_is_looked_at(auth: SmartAuth, clock: ManualClock) -> None:
    fields = SIGNER.token_form(TOKEN_URL, clock.now(), SCOPE)
    assert refusal(ask(auth, fields, (("Content-Type", "application/json"),))) == (400, "invalid_request")
    assert refusal(ask(auth, fields, method="GET")) == (400, "invalid_request")
    assert refusal(ask(auth, [*fields.items(), ("scope", "system/*.read")])) == (400, "invalid_request")


def test_the_audience_follows_the_address_that_was_asked(auth: SmartAuth, clock: ManualClock) -> None:
    other = "http://127.0.0.1:8080/fhir"
    body = SIGNER.token_body(f"{other}/auth/token", clock.now(), SCOPE)
    assert auth.token(Request("POST", "auth/token", (), FORM, body, other)).status == 200
    assert auth.token(Request("POST", "auth/token", (), FORM, body, BASE)).status == 401


def test_keys_rotate(auth: SmartAuth) -> None:
    _, successor = generate_client("site")
    both = {"keys": [SIGNER.public_jwk(), successor.public_jwk()]}
    auth.register(replace(CLIENT, jwks=both))
    old_token = token_for(auth, signer=SIGNER)
    token_for(auth, signer=successor)
    auth.register(replace(CLIENT, jwks={"keys": [successor.public_jwk()]}))
    response = ask(auth, SIGNER.token_form(TOKEN_URL, auth.clock.now(), SCOPE))
    assert refusal(response) == (401, "invalid_client")
    auth.authorise(bearer(old_token), "read", "Patient")


def test_two_keys_of_one_kid_are_no_key(auth: SmartAuth, clock: ManualClock) -> None:
    auth.register(replace(CLIENT, jwks={"keys": [SIGNER.public_jwk()] * 2}))
    assert refusal(ask(auth, SIGNER.token_form(TOKEN_URL, clock.now(), SCOPE))) == (401, "invalid_client")


def test_a_key_on_the_wrong_curve_proves_nothing(auth: SmartAuth, clock: ManualClock) -> None:
    jwk = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True)
    auth.register(Client("site", {"keys": [{**jwk, "kid": SIGNER.kid}]}))
    assert refusal(ask(auth, SIGNER.token_form(TOKEN_URL, clock.now(), SCOPE))) == (401, "invalid_client")


def test_a_registered_jku_is_compared_and_never_fetched(auth: SmartAuth, clock: ManualClock) -> None:
    auth.register(replace(CLIENT, jku="https://site.test/jwks"))
    fields = SIGNER.token_form(TOKEN_URL, clock.now(), SCOPE, headers={"jku": "https://site.test/jwks"})
    assert ask(auth, fields).status == 200


GRANTS: tuple[tuple[str, str, str], ...] = (
    # asked, allowed, granted
    ("system/Patient.read", "system/*.read", "system/Patient.read"),
    ("system/Patient.rs", "system/*.read", "system/Patient.rs"),
    ("system/*.read", "system/Patient.read", "system/Patient.read"),
    ("system/*.read", "system/Patient.rs system/Observation.r", "system/Patient.read system/Observation.r"),
    ("system/*.*", "system/*.read", "system/*.read"),
    ("system/Patient.*", "system/*.*", "system/Patient.*"),
    ("system/Patient.cruds", "system/*.read", "system/Patient.rs"),
    ("system/Patient.write", "system/*.cruds", "system/Patient.write"),
    ("system/Patient.cu", "system/Patient.c system/*.u", "system/Patient.cu"),
    ("system/Patient.write", "system/*.read", ""),
    ("system/Patient.read system/Basic.read", "system/Basic.read", "system/Basic.read"),
    ("system/Patient.read system/Patient.read", "system/*.read", "system/Patient.read"),
    ("system/Patient.sr", "system/*.read", ""),
    ("system/Patient.", "system/*.read", ""),
    ("system/Observation.rs?category=laboratory", "system/*.rs", ""),
    ("patient/*.read launch openid", "system/*.read", ""),
)


@pytest.mark.parametrize(("asked", "allowed", "expected"), GRANTS)
def test_scopes_are_cut_to_what_is_allowed(asked: str, allowed: str, expected: str) -> None:
    assert " ".join(map(str, granted(asked, allowed.split()))) == expected


ACCESS: tuple[tuple[str, str, str, str | None, bool], ...] = (
    # scope, path, interaction, type, allowed
    ("system/Patient.read", "Patient/1", "read", "Patient", True),
    ("system/Patient.read", "Patient/1/_history/2", "vread", "Patient", True),
    ("system/Patient.read", "Patient", "search", "Patient", True),
    ("system/Patient.read", "Observation/1", "read", "Observation", False),
    ("system/Patient.read", "Patient", "create", "Patient", False),
    ("system/Patient.r", "Patient", "search", "Patient", False),
    ("system/Patient.r", "Patient/1/_history", "history", "Patient", True),
    ("system/Patient.r", "Patient/_history", "history", "Patient", False),
    ("system/Patient.s", "Patient/_history", "history", "Patient", True),
    ("system/Patient.rs", "_history", "history", None, False),
    ("system/*.rs", "_history", "history", None, True),
    ("system/Patient.rs", "", "search", None, False),
    ("system/*.rs", "", "search", None, True),
    ("system/Patient.write", "Patient", "create", "Patient", True),
    ("system/Patient.write", "Patient/1", "update", "Patient", True),
    ("system/Patient.write", "Patient/1", "delete", "Patient", True),
    ("system/Patient.write", "Patient/1", "read", "Patient", False),
    ("system/Patient.c", "Patient/1", "update", "Patient", False),
    ("system/Patient.u", "Patient/1", "patch", "Patient", True),
    ("system/Patient.cu", "Patient/1", "delete", "Patient", False),
    ("system/*.cruds", "Patient/1", "delete", "Patient", True),
    ("system/Patient.r system/*.s", "$export", "export", "Patient", True),
    ("system/Patient.read", "$export", "export", None, True),
    ("system/Patient.read", "$export", "export", "Observation", False),
    ("system/Patient.write", "$export", "export", None, False),
    ("system/Patient.r", "$export", "export", None, False),
    ("system/Patient.read", "", "transaction", None, True),
)


@pytest.mark.parametrize(("scope", "path", "interaction", "type_", "allowed"), ACCESS)
def test_a_token_opens_what_its_scopes_say(
    auth: SmartAuth, scope: str, path: str, interaction: str, type_: str | None, allowed: bool
) -> None:
    wanted = [found for found in map(parse, scope.split()) if found]
    request = bearer(auth.issue("site", wanted), path)
    if allowed:
        auth.authorise(request, interaction, type_)
        return
    with pytest.raises(Problem) as caught:
        auth.authorise(request, interaction, type_)
    assert (caught.value.status, caught.value.code) == (403, "forbidden")
    ((name, value),) = caught.value.headers
    assert name == "WWW-Authenticate"
    assert value.startswith('Bearer realm="fhir", error="insufficient_scope", scope="system/')


def rejected(auth: SmartAuth, request: Request) -> str:
    with pytest.raises(Problem) as caught:
        auth.authorise(request, "read", "Patient")
    assert (caught.value.status, caught.value.code) == (401, "login")
    return dict(caught.value.headers)["WWW-Authenticate"]


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic c2l0ZTp4"])
def test_no_token_is_401_without_an_error_code(auth: SmartAuth, header: str | None) -> None:
    headers = () if header is None else (("Authorization", header),)
    assert rejected(auth, Request("GET", "Patient/1", (), headers)) == 'Bearer realm="fhir"'


def test_an_unknown_token_is_401(auth: SmartAuth) -> None:
    assert 'error="invalid_token"' in rejected(auth, bearer("made-up"))


def test_a_token_expires(auth: SmartAuth, clock: ManualClock) -> None:
    request = bearer(token_for(auth))
    clock.advance(299.9)
    auth.authorise(request, "read", "Patient")
    clock.advance(0.1)
    assert "has expired" in rejected(auth, request)


def test_a_lifetime_may_be_changed_while_the_server_runs(auth: SmartAuth, clock: ManualClock) -> None:
    auth.token_lifetime_s = 5
    request = bearer(token_for(auth))
    clock.advance(5)
    assert "has expired" in rejected(auth, request)


def test_tests_may_end_tokens_at_any_request(auth: SmartAuth) -> None:
    first = bearer(token_for(auth))
    auth.expire_tokens()
    assert "has expired" in rejected(auth, first)
    second = bearer(token_for(auth))
    auth.authorise(second, "read", "Patient")
    auth.revoke_all()
    assert "is unknown" in rejected(auth, second)


def test_old_tokens_are_forgotten(auth: SmartAuth, clock: ManualClock) -> None:
    for _ in range(5):
        token_for(auth)
    clock.advance(12 * 300)
    token_for(auth)
    assert len(auth._grants) == 1


def test_bearer_is_read_in_any_case_of_letters(auth: SmartAuth) -> None:
    request = Request("GET", "Patient/1", (), (("authorization", f"bearer {token_for(auth)}"),))
    auth.authorise(request, "read", "Patient")


def test_the_discovery_document_names_the_endpoint_and_the_algorithms(auth: SmartAuth) -> None:
    found = auth.discovery(BASE)
    assert found["token_endpoint"] == TOKEN_URL
    assert found["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert found["token_endpoint_auth_signing_alg_values_supported"] == ["RS384", "ES384"]
    assert found["grant_types_supported"] == ["client_credentials"]
    assert {"client-confidential-asymmetric", "permission-v1", "permission-v2"} <= set(found["capabilities"])


def test_a_client_registers_its_public_key_only() -> None:
    for client, signer in ((CLIENT, SIGNER), (RSA_CLIENT, RSA_SIGNER)):
        assert not {"d", "p", "q"} & set(client.jwks["keys"][0])
        assert "PRIVATE KEY" in signer.pem()
        assert "PRIVATE" not in repr(signer)
    with pytest.raises(ValueError, match="algorithm"):
        generate_client("x", "HS256")
