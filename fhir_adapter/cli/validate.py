"""Owns `validate`: read every definition and say everything that is wrong with it at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated

import typer

from fhir_adapter.cli.console import Terminal, table, terminal_of
from fhir_adapter.cli.input_sources import kind_of
from fhir_adapter.cli.options import AsJson, DefinitionFolders, SiteOption, definition_folders
from fhir_adapter.cli.protocol import joined
from fhir_adapter.definitions import SearchPath, list_sites, list_trials, load_definitions, load_trial
from fhir_adapter.errors import DefinitionError, UsageError
from fhir_adapter.model.criteria import Trial
from fhir_adapter.model.inputs import Definitions
from fhir_adapter.views import UnsupportedViewError, compile_view

FOUND_PROBLEMS = 1


def validate(
    context: typer.Context,
    definitions: DefinitionFolders = None,
    trial: Annotated[str | None, typer.Option("--trial", metavar="TRIAL", help="Only this trial.")] = None,
    site: SiteOption = None,
    as_json: AsJson = False,
) -> int:
    """Check definition files: exit code 1, and every error at once, if anything is wrong."""
    terminal, search = terminal_of(context), SearchPath(definition_folders(definitions))
    # A folder or a name that does not exist is a typing error, not a wrong file.
    search.check()
    trials = _chosen("trial", trial, list_trials(search))
    sites = _chosen("site", site, list_sites(search))
    problems, loaded = _problems(search, trials, sites)
    if as_json:
        terminal.json(
            {
                "ok": not problems,
                "problems": problems,
                "trials": list(trials),
                "sites": list(sites),
                "checked": loaded,
            }
        )
    else:
        _show(terminal, problems, loaded)
    return FOUND_PROBLEMS if problems else 0


def _chosen(kind: str, name: str | None, known: tuple[str, ...]) -> tuple[str, ...]:
    if name is None:
        return known
    if name not in known:
        raise UsageError(f"--{kind} {name}: the {kind}s are {joined(known, 'none')}.")
    return (name,)


def _problems(
    search: SearchPath, trials: Iterable[str], sites: Iterable[str]
) -> tuple[list[str], list[dict[str, str]]]:
    """Everything that is wrong, and what was checked with a word about it."""
    problems: list[str] = []
    checked: list[dict[str, str]] = []
    definitions = _definitions(search, None, problems)
    for site in sites:
        of_site = _definitions(search, site, problems)
        if of_site is not None:
            checked.append(_checked("site", site, _site_words(of_site)))
    if definitions is None:
        # Complaints of a trial about inputs that could not be read would only bury these.
        return list(
            dict.fromkeys((*problems, "trials/: -: not checked before the errors above are gone"))
        ), []
    problems += _view_problems(definitions)
    for trial in trials:
        try:
            checked.append(_checked("trial", trial, _trial_words(load_trial(search, trial, definitions))))
        except DefinitionError as error:
            problems += str(error).splitlines()
    return list(dict.fromkeys(problems)), [_checked("shared", "-", _shared_words(definitions)), *checked]


def _definitions(search: SearchPath, site: str | None, problems: list[str]) -> Definitions | None:
    try:
        return load_definitions(search, site)
    except DefinitionError as error:
        problems += str(error).splitlines()
        return None


def _view_problems(definitions: Definitions) -> list[str]:
    found = []
    for name, view in definitions.views.items():
        try:
            compile_view(view)
        except UnsupportedViewError as error:
            found.append(f"views/{name}.json: -: {error}")
    return found


def _checked(kind: str, name: str, words: str) -> dict[str, str]:
    return {"kind": kind, "name": name, "holds": words}


def _shared_words(definitions: Definitions) -> str:
    kinds = Counter(kind_of(known) for known in definitions.inputs.values())
    of_kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    sets, drugs, views = len(definitions.value_sets), len(definitions.drugs), len(definitions.views)
    return f"{len(definitions.inputs)} inputs ({of_kinds}), {sets} value sets, {drugs} drugs, {views} views"


def _site_words(definitions: Definitions) -> str:
    site = definitions.site
    zone = site.time_zone or "the trial's time zone"
    words = f"{len(site.code_maps)} local codes, {len(site.unit_maps)} local units, {zone}"
    studies = sum(len(studies) for studies in site.studies.values())
    return words + (f", {studies} stud{'ies' if studies > 1 else 'y'}" if studies else "")


def _trial_words(trial: Trial) -> str:
    not_built = [line.id for line in trial.lines if not line.built]
    words = f"version {trial.version}, {len(trial.lines)} lines"
    return words + (f", not built yet: {joined(not_built)}" if not_built else "")


def _show(terminal: Terminal, problems: list[str], checked: list[dict[str, str]]) -> None:
    if not problems:
        terminal.show(
            table(("kind", "name", "holds"), [list(row.values()) for row in checked]),
            "",
            "Everything is in order.",
        )
        return
    for problem in problems:
        terminal.show(problem)
    terminal.show(
        "", f"{len(problems)} problem{'s' if len(problems) > 1 else ''} (file: key: what was expected)."
    )
