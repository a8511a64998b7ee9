"""Owns what is looked at first: whether the server answers, in which version and form, how safely, at what time.

https://hl7.org/fhir/R4/http.html#capabilities, https://hl7.org/fhir/smart-app-launch/conformance.html
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import partial
from urllib.parse import urlsplit

from fhir_adapter.testing.check.asking import Answer, Question, origin
from fhir_adapter.testing.check.claims import Claims
from fhir_adapter.testing.check.pages import Page, refusal
from fhir_adapter.testing.check.report import NOT_TRIED, SILENT, YES, Finding, Level, joined
from fhir_adapter.testing.check.running import Run
from fhir_adapter.testing.check.shapes import inside, text

_found = partial(Finding, "reach")
_WORDS = 60
_CLOSE, _FAR = 2, 60


def probe_reach(run: Run) -> None:
    """Look at the door."""
    answer = run.ask.get("metadata")
    run.claims = Claims(answer.content if answer.ok else {})
    run.report.add(_metadata(run, answer), _transport(run.ask.base))
    run.answered = bool(answer.status)
    if not run.answered:
        return
    run.report.add(*_statement(run), _media(answer), _clock(run, answer))
    run.report.add(*_smart(run), _access(run))


def _metadata(run: Run, answer: Answer) -> Finding:
    if answer.ok and run.claims.known:
        return _found("metadata", "a CapabilityStatement", Level.OK, basis="GET metadata")
    observed = f"{answer.status}, no CapabilityStatement" if answer.ok else refusal(answer)
    advice = "Without a CapabilityStatement nothing is claimed: rely on what was observed here, and check the address."
    return _found("metadata", observed, Level.TROUBLE, basis="GET metadata", advice=advice)


def _transport(base: str) -> Finding:
    parts = urlsplit(base)
    if parts.scheme == "https":
        return _found("TLS", "https, certificate trusted", Level.OK, basis="the address")
    if _loopback(parts.hostname or ""):
        return _found("TLS", "http, on this machine only", Level.OK, basis="the address")
    advice = "Records and tokens travel in clear: ask for the https address before any real patient is read."
    return _found("TLS", "http in clear", Level.TROUBLE, basis="the address", advice=advice)


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _statement(run: Run) -> list[Finding]:
    claims = run.claims
    if not claims.known:
        return []
    version = _short(claims.statement.get("fhirVersion"))
    run.release = "R5" if version.startswith("5.") else "R4"
    supported = version.startswith(("4.0", "4.3", "5.0"))
    advice = (
        "" if supported else "Fields have other names in this version: read it only through a mapping for it."
    )
    level = Level.OK if version.startswith("4.0") else Level.DIFFERS if supported else Level.TROUBLE
    if supported and level is Level.DIFFERS:
        advice = (
            "Some types differ from R4 (ResearchSubject, AdverseEvent, medications): use the mapping for it."
        )
    name, edition = (_short(inside(claims.statement, "software", key)) for key in ("name", "version"))
    software = " ".join(filter(None, (name, edition))) or "not named"
    services = joined(map(_short, claims.security_services())) or "none named"
    return [
        _found("fhirVersion", version or "not said", level, claimed=version or SILENT, advice=advice),
        _found(
            "software", software, Level.OK, claimed=software if name else SILENT, basis="CapabilityStatement"
        ),
        _found("security services", services, Level.OK, claimed=services, basis="CapabilityStatement"),
    ]


def _media(answer: Answer) -> Finding:
    media = _short((answer.header("Content-Type") or "no Content-Type").split(";")[0].strip())
    if answer.unread == "not UTF-8":
        advice = "Text in another encoding garbles names and units: have the server send UTF-8."
        return _found("JSON", "not UTF-8", Level.TROUBLE, basis="GET metadata", advice=advice)
    if media == "application/fhir+json" and not answer.unread:
        return _found("JSON", media, Level.OK, basis="Content-Type")
    if answer.unread:
        advice = "The client reads FHIR JSON only."
        return _found("JSON", f"{media}, {answer.unread}", Level.TROUBLE, basis="Content-Type", advice=advice)
    return _found(
        "JSON",
        media,
        Level.DIFFERS,
        basis="Content-Type",
        advice="Accept JSON by its content, not its label.",
    )


def _clock(run: Run, answer: Answer) -> Finding:
    told = answer.date()
    if told is None:
        advice = "The server's clock is unknown: let the windows of an incremental pull overlap widely."
        return _found("clock", "no Date header", Level.UNKNOWN, basis="Date header", advice=advice)
    apart = (told - answer.received).total_seconds()
    # The header is in whole seconds, so up to one of difference is nothing.
    seconds = round(abs(apart))
    observed = (
        "the same as here"
        if seconds <= _CLOSE
        else f"{seconds} s {'ahead of' if apart > 0 else 'behind'} here"
    )
    level = Level.OK if seconds <= _CLOSE else Level.DIFFERS if seconds <= _FAR else Level.TROUBLE
    advice = (
        ""
        if level is Level.OK
        else "Take the times of an incremental pull from the server, never from your own clock."
    )
    return _found("clock", observed, level, basis="Date header against this machine's clock", advice=advice)


def _smart(run: Run) -> Iterable[Finding]:
    answer = run.ask.ask(Question("GET", ".well-known/smart-configuration", bare=True))
    services = run.claims.security_services()
    claimed = YES if "SMART-on-FHIR" in services else SILENT
    known = answer.content if answer.ok else {}
    endpoint = text(known.get("token_endpoint"))
    if not endpoint:
        observed = "no token endpoint in it" if answer.ok else f"none ({refusal(answer)})"
        level = Level.DIFFERS if claimed == YES else Level.OK
        advice = "Token endpoint and keys must be agreed with the site by hand." if claimed == YES else ""
        yield _found(
            "SMART discovery", observed, level, claimed=claimed, basis="smart-configuration", advice=advice
        )
        endpoint = run.claims.token_endpoint()
        if endpoint:
            yield _endpoint(run, endpoint, "oauth-uris in the CapabilityStatement")
        return
    yield _found("SMART discovery", "present", Level.OK, claimed=claimed, basis="smart-configuration")
    yield _endpoint(run, endpoint, "smart-configuration")
    yield _backend(known)


def _endpoint(run: Run, endpoint: str, basis: str) -> Finding:
    if origin(endpoint) == origin(run.ask.base):
        return _found("token endpoint", "on this server", Level.OK, basis=basis)
    advice = "The site must confirm the other address before a signed assertion goes there."
    return _found("token endpoint", "on another origin", Level.DIFFERS, basis=basis, advice=advice)


def _backend(known: dict[str, object]) -> Finding:
    """Whether the discovery document offers what a backend service signs in with."""
    needs = {
        "grant_types_supported": {"client_credentials"},
        "token_endpoint_auth_methods_supported": {"private_key_jwt"},
        "token_endpoint_auth_signing_alg_values_supported": {"RS384", "ES384"},
    }
    lacking = [key for key, values in needs.items() if not values & _strings(known.get(key))]
    if not lacking:
        return _found(
            "backend sign-in", "private_key_jwt offered", Level.OK, claimed=YES, basis="smart-configuration"
        )
    advice = "Ask the site how a service without a person signs in."
    return _found(
        "backend sign-in",
        f"not said: {joined(lacking)}",
        Level.DIFFERS,
        basis="smart-configuration",
        advice=advice,
    )


def _access(run: Run) -> Finding:
    """Whether records are given to somebody without a token."""
    kind = "Patient" if "Patient" in run.types else run.types[0]
    answer = run.ask.ask(Question("GET", kind, (("_summary", "count"),), bare=True))
    basis = "a count of patients asked for without a token"
    services = bool(run.claims.security_services())
    claimed = "needs a token" if services else SILENT
    if answer.status in (401, 403):
        if run.ask.has_token:
            return _found("access", "needs a token", Level.OK, claimed=claimed, basis=basis)
        advice = "Give a token, or everything below is only what a stranger sees."
        return _found(
            "access",
            f"needs a token ({answer.status})",
            Level.UNKNOWN,
            claimed=claimed,
            basis=basis,
            advice=advice,
        )
    if Page(answer).refusal:
        return _found(
            "access", f"{NOT_TRIED}: {refusal(answer)}", Level.UNKNOWN, claimed=claimed, basis=basis
        )
    if services or run.ask.has_token:
        advice = "Records are open to whoever reaches the address: tell the site."
        return _found(
            "access", "open without a token", Level.TROUBLE, claimed=claimed, basis=basis, advice=advice
        )
    return _found("access", "open", Level.OK, claimed=claimed, basis=basis)


def _strings(value: object) -> set[str]:
    return set(map(text, value)) if isinstance(value, list) else set()


def _short(value: object) -> str:
    return text(value)[:_WORDS]
