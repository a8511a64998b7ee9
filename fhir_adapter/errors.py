"""Owns what can go wrong for a user, and the exit code each kind ends with.

A patient's bad data is never an exception: it is UNKNOWN with a reason, or a quarantine line.

    FhirAdapterError
    ├── UsageError            what the user gave cannot be used (exit 2)
    │   ├── DefinitionError   a file under mappings/ or profiles/, naming file and key
    │   ├── LandingError      an input folder
    │   └── SettingsError     an option or a settings file
    ├── ServerError           a hospital's server cannot be used (exit 2); carries its OperationOutcome's codes
    │   ├── RetriableError    it may be better later: no connection, throttled, an answer that came only in part
    │   ├── AuthError         it does not take our credentials
    │   └── GoneError         what was asked for is there no more (404, 410): an expired page, an export's file
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


class ServerError(FhirAdapterError):
    """A hospital's server cannot be used as it answers; the message holds its codes, never its free text."""

    exit_code: ClassVar[int] = 2


class RetriableError(ServerError):
    """It may be better later. `wait_s` is what the server asked for, `most` how often asking again makes sense."""

    def __init__(self, message: str, *, wait_s: float | None = None, most: int | None = None) -> None:
        super().__init__(message)
        self.wait_s, self.most = wait_s, most


class AuthError(ServerError):
    """The server, or its token endpoint, does not take our credentials."""


class GoneError(ServerError):
    """What was asked for is there no more (404, 410)."""


class EngineError(FhirAdapterError):
    """An engine failed although its input was good: a defect worth a report."""
