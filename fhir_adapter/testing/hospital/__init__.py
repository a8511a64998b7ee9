"""A seeded synthetic hospital of patients with rheumatoid arthritis, with the known truth of each line.

The truth is never computed: a subject takes one archetype per line, and the archetype writes the resources
together with the answer they must lead to. Subjects are to be screened with the mapping of `SITE`.
"""

from fhir_adapter.testing.hospital.bulk import write_bulk
from fhir_adapter.testing.hospital.population import population
from fhir_adapter.testing.hospital.subject import LINES, Subject
from fhir_adapter.testing.hospital.systems import AS_OF, BASE_URL, SITE
from fhir_adapter.testing.hospital.writers import write_bundles, write_ndjson, write_truth

__all__ = [
    "AS_OF",
    "BASE_URL",
    "LINES",
    "SITE",
    "Subject",
    "population",
    "write_bulk",
    "write_bundles",
    "write_ndjson",
    "write_truth",
]
