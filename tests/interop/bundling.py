"""Owns sending bundles: what a bundle's answer must look like before a case looks into it."""

from __future__ import annotations

from tests.interop.target import Resource, Target


def sent(server: Target, content: Resource) -> list[Resource]:
    """The response entries of a bundle that must succeed as a whole."""
    response = server.post("", content)
    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer["type"] == f"{content['type']}-response"
    assert len(answer.get("entry", [])) == len(content["entry"])
    entries: list[Resource] = answer.get("entry", [])
    return entries


def statuses(entries: list[Resource]) -> list[int]:
    """The HTTP status of each entry: its string begins with the number."""
    return [int(row["response"]["status"][:3]) for row in entries]


def located(row: Resource) -> str:
    """`Patient/1` from an entry's location."""
    return "/".join(row["response"]["location"].split("/_history/")[0].split("/")[-2:])
