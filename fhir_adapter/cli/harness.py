"""Owns `harness`: a FHIR server that misbehaves on request, faults before a real one, and a look at any server.

The harness is no part of the product: each command loads it when it runs, and not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.console import Terminal, indented, table, terminal_of
from fhir_adapter.cli.harness_load import load
from fhir_adapter.cli.harness_up import up
from fhir_adapter.cli.options import AsJson
from fhir_adapter.cli.serving import (
    COLUMN,
    FOUND_PROBLEMS,
    PortOption,
    ProfileOption,
    SeedOption,
    TokenFileOption,
    plain_errors,
    token_in,
    until_stopped,
)
from fhir_adapter.errors import UsageError

if TYPE_CHECKING:
    from fhir_adapter.testing.proxy import Proxy

_PROXY_PORT = 8081


def harness_commands() -> typer.Typer:
    """The group of commands below `harness`."""
    group = typer.Typer(
        help="A FHIR server for tests that misbehaves on request, and a look at any server.",
        no_args_is_help=True,
    )
    group.command("up")(up)
    group.command("load")(load)
    group.command("profiles")(profiles)
    group.command("check")(check)
    group.command("proxy")(proxy)
    return group


def profiles(context: typer.Context, as_json: AsJson = False) -> None:
    """List the fault profiles: what each does, and whether it also works before a real server."""
    from fhir_adapter.testing.faults.profile import list_profiles

    terminal, listed = terminal_of(context), list_profiles()
    if as_json:
        terminal.json({"profiles": [one._asdict() for one in listed]})
        return
    rows = [(one.name, one.works_on, one.text) for one in listed]
    terminal.show(table(("profile", "works on", "what it does, and where it was seen"), rows))


def check(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="The server's base address.")],
    write: Annotated[
        bool, typer.Option("--write", help="Also write harmless resources, and remove them again.")
    ] = False,
    token_file: TokenFileOption = None,
    as_json: AsJson = False,
) -> int:
    """Find out what a server really does, beside what it claims; exit code 1 if that would cost data."""
    from fhir_adapter.testing.check import Level, check_server, render

    terminal, token = terminal_of(context), token_in(token_file)
    try:
        with terminal.progress() as tell:
            report = check_server(url, write=write, token=token, tell=tell)
    except ValueError as error:
        raise UsageError(f"{url}: {error}") from None
    if not any(finding.level is Level.OK for finding in report.findings if finding.group != "reach"):
        seen = next((one.observed for one in report.findings if one.name == "metadata"), "no answer")
        raise UsageError(
            f"{url}: no FHIR server answers there (GET metadata: {seen}). Give the base address, as .../fhir"
        )
    if as_json:
        terminal.json(report.as_json())
    else:
        render(report, terminal.out)
    return FOUND_PROBLEMS if report.trouble else 0


def proxy(
    context: typer.Context,
    upstream: Annotated[
        str, typer.Option("--upstream", metavar="URL", help="The real server's base address.")
    ],
    profiles: ProfileOption = None,
    port: PortOption = _PROXY_PORT,
    seed: SeedOption = 1,
    as_json: AsJson = False,
) -> None:
    """Put faults in front of a real server; Ctrl-C stops it."""
    from fhir_adapter.testing.proxy import Proxy

    terminal = terminal_of(context)
    with plain_errors(port):
        try:
            made = Proxy(upstream, port=port, profiles=profiles or (), seed=seed)
        except ValueError as error:
            raise UsageError(f"--upstream {upstream}: {error}") from None
        try:
            _reach(made)
            made.start()
            _show(terminal, made, as_json)
            until_stopped()
        finally:
            made.close()
    terminal.note("stopped")


def _reach(proxy: Proxy) -> None:
    status = proxy.upstream.reach()
    if status in (502, 504):
        raise UsageError(
            f"{proxy.upstream.url} does not answer: is the server running, and is this its base address?"
        )


def _show(terminal: Terminal, proxy: Proxy, as_json: bool) -> None:
    active = list(proxy.faults.active)
    if as_json:
        terminal.json({"url": proxy.url, "upstream": proxy.upstream.url, "profiles": active})
        return
    terminal.show(f"Proxy at {proxy.url}")
    terminal.show(indented(proxy.upstream.url, COLUMN, "  before"))
    terminal.show(indented(", ".join(active) or "none", COLUMN, "  faults"))
    terminal.show("Ctrl-C stops it.")
