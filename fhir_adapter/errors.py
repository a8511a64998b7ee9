"""Owns what can go wrong for a user, and the exit code each kind ends with.

A patient's bad data is never an exception: it is UNKNOWN with a reason, or a quarantine line.

    FhirAdapterError
    ├── UsageError            what the user gave cannot be used (exit 2)
    │   ├── DefinitionError   a file under mappings/ or profiles/, naming file and key
    │   ├── LandingError      an input folder
    │   └── SettingsError     an option or a settings file
    └── EngineError           an engine failed although its input was good (exit 3)
"""

from __future__ import annotations

from typing import ClassVar


class FhirAdapterError(Exception):
    """Base of every error whose message is written for the person at the keyboard."""

    exit_code: ClassVar[int] = 3


class UsageError(FhirAdapterError):
    """What the user gave cannot be used; the message says what to do next."""

    exit_code: ClassVar[int] = 2


class DefinitionError(UsageError):
    """A definition file is wrong: the message names every file and key at once."""


class LandingError(UsageError):
    """An input folder cannot be read as FHIR data."""


class SettingsError(UsageError):
    """An option or a settings file is wrong."""


class EngineError(FhirAdapterError):
    """An engine failed although its input was good: a defect worth a report."""
