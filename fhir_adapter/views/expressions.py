"""Owns FHIRPath expressions: literals, paths and operators (https://hl7.org/fhirpath/N1/#expressions)."""

from __future__ import annotations

from dataclasses import replace

from fhir_adapter.views import fhirpath, functions, sql, temporal, values
from fhir_adapter.views.refusal import UnsupportedViewError
from fhir_adapter.views.scope import Scope
from fhir_adapter.views.values import Choice, Value

_COMPARISONS = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_ARITHMETIC = {"+", "-", "*", "/"}
_LOGIC = {"and": "AND", "or": "OR"}


def evaluate(expression: fhirpath.Expression, scope: Scope) -> Value | Choice:
    if isinstance(expression, fhirpath.Literal):
        return literal(expression.type, expression.text)
    if isinstance(expression, fhirpath.Constant):
        return _constant(expression.name, scope)
    if isinstance(expression, fhirpath.This):
        return scope.this
    if isinstance(expression, fhirpath.Name):
        return _name(expression, scope)
    if isinstance(expression, fhirpath.Index):
        return _index(expression, scope)
    if isinstance(expression, fhirpath.Call):
        target = evaluate(expression.target, scope) if expression.target else scope.this
        return functions.call(expression, target, scope)
    return _operation(expression, scope)


def literal(type_name: str, text: str) -> Value:
    if not type_name:
        return values.EMPTY
    value = Value(sql.text(text), type_name)
    if value.kind == "number":
        return replace(value, sql=f"CAST({sql.text(text)} AS DOUBLE)", literal=text)
    if value.kind == "boolean":
        return replace(value, sql=text)
    return replace(value, literal=text)


def _constant(name: str, scope: Scope) -> Value:
    if name == "rowIndex":
        scope.row_index.used = True
        return Value(scope.row_index.sql, "count")
    if name not in scope.compilation.constants:
        raise UnsupportedViewError(f"%{name} is not a constant of this view")
    return scope.compilation.constants[name]


def _name(expression: fhirpath.Name, scope: Scope) -> Value | Choice:
    if expression.target is None:
        if scope.at_root and expression.name == scope.this.type:
            return scope.this
        return values.child(scope.this, expression.name, scope.compilation)
    target = values.settled(evaluate(expression.target, scope), f"'.{expression.name}'")
    return values.child(target, expression.name, scope.compilation)


def _index(expression: fhirpath.Index, scope: Scope) -> Value:
    target = values.settled(evaluate(expression.target, scope), "an index")
    at = values.one(evaluate(expression.at, scope), "an index")
    if at.kind != "number" or at.literal is None or not at.literal.isdigit():
        raise UnsupportedViewError("an index must be a whole number, written out or a constant")
    if not target.many:
        return target if int(at.literal) == 0 else replace(target, sql="NULL", plain=False)
    items = values.without_holes(target)
    return replace(values.scalar(target), sql=f"({items.sql})[{int(at.literal) + 1}]")


def _operation(expression: fhirpath.Operation, scope: Scope) -> Value:
    operator = expression.operator
    if operator in _LOGIC:
        sides = [scope.condition(operand, f"operator '{operator}'") for operand in expression.operands]
        return Value(f"(({sides[0]}) {_LOGIC[operator]} ({sides[1]}))", "boolean")
    operands = [
        values.settled(evaluate(operand, scope), f"operator '{operator}'") for operand in expression.operands
    ]
    if operator in _ARITHMETIC and len(operands) == 1:
        return _sign(operator, operands[0])
    if operator in _ARITHMETIC:
        return _arithmetic(operator, operands[0], operands[1])
    if operator in _COMPARISONS:
        return _comparison(operator, operands[0], operands[1])
    raise UnsupportedViewError(f"operator '{operator}' is not supported")


def _sign(operator: str, operand: Value) -> Value:
    if operand.kind != "number":
        raise UnsupportedViewError(f"operator '{operator}' needs a number, not {operand.type or 'nothing'}")
    signed = f"({operator}{values.typed(values.one(operand, operator))})"
    # A negative number is no index, so the literal is not kept.
    return Value(signed, "decimal")


def _arithmetic(operator: str, left: Value, right: Value) -> Value:
    what = f"operator '{operator}'"
    kinds = {left.kind, right.kind}
    if "nothing" in kinds:
        return values.EMPTY
    sides = [values.typed(values.one(side, what)) for side in (left, right)]
    if kinds == {"string"} and operator == "+":
        return Value(f"({sides[0]} || {sides[1]})", "string")
    if kinds != {"number"}:
        raise UnsupportedViewError(f"{what} between {left.type} and {right.type} is not supported")
    divisor = f"nullif({sides[1]}, 0)" if operator == "/" else sides[1]
    # FHIRPath decimals have steps of 10^-8: 0.1 + 0.2 is 0.3.
    return Value(f"round({sides[0]} {operator} {divisor}, 8)", "decimal")


def _comparison(operator: str, left: Value, right: Value) -> Value:
    what = f"operator '{operator}'"
    kinds = {left.kind, right.kind}
    if "nothing" in kinds:
        return Value("CAST(NULL AS BOOLEAN)", "boolean")
    kind = left.kind
    if len(kinds) > 1 or kind == "complex" or (kind == "boolean" and operator not in {"=", "!="}):
        raise UnsupportedViewError(f"{what} between {left.type} and {right.type} is not supported")
    symbol = _COMPARISONS[operator]
    if operator in {"=", "!="} and (left.many or right.many) and kind not in {"date", "time"}:
        lists = [values.typed(values.as_list(side)) for side in (left, right)]
        both = " AND ".join(f"len({side}) > 0" for side in lists)
        return Value(f"(CASE WHEN {both} THEN {lists[0]} {symbol} {lists[1]} END)", "boolean")
    sides = [values.typed(values.one(side, what)) for side in (left, right)]
    if kind in {"date", "time"}:
        return Value(temporal.compare(sides[0], symbol, sides[1], kind), "boolean")
    return Value(f"({sides[0]} {symbol} {sides[1]})", "boolean")
