"""Owns `map`: which local codes nobody has mapped, out to a spreadsheet, and back into a site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from fhir_adapter.cli.console import table, terminal_of
from fhir_adapter.cli.options import DEFAULT_OUT, AsJson, OutFolderOption, definition_folder
from fhir_adapter.cli.protocol import joined
from fhir_adapter.cli.site_codes import HEADER, check_rows, existing_rows, merge, read_filled, unknown_targets
from fhir_adapter.cli.spreadsheet import write_rows
from fhir_adapter.definitions import SearchPath
from fhir_adapter.errors import UsageError
from fhir_adapter.report.out_folder import OutFolder
from fhir_adapter.report.records import UnmappedCode

FOUND_PROBLEMS = 1
_NOTHING = {"code": "(no code)", "condition": "(no code)", "unit": "(no unit)"}


def map_commands() -> typer.Typer:
    """The group of commands below `map`."""
    group = typer.Typer(
        help="Local codes: what is unmapped, out to a spreadsheet, and back.", no_args_is_help=True
    )
    group.command("coverage")(coverage)
    group.command("export-csv")(export_csv)
    group.command("import-csv")(import_csv)
    return group


def coverage(context: typer.Context, out: OutFolderOption = DEFAULT_OUT, as_json: AsJson = False) -> int:
    """What no definition file could place; exit code 1 if any of it names an input."""
    terminal, rows = terminal_of(context), OutFolder(out).unmapped()
    hints = [row for row in rows if row.names]
    if as_json:
        terminal.json({"naming_inputs": len(hints), "rows": [asdict(row) for row in rows]})
    elif not rows:
        terminal.show("Everything is mapped.")
    else:
        cells = [
            (
                joined(row.names),
                str(row.count),
                row.kind,
                row.code or _NOTHING.get(row.kind, ""),
                row.text,
                row.system,
            )
            for row in rows
        ]
        terminal.show(table(("names", "#count", "kind", "code", "text", "system"), cells), "")
        terminal.show(_advice(hints))
    return FOUND_PROBLEMS if hints else 0


def _advice(hints: list[UnmappedCode]) -> str:
    if not hints:
        return "None of these names an input of the trial."
    advice = [f"{len(hints)} of these name an input: results that count are not read until they are mapped."]
    if any(row.kind != "unit" for row in hints):
        advice.append("Codes: fhir-adapter map export-csv FILE, fill in the targets, then map import-csv.")
    if any(row.kind == "unit" for row in hints):
        advice.append("Units: add a row local_unit,accepted_unit,note to sites/SITE/units.csv.")
    return "\n".join(advice)


def export_csv(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The CSV to write.")],
    out: OutFolderOption = DEFAULT_OUT,
    as_json: AsJson = False,
) -> None:
    """Write a codes.csv whose targets are to be filled in, safe to open in a spreadsheet."""
    terminal, rows = terminal_of(context), OutFolder(out).unmapped()
    if file.exists():
        # Somebody may have spent a day on filling it in.
        raise UsageError(f"{file} exists: give another name, or move it away.")
    skeleton = _skeleton(rows)
    without_code = [row for row in rows if row.kind != "unit" and not row.code]
    write_rows(file, HEADER, skeleton.values(), guarded=True)
    if as_json:
        terminal.json({"file": str(file), "rows": len(skeleton), "without_code": len(without_code)})
        return
    terminal.show(
        f"{len(skeleton)} codes written to {file}.",
        "Fill in target_system (a URI such as http://loinc.org), target_code and equivalence (equivalent, or wider, "
        "narrower, inexact, unmatched); rows left empty are skipped by map import-csv.",
    )
    if without_code:
        terminal.show(f"{len(without_code)} records have no code, only a text: codes.csv cannot map them.")


def _skeleton(rows: Iterable[UnmappedCode]) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """One row per code and system, whatever its texts are."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for row in rows:
        if row.kind == "unit" or not row.code:
            continue
        note = f"{row.kind}, {row.count} records" + (f", perhaps {joined(row.names)}" if row.names else "")
        found.setdefault((row.system, row.code), (row.system, row.code, row.text, "", "", "", note))
    return found


def import_csv(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The filled-in CSV.")],
    site: Annotated[str, typer.Option("--site", metavar="SITE", help="The hospital: a folder in sites/.")],
    definitions: Annotated[Path, typer.Option("--definitions", metavar="DIR", help="Your own definitions.")],
    as_json: AsJson = False,
) -> None:
    """Check a filled-in CSV and add its rows to DIR/sites/SITE/codes.csv."""
    terminal, folder = terminal_of(context), definition_folder(definitions)
    search = SearchPath([folder])
    search.check()
    filled = read_filled(file)
    known = check_rows(file, filled, site, [folder])
    merged = merge(existing_rows(search, site), [row for _, row in filled.rows])
    no_effect = unknown_targets(merged.added, known)
    relative = f"sites/{site}/codes.csv"
    if merged.added:
        write_rows(folder / relative, HEADER, [row.cells() for row in merged.rows], guarded=False)
    if as_json:
        terminal.json(
            {
                "file": f"{folder}/{relative}",
                "added": len(merged.added),
                "already_there": merged.already_there,
                "left_empty": filled.left_empty,
                "no_effect": [row.named for row in no_effect],
            }
        )
        return
    terminal.show(
        f"{len(merged.added)} rows added to {folder}/{relative}, {merged.already_there} were there already, "
        f"{filled.left_empty} are not filled in."
    )
    for row in no_effect:
        terminal.show(
            f"check {row.named}: no value set holds {row.target_system}|{row.target_code}, so it decides nothing"
        )
