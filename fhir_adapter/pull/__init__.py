"""Owns pulling: from a hospital's server into a landing folder that says of each type whether it is whole.

Public: `pull`, `PullRequest`, `PullSummary`, `PulledType`.
"""

from fhir_adapter.pull.pulling import PulledType, PullRequest, PullSummary, pull

__all__ = ["PullRequest", "PullSummary", "PulledType", "pull"]
