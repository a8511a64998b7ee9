"""Owns the reading of sites/<site>/: site.toml, codes.csv, units.csv."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from fhir_adapter.definitions.exact import check_time_zone
from fhir_adapter.definitions.files import Table, read_csv, read_toml, row_place
from fhir_adapter.definitions.problems import Place, Problems, one_of
from fhir_adapter.definitions.schema_check import conforms
from fhir_adapter.definitions.search_path import SearchPath, list_sites, list_trials
from fhir_adapter.definitions.servers import check_auth
from fhir_adapter.model.inputs import Input, QuantityInput, Site
from fhir_adapter.model.units import normalise

CODES_HEADER = (
    "source_system",
    "source_code",
    "source_display",
    "target_system",
    "target_code",
    "equivalence",
    "note",
)
UNITS_HEADER = ("local_unit", "accepted_unit", "note")
_SAME_MEANING = ("equal", "equivalent")
_NO_TARGET = ("unmatched", "disjoint")


def read_site(search: SearchPath, site: str | None, inputs: Mapping[str, Input], problems: Problems) -> Site:
    """The site's knowledge; the default site if none is named."""
    if site is None:
        return Site()
    file = search.find(f"sites/{site}/site.toml")
    if file is None:
        problems.add(f"sites/{site}/site.toml", "", f"expected a site: {one_of(list_sites(search))}")
        return Site(id=site)
    table, place = read_toml(file, problems), Place(problems, file.shown)
    if table is None or not conforms(table, "site", place):
        table = {}
    if "server" in table:
        check_auth(cast(Mapping[str, Table], table["server"]).get("auth", {}), place.at("server", "auth"))
    if "time_zone" in table:
        check_time_zone(table["time_zone"], place.at("time_zone"))
    return Site(
        id=site,
        title=str(table.get("title", "")),
        time_zone=cast(str | None, table.get("time_zone")),
        base_urls=_base_urls(table),
        systems=cast(Mapping[str, str], table.get("systems", {})),
        code_maps=_read_codes(search, site, problems),
        unit_maps=_read_units(search, site, inputs, problems),
        absent_types=frozenset(cast(list[str], table.get("absent_types", []))),
        studies=_read_studies(search, table, place.at("studies")),
    )


def _base_urls(table: Table) -> tuple[str, ...]:
    """The listed ones, and the address the records are pulled from: references may name it in full."""
    server = cast(Mapping[str, str], table.get("server", {}))
    pulled = [server["base_url"].rstrip("/")] if "base_url" in server else []
    return tuple(dict.fromkeys([*cast(list[str], table.get("base_urls", [])), *pulled]))


def _read_studies(search: SearchPath, table: Table, place: Place) -> Mapping[str, tuple[str, ...]]:
    """Trial -> its studies at this site; a mistyped trial would silently leave its subjects off study."""
    written, trials = cast(Mapping[str, list[str]], table.get("studies", {})), list_trials(search)
    for trial in written:
        if trial not in trials:
            place.at(trial).expected(f"expected a trial: {one_of(trials)}")
    return {trial: tuple(studies) for trial, studies in written.items()}


def _read_codes(
    search: SearchPath, site: str, problems: Problems
) -> Mapping[tuple[str, str], tuple[tuple[str, str], ...]]:
    """Source coding -> target codings of the same meaning; `wider` and the like are for people."""
    file = search.find(f"sites/{site}/codes.csv")
    codes: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
    if file is None:
        return codes
    for line, cells in read_csv(file, CODES_HEADER, problems):
        place = row_place(file, line, problems)
        if not conforms(cells, "codes-row", place) or not _has_target(cells, place):
            continue
        if cells["equivalence"] not in _SAME_MEANING:
            continue
        source = (cells["source_system"], cells["source_code"])
        target = (cells["target_system"], cells["target_code"])
        if target not in codes.setdefault(source, ()):
            codes[source] = (*codes[source], target)
    return codes


def _has_target(cells: Mapping[str, str], place: Place) -> bool:
    if cells["equivalence"] in _NO_TARGET:
        return True
    missing = [column for column in ("target_system", "target_code") if not cells[column]]
    for column in missing:
        place.at(column).expected(f"missing, expected the target of an {cells['equivalence']} code")
    return not missing


def _read_units(
    search: SearchPath, site: str, inputs: Mapping[str, Input], problems: Problems
) -> Mapping[str, str]:
    """Normalised local unit -> normalised accepted unit."""
    file = search.find(f"sites/{site}/units.csv")
    accepted = {unit for known in inputs.values() if isinstance(known, QuantityInput) for unit in known.units}
    all_inputs_read = len(inputs) == len(search.files("inputs", ".toml"))
    units: dict[str, str] = {}
    if file is None:
        return units
    for line, cells in read_csv(file, UNITS_HEADER, problems):
        place = row_place(file, line, problems)
        if not conforms(cells, "units-row", place):
            continue
        local, target = normalise(cells["local_unit"]), normalise(cells["accepted_unit"])
        if all_inputs_read and target not in accepted:
            place.at("accepted_unit").expected(f"expected a unit of an input, found {cells['accepted_unit']}")
        if units.setdefault(local, target) != target:
            place.at("local_unit").expected(f"expected one target for {cells['local_unit']}, found another")
    return units
