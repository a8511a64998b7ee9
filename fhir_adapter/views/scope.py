"""Owns what an expression is evaluated against: $this, constants, %rowIndex (https://hl7.org/fhirpath/N1/#this)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from fhir_adapter.views import fhirpath, values
from fhir_adapter.views.refusal import UnsupportedViewError
from fhir_adapter.views.values import Choice, Compilation, Value


@dataclass
class RowIndex:
    """%rowIndex of the nearest iteration; `used` says whether the iteration must count."""

    sql: str = "CAST(0 AS BIGINT)"
    used: bool = False


@dataclass(frozen=True)
class Scope:
    this: Value
    compilation: Compilation
    # Handed in, so that functions need not import the operators that call them.
    meaning: Callable[[fhirpath.Expression, Scope], Value | Choice]
    row_index: RowIndex = field(default_factory=RowIndex)
    at_root: bool = False

    def within(self, item: Value) -> Scope:
        return replace(self, this=item, at_root=False)

    def evaluate(self, expression: fhirpath.Expression) -> Value | Choice:
        return self.meaning(expression, self)

    def condition(self, expression: fhirpath.Expression, what: str) -> str:
        """A criterion; a value that is not a boolean is refused rather than taken for true."""
        value = values.one(self.evaluate(expression), what)
        if value.kind not in {"boolean", "nothing"}:
            raise UnsupportedViewError(f"{what}: a boolean was expected, not {value.type}")
        return value.sql
