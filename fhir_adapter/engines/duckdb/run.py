"""Owns what one run carries from step to step: the connection, the question, and small dictionaries for SQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import duckdb

from fhir_adapter.engines.base import ScreeningInput
from fhir_adapter.errors import EngineError
from fhir_adapter.facts.rows import text_literal
from fhir_adapter.model.criteria import Verb
from fhir_adapter.model.dates import local_day
from fhir_adapter.model.inputs import (
    AnswerInput,
    ConditionInput,
    EventInput,
    ExposureInput,
    Input,
    QuantityInput,
    ScoreInput,
)
from fhir_adapter.model.truth import NOT_A_RESULT, Reason

PROPERTIES = ("", "mass", "molar")
"""What a code says its result measures; in SQL its place here."""

TRUE, FALSE, UNKNOWN = 1, 0, 2
"""A Truth in SQL: TINYINT, so that group-bys stay cheap."""

NOTE_BITS = {
    "preliminary": 1,
    "unmapped-result": 2,
    "no-verification": 4,
    "not-active": 8,
    "absent-type": 16,
    "requests-only": 32,
    "stop-from-text": 64,
    "intolerance-doubtful": 128,
}
"""Notes that an answer carries: each of them sends the line to a person."""

PROBLEMS: tuple[str, ...] = (*(reason.value for reason in Reason), NOT_A_RESULT)
"""A Reason or problem in SQL is its place in this tuple."""


def code_of(problem: str) -> int:
    """The SQL code of a reason."""
    return PROBLEMS.index(problem)


def name_of(column: str) -> str:
    """SQL that turns a reason code back into its name."""
    return f"([{', '.join(text_literal(name) for name in PROBLEMS)}])[{column} + 1]"


_Kind = TypeVar("_Kind")


@dataclass
class Run:
    """One screening in progress."""

    con: duckdb.DuckDBPyConnection
    given: ScreeningInput
    seen: dict[str, int]
    inputs: tuple[Input, ...]
    flags: list[str] = field(default_factory=list)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    unlinked: dict[str, int] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    unread_units: list[tuple[int, str, str, int]] = field(default_factory=list)
    workers: int = 2
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def zone(self) -> ZoneInfo:
        return self.given.zone

    @property
    def today(self) -> date:
        return local_day(self.given.index, self.given.zone)

    @property
    def zone_sql(self) -> str:
        return text_literal(self.given.zone.key)

    def input(self, input_id: str, kind: type[_Kind]) -> _Kind:
        """An input of the kind that its verb asks for, as the definitions' reader checked."""
        found = self.given.definitions.inputs[input_id]
        if not isinstance(found, kind):
            raise EngineError(f"{input_id}: a {kind.__name__} was asked for")
        return found

    def number(self, input_id: str) -> int:
        """The SQL code of an input."""
        return next(n for n, known in enumerate(self.inputs) if known.id == input_id)

    def drug(self, drug_id: str) -> int:
        """The SQL code of a drug of the catalogue: its place among the sorted ids."""
        return self.drugs.index(drug_id)

    @property
    def drugs(self) -> list[str]:
        return sorted(self.given.definitions.drugs)

    def exposures(self) -> list[ExposureInput]:
        return [known for known in self.inputs if isinstance(known, ExposureInput)]

    def events(self) -> list[EventInput]:
        return [known for known in self.inputs if isinstance(known, EventInput)]

    def quantities(self) -> list[QuantityInput]:
        return [known for known in self.inputs if isinstance(known, QuantityInput)]

    def conditions(self) -> list[ConditionInput]:
        return [known for known in self.inputs if isinstance(known, ConditionInput)]

    def answers(self) -> list[AnswerInput]:
        return [known for known in self.inputs if isinstance(known, AnswerInput)]

    def scores(self) -> list[ScoreInput]:
        return [known for known in self.inputs if isinstance(known, ScoreInput)]

    def reads(self, kind: str) -> bool:
        """Whether the trial reads resources of a type."""
        return kind in self.seen

    @property
    def is_medicated(self) -> bool:
        """Whether the trial asks for medications, and not only what an adverse event suspects."""
        built = (line for line in self.given.trial.lines if line.built)
        verbs = {condition.verb for line in built for condition in line.conditions()}
        return Verb.LIST_KEPT in verbs or bool(self.exposures())

    def is_absent(self, kind: str) -> bool:
        """Whether the site says that its server does not hold a type, and indeed none came."""
        return kind in self.given.definitions.site.absent_types and kind not in self.given.landing.types

    def flag_bit(self, flag: str) -> int:
        """Flags are bits of one BIGINT; a flag gets its bit when it is first met."""
        with self.lock:
            if flag not in self.flags:
                self.flags.append(flag)
            return 1 << self.flags.index(flag)

    def flag_mask(self, flags: Sequence[str]) -> int:
        mask = 0
        for flag in flags:
            mask |= self.flag_bit(flag)
        return mask

    def flag_names(self, column: str) -> str:
        """SQL: the sorted names of the bits set."""
        named = ", ".join(
            f"CASE WHEN {column} & {1 << n} <> 0 THEN {text_literal(flag)} END"
            for n, flag in enumerate(self.flags)
        )
        return f"list_sort([f FOR f IN [{named}] IF f IS NOT NULL])" if named else "CAST([] AS VARCHAR[])"

    def together(self, *steps: Callable[[Run], None]) -> None:
        """Run steps that touch different tables side by side: small queries use one core each."""
        forks = [replace(self, con=self.con.cursor()) for _ in steps]
        with ThreadPoolExecutor(max_workers=self.workers) as pool:
            for done in [pool.submit(step, fork) for step, fork in zip(steps, forks, strict=True)]:
                done.result()

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self.con.execute(sql, list(parameters)).fetchall()

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        return self.con.execute(sql, list(parameters)).fetchall()[0][0]

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        self.con.execute(sql, list(parameters))

    def table(self, name: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        """Make a small table from Python rows; `columns` reads "key BIGINT, low BIGINT"."""
        self.run(f"CREATE OR REPLACE TABLE {name} ({columns})")
        if rows:
            types = [column.strip().split(" ", 1)[1] for column in columns.split(",")]
            unnested = ", ".join(f"unnest(?::{kind}[])" for kind in types)
            self.run(
                f"INSERT INTO {name} SELECT {unnested}", [list(column) for column in zip(*rows, strict=True)]
            )
