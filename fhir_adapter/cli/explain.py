"""Owns `explain`: one protocol line, its words, its rule, and every file, code and unit behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.padding import Padding

from fhir_adapter.cli.console import Terminal, indented, table, terminal_of, visible
from fhir_adapter.cli.input_sources import CodeSource, InputSource, input_source
from fhir_adapter.cli.options import AsJson, DefinitionFolders, SiteOption, definition_folders
from fhir_adapter.cli.protocol import Protocol, joined
from fhir_adapter.cli.rules import part_rows, review_rows
from fhir_adapter.definitions import SearchPath, list_sites, load_definitions, load_trial
from fhir_adapter.errors import DefinitionError, UsageError
from fhir_adapter.model.criteria import Line
from fhir_adapter.model.inputs import Definitions


def explain(
    context: typer.Context,
    trial: Annotated[str, typer.Argument(metavar="TRIAL")],
    line: Annotated[str, typer.Argument(metavar="LINE", help="Such as E2.")],
    site: SiteOption = None,
    definitions: DefinitionFolders = None,
    as_json: AsJson = False,
) -> None:
    """How one protocol line is read: words, rule, inputs, codes, units and each site's local codes."""
    terminal, search = terminal_of(context), SearchPath(definition_folders(definitions))
    known = load_definitions(search)
    protocol = Protocol(known, load_trial(search, trial, known))
    found = protocol.line(line)
    if found is None:
        raise UsageError(
            f"{trial} has no line {line}: there are {joined(each.id for each in protocol.trial.lines)}."
        )
    sites = _sites(terminal, search, site)
    sources = [input_source(search, known, sites, name) for name in protocol.inputs_of(found)]
    if as_json:
        terminal.json(_document(protocol, found, sources))
    else:
        _show(terminal, search, protocol, found, sources)


def _sites(terminal: Terminal, search: SearchPath, site: str | None) -> list[Definitions]:
    """The named site, which must load; without a name every site that does."""
    if site is not None:
        return [load_definitions(search, site)]
    loaded = []
    for name in list_sites(search):
        try:
            loaded.append(load_definitions(search, name))
        except DefinitionError:
            terminal.note(f"The site {name} has errors and is left out: fhir-adapter validate lists them.")
    return loaded


def _document(protocol: Protocol, line: Line, sources: Sequence[InputSource]) -> dict[str, object]:
    inputs = protocol.definitions.inputs
    return {
        "trial": protocol.trial.id,
        "line": line.id,
        "kind": str(line.kind),
        "text": line.text,
        "reading": line.reading,
        "built": line.built,
        "combine": line.combine,
        "parts": [
            {"title": part.title, "rows": part_rows(part, inputs), "review": review_rows(part, inputs)}
            for part in line.parts
        ],
        "review_always": line.review_always,
        "review_when_false": line.review_when_false,
        "inputs": [asdict(source) for source in sources],
    }


def _show(
    terminal: Terminal, search: SearchPath, protocol: Protocol, line: Line, sources: Sequence[InputSource]
) -> None:
    file = search.find(f"trials/{protocol.trial.id}/criteria.toml")
    terminal.show(
        visible(f"{line.id} ({line.kind}) of {protocol.trial.id}, version {protocol.trial.version}", "bold")
    )
    terminal.show(f"file      {file.shown if file else '-'}")
    for name, words in (("protocol", line.text), ("reading", line.reading or "-")):
        terminal.show(indented(words, 10, label=name))
    _show_rule(terminal, protocol, line)
    for source in sources:
        _show_source(terminal, source)


def _show_rule(terminal: Terminal, protocol: Protocol, line: Line) -> None:
    inputs = protocol.definitions.inputs
    if not line.built:
        terminal.show("", "Not built yet: UNKNOWN for everybody.")
        return
    if len(line.parts) > 1:
        how = "one part TRUE makes the line TRUE" if line.combine == "any" else "every part must be TRUE"
        terminal.show("", f"{len(line.parts)} parts: {how}.")
    for part in line.parts:
        terminal.show("", visible(part.title or "rule", "bold"))
        for number, row in enumerate(part_rows(part, inputs), 1):
            terminal.show(indented(f"{number}. {row}"))
        for row in review_rows(part, inputs):
            terminal.show(indented(f"to confirm {row}"))
    if line.review_always:
        terminal.show("", indented(f"always to confirm: “{line.review_always}”"))
    if line.review_when_false:
        terminal.show("", indented(f"to confirm if the line is FALSE: “{line.review_when_false}”"))


def _show_source(terminal: Terminal, source: InputSource) -> None:
    terminal.show("", visible(f"{source.id}: {source.title}", "bold"), f"  file  {source.file}")
    if source.value_set_file:
        terminal.show(f"  codes {source.value_set_file}")
    for file in source.drug_files:
        terminal.show(f"  drugs {file}")
    if source.types:
        terminal.show(indented("of " + joined(source.types), 8))
    if source.unit is not None:
        terminal.show(f"  unit  {source.unit}")
        terminal.show(
            indented("accepted: " + joined(f"{unit} (×{by})" for unit, by in source.units.items()), 8)
        )
    if source.no_unit:
        terminal.show(indented(f"a number without a unit may mean ×{joined(source.no_unit, '')}", 8))
    if source.components:
        terminal.show(indented("computed from " + joined(source.components), 8))
    for answer, entries in source.answers.items():
        terminal.show(indented(f"{answer}: {joined(entries)}", 8))
    _show_codes(terminal, source.codes)
    _show_drugs(terminal, source)
    for local in source.local_codes:
        terminal.show(indented(f"{local.site}: {local.system}|{local.code} {local.display}".rstrip(), 8))
    for unit in source.local_units:
        terminal.show(indented(f"{unit.site}: unit {unit.local} is read as {unit.accepted}", 8))


def _show_codes(terminal: Terminal, codes: Sequence[CodeSource]) -> None:
    if codes:
        rows = [
            (code.system, code.code, code.display, _confidence(code.confidence), code.source)
            for code in codes
        ]
        terminal.show(
            Padding(table(("system", "code", "display", "confidence", "source"), rows), (0, 0, 0, 8))
        )


def _show_drugs(terminal: Terminal, source: InputSource) -> None:
    for drug in source.drugs:
        counts = f": 1 mg counts as {drug.equivalent} mg" if drug.equivalent else ""
        terminal.show(indented(f"{drug.id} ({drug.title}){counts}", 8))
        _show_codes(terminal, drug.codes)


def _confidence(confidence: str) -> str:
    return "UNCHECKED: ask" if confidence == "unchecked" else confidence
