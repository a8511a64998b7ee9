"""Owns the entry point: the commands, and the only place where an error becomes an exit code.

0 it worked · 1 `validate`, `map coverage`, `harness check` or `harness load` found problems, `pull` came in part ·
2 what was given cannot be used · 3 a failure of ours
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Mapping, Sequence

import typer

from fhir_adapter.cli.console import Terminal, open_terminal
from fhir_adapter.cli.demo import demo
from fhir_adapter.cli.explain import explain
from fhir_adapter.cli.funnel import funnel
from fhir_adapter.cli.harness import harness_commands
from fhir_adapter.cli.init import init
from fhir_adapter.cli.listing import list_subjects
from fhir_adapter.cli.mapping import map_commands
from fhir_adapter.cli.pull import pull
from fhir_adapter.cli.screen import screen
from fhir_adapter.cli.show import show
from fhir_adapter.cli.validate import validate
from fhir_adapter.errors import FhirAdapterError

_USAGE = 2
_UNEXPECTED = 3
_INTERRUPTED = 130
_TRACEBACK = "FHIR_ADAPTER_TRACEBACK"


def main(argv: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> int:
    """Run one command; returns its exit code."""
    environ = os.environ if environ is None else environ
    terminal = open_terminal(environ)
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(arguments, terminal)
    except FhirAdapterError as error:
        terminal.note(str(error))
        return error.exit_code
    except typer.TyperException as error:
        hint = "fhir-adapter --help and fhir-adapter COMMAND --help tell what there is."
        terminal.note("\n".join(filter(None, (error.format_message(), hint))))
        return _USAGE
    except typer.Abort:
        return _INTERRUPTED
    except SystemExit:
        # Only rich and typer leave this way, when the reader of a pipe (`| head`) has enough.
        return 0
    except Exception as error:
        if isinstance(error, RuntimeError) and "interrupt" in str(error).casefold():
            return _INTERRUPTED  # DuckDB's way to pass on Ctrl-C
        _tell_unexpected(error, terminal, environ)
        return _UNEXPECTED


def _run(arguments: list[str], terminal: Terminal) -> int:
    command = typer.main.get_command(_commands())
    answer = command.main(args=arguments, prog_name="fhir-adapter", standalone_mode=False, obj=terminal)
    return answer if isinstance(answer, int) else 0


def _commands() -> typer.Typer:
    app = typer.Typer(
        help="From a hospital's FHIR records to a trial's screening list, with the evidence for every verdict.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.command("init")(init)
    app.command("validate")(validate)
    app.command("pull")(pull)
    app.command("screen")(screen)
    app.command("list")(list_subjects)
    app.command("funnel")(funnel)
    app.command("show")(show)
    app.command("explain")(explain)
    app.add_typer(map_commands(), name="map")
    app.command("demo")(demo)
    app.add_typer(harness_commands(), name="harness")
    return app


def _tell_unexpected(error: Exception, terminal: Terminal, environ: Mapping[str, str]) -> None:
    """Where it happened, not what it said: the message of a foreign error may quote a patient's record."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "fhir_adapter" in frame.filename] or frames
    module = ours[-1].filename.replace("\\", "/").rpartition("fhir_adapter/")[2] if ours else "?"
    line = ours[-1].lineno if ours else 0
    terminal.note(
        f"Unexpected {type(error).__name__} in {module}, line {line}: a defect worth a report.\n"
        f"Set {_TRACEBACK}=1 to see all of it; it may then quote the records."
    )
    if environ.get(_TRACEBACK):
        terminal.note("".join(traceback.format_exception(error)))
