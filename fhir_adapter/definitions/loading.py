"""Owns the two doors through which everything else gets definitions: all of them, and one trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from fhir_adapter.definitions.drugs import read_drugs
from fhir_adapter.definitions.files import read_json
from fhir_adapter.definitions.inputs import read_inputs
from fhir_adapter.definitions.problems import Place, Problems
from fhir_adapter.definitions.schema_check import conforms
from fhir_adapter.definitions.search_path import SearchPath
from fhir_adapter.definitions.sites import read_site
from fhir_adapter.definitions.trials import read_trial
from fhir_adapter.definitions.value_sets import read_value_sets
from fhir_adapter.definitions.vocabularies import read_answers, read_medication, read_words
from fhir_adapter.errors import DefinitionError
from fhir_adapter.model.criteria import Trial
from fhir_adapter.model.inputs import Definitions


def load_definitions(search: SearchPath, site: str | None = None) -> Definitions:
    """Inputs, value sets, drugs, views, words and one site; one DefinitionError names all that is wrong in them."""
    search.check()
    problems = Problems()
    value_sets = read_value_sets(search, problems)
    drugs = read_drugs(search, problems)
    inputs = read_inputs(search, value_sets, drugs, problems)
    definitions = Definitions(
        inputs=inputs,
        value_sets=value_sets,
        site=read_site(search, site, inputs, problems),
        views=_read_views(search, problems),
        words=read_words(search, problems),
        drugs=drugs,
        medication=read_medication(search, problems),
        answers=read_answers(search, problems),
    )
    problems.raise_if_any()
    return definitions


def load_trial(search: SearchPath, trial: str, definitions: Definitions) -> Trial:
    """One trial, its rows checked against the inputs; one DefinitionError names all that is wrong in it."""
    search.check()
    problems = Problems()
    loaded = read_trial(search, trial, definitions.inputs, problems)
    problems.raise_if_any()
    if loaded is None:
        raise DefinitionError(f"trials/{trial}: -: expected a trial that can be read")
    return loaded


def _read_views(search: SearchPath, problems: Problems) -> Mapping[str, Mapping[str, object]]:
    """Every ViewDefinition by its file's name; the compiler in views/ checks what it says."""
    views = {}
    for file in search.files("views", ".json"):
        view = read_json(file, problems)
        if view is not None and conforms(view, "view", Place(problems, file.shown)):
            views[file.path.stem] = cast(Mapping[str, object], view)
    return views
