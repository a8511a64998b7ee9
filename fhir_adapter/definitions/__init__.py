"""Owns the readers of definition files (mappings/): protocol, hospital and code knowledge as checked records.

Public: `SearchPath`, `load_definitions`, `load_trial`, `list_trials`, `list_sites`, `load_server`,
`find_file`, `drug_files`.
"""

from fhir_adapter.definitions.drugs import drug_files
from fhir_adapter.definitions.loading import load_definitions, load_trial
from fhir_adapter.definitions.search_path import SearchPath, find_file, list_sites, list_trials
from fhir_adapter.definitions.servers import load_server

__all__ = [
    "SearchPath",
    "drug_files",
    "find_file",
    "list_sites",
    "list_trials",
    "load_definitions",
    "load_server",
    "load_trial",
]
