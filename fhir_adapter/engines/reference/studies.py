"""Owns who is on this trial's study: ResearchSubjects and the ResearchStudies they name (docs/semantics.md §6.7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fhir_adapter.engines.reference.elements import Node, leaf, part, parts
from fhir_adapter.engines.reference.links import target_of
from fhir_adapter.model.criteria import Trial
from fhir_adapter.model.inputs import Site
from fhir_adapter.model.references import evidence

ON_STUDY = ("on-study", "on-study-intervention", "on-study-observation")


class Studies:
    """The ResearchStudies of the input, and which of them this trial is."""

    def __init__(
        self, studies: Iterable[Node], trial: Trial, site: Site, full_urls: Mapping[str, str]
    ) -> None:
        self._registry_id = trial.registry_id
        self._full_urls = full_urls
        self._of_trial = set(site.studies.get(trial.id, ()))
        self._of_trial |= {
            f"ResearchStudy/{leaf(study, 'id')}"
            for study in studies
            if any(self._is_registered(identifier) for identifier in parts(study, "identifier"))
        }

    def on_study(self, research_subject: Node) -> str | None:
        """Evidence that this ResearchSubject is on the trial's study; None: it is not."""
        if leaf(research_subject, "status") not in ON_STUDY:
            return None
        study = part(research_subject, "study")
        named = target_of(study, self._full_urls) in self._of_trial
        if not named and not self._is_registered(part(study, "identifier")):
            return None
        version = leaf(research_subject, "meta", "versionId")
        return evidence("ResearchSubject", str(leaf(research_subject, "id")), version)

    def _is_registered(self, identifier: Node) -> bool:
        return bool(self._registry_id) and leaf(identifier, "value") == self._registry_id
