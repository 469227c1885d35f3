"""The errors Tambo raises, each for the person who must fix it.

TamboError
├── SettingsError          a setting or the machine is not as needed
├── ContractError          a contract or a mapping file is wrong
├── SourceError            a door cannot read its source
│   └── SourceBusyError    the source is away or asks to wait; a later run may succeed
├── IngestError            a raw file could not be taken in
│   └── FileChangedError   it changed while it was read
├── LakeError              the lake cannot be opened, read or written
│   ├── LockedError        another process is writing
│   ├── SpoolError         a record cannot be kept until the lake is free
│   └── ReleaseError       no such release, or it has been retired
├── BuildError             a dbt model or test failed
├── ValidationFailedError  a critical expectation failed: no release
├── FeatureError           a feature, view or service is wrong
│   ├── EntityRowsError    entity rows lack a time or a key, or hold a wrong type
│   ├── SchemaError        a release has not the table that a view declares
│   └── OnlineStoreError   the online store is down, empty or stale
├── ProofError             a proof does not hold, or cannot be made
├── TrainingError          a model cannot be trained or rebuilt
│   └── FewLabelsError     a release holds too few labels for it
├── PlanError              a plan is asked for that cannot be made
├── ServingError           a service cannot be built, started or called
│   └── NoChampionError    a model of it has no champion
└── OrchestrationError     Airflow does not start, or one of its processes ended
"""

from __future__ import annotations


class TamboError(Exception):
    """Base of every error that Tambo raises on purpose.

    Args:
        message: what was wrong, and where (file, line, column, value).
        remedy: what to do next, as a sentence or a command; printed below the message.
    """

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return self.message if self.remedy is None else f"{self.message}\n  → {self.remedy}"


class SettingsError(TamboError):
    """A setting or the machine is not as needed."""


class ContractError(TamboError):
    """A contract or a mapping file is wrong."""


class SourceError(TamboError):
    """A door cannot read its source: a wrong address, an expired key, an answer it cannot read."""


class SourceBusyError(SourceError):
    """A source is away or asks to wait; what was read is safe, and a later run goes on there."""


class IngestError(TamboError):
    """A raw file could not be taken in."""


class FileChangedError(IngestError):
    """A raw file changed while it was read; nothing of it was loaded."""


class LakeError(TamboError):
    """The lake cannot be opened, read or written."""


class LockedError(LakeError):
    """Another process holds the writer's lock."""


class SpoolError(LakeError):
    """A record cannot be kept until the lake is free; it is not acknowledged."""


class ReleaseError(LakeError):
    """A release does not exist, is not released or has been retired."""


class BuildError(TamboError):
    """A dbt model or test failed."""


class ValidationFailedError(TamboError):
    """A critical expectation failed; the release is stopped."""


class FeatureError(TamboError):
    """A feature, view or service is wrong."""


class EntityRowsError(FeatureError):
    """Entity rows lack a time or a key, have a column twice, or hold a wrong type."""


class SchemaError(FeatureError):
    """A release lacks a table or a column, or has it in another type than a view declares."""


class OnlineStoreError(FeatureError):
    """The online store is down, empty or stale."""


class ProofError(TamboError):
    """A proof does not hold, or cannot be made."""


class TrainingError(TamboError):
    """A model cannot be trained or rebuilt."""


class FewLabelsError(TrainingError):
    """A release holds too few labels for a model."""


class PlanError(TamboError):
    """A plan is asked for that cannot be made: a budget, a range, a place or a limit is wrong."""


class ServingError(TamboError):
    """A service cannot be built, started or called."""


class NoChampionError(ServingError):
    """A model of a service has no champion.

    Args:
        model: registered name.
    """

    def __init__(self, model: str) -> None:
        super().__init__(f"Model {model} has no champion.", remedy=f"run tambo train {model}")
        self.model = model


class OrchestrationError(TamboError):
    """Airflow does not start, or one of its processes ended by itself."""
