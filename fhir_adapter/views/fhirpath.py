"""Owns the FHIRPath syntax tree (https://hl7.org/fhirpath/N1/); the parser is fhirpathpy's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

from antlr4 import CommonTokenStream, InputStream, ParseTreeWalker
from antlr4.error.ErrorListener import ErrorListener
from fhirpathpy.parser.ASTPathListener import ASTPathListener
from fhirpathpy.parser.generated.FHIRPathLexer import FHIRPathLexer
from fhirpathpy.parser.generated.FHIRPathParser import FHIRPathParser

from fhir_adapter.views.refusal import UnsupportedViewError

_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_CONTROL = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}


@dataclass(frozen=True)
class Literal:
    type: str  # string, boolean, integer, decimal, date, dateTime, time; "" is the empty collection
    text: str


@dataclass(frozen=True)
class Constant:
    name: str


@dataclass(frozen=True)
class This:
    pass


@dataclass(frozen=True)
class Name:
    target: Expression | None
    name: str


@dataclass(frozen=True)
class Call:
    target: Expression | None
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True)
class Index:
    target: Expression
    at: Expression


@dataclass(frozen=True)
class Operation:
    operator: str
    operands: tuple[Expression, ...]


Expression: TypeAlias = Literal | Constant | This | Name | Call | Index | Operation
_Node: TypeAlias = dict[str, Any]


class _Refuse(ErrorListener):  # type: ignore[misc]  # antlr4 carries no types
    """Without it the generated parser repairs what it reads: `name family` becomes `name`."""

    def syntaxError(self, recognizer: Any, symbol: Any, line: int, column: int, msg: str, e: Any) -> None:
        raise UnsupportedViewError(f"not FHIRPath at character {column + 1}: {msg}")


def parse(path: object) -> Expression:
    if not isinstance(path, str) or not path.strip():
        raise UnsupportedViewError(f"a FHIRPath expression was expected, not {path!r}")
    lexer = FHIRPathLexer(InputStream(path))
    parser = FHIRPathParser(CommonTokenStream(lexer))
    for recognizer in (lexer, parser):
        recognizer.removeErrorListeners()
        recognizer.addErrorListener(_Refuse())
    listener = ASTPathListener()  # type: ignore[no-untyped-call]  # fhirpathpy leaves it untyped
    ParseTreeWalker().walk(listener, parser.entireExpression())  # type: ignore[no-untyped-call]
    entire: _Node = listener.parentStack[0]["children"][0]
    return _expression(entire["children"][0])


def _expression(node: _Node) -> Expression:
    node_type: str = node["type"]
    children: list[_Node] = node.get("children", [])
    if node_type in {"TermExpression", "ParenthesizedTerm", "LiteralTerm", "InvocationTerm"}:
        inner = children[0]
        return _invocation(inner, None) if node_type == "InvocationTerm" else _expression(inner)
    if node_type == "InvocationExpression":
        return _invocation(children[1], _expression(children[0]))
    if node_type == "IndexerExpression":
        return Index(_expression(children[0]), _expression(children[1]))
    if node_type == "ExternalConstantTerm":
        constant = children[0]
        quoted = [text for text in constant["terminalNodeText"] if text != "%"]
        return Constant(_unquote(quoted[0]) if quoted else _identifier(constant["children"][0]))
    if node_type.endswith("Literal"):
        return _literal(node)
    operator = node["terminalNodeText"][0] if node["terminalNodeText"] else node_type
    if node_type == "TypeExpression":
        raise UnsupportedViewError(f"operator '{operator}' is not supported; use ofType()")
    return Operation(operator, tuple(_expression(child) for child in children))


def _invocation(node: _Node, target: Expression | None) -> Expression:
    if node["type"] == "MemberInvocation":
        return Name(target, _identifier(node["children"][0]))
    if node["type"] == "ThisInvocation" and target is None:
        return This()
    if node["type"] != "FunctionInvocation":
        raise UnsupportedViewError(f"'{node['terminalNodeText'][0]}' is not supported here")
    name, *parameters = node["children"][0]["children"]
    arguments = parameters[0]["children"] if parameters else []
    return Call(target, _identifier(name), tuple(_expression(argument) for argument in arguments))


def _identifier(node: _Node) -> str:
    name: str = node["text"]
    return _unquote(name) if name.startswith("`") else name


def _literal(node: _Node) -> Literal:
    node_type, text = node["type"], node["text"]
    if node_type == "StringLiteral":
        return Literal("string", _unquote(text))
    if node_type == "NumberLiteral":
        return Literal("decimal" if "." in text else "integer", text)
    if node_type == "BooleanLiteral":
        return Literal("boolean", text)
    if node_type == "NullLiteral":
        return Literal("", "")
    if node_type == "TimeLiteral":
        return Literal("time", text.removeprefix("@T"))
    if node_type == "DateTimeLiteral":
        return Literal("dateTime" if "T" in text else "date", text.removeprefix("@"))
    raise UnsupportedViewError(f"the literal {text} is not supported")


def _unquote(quoted: str) -> str:
    def plain(match: re.Match[str]) -> str:
        code, character = match.groups()
        return chr(int(code, 16)) if code else _CONTROL.get(character, character)

    return _ESCAPE.sub(plain, quoted[1:-1])
