"""Owns how a case speaks to the server it is run on, and what it may expect there.

Plain HTTP with requests: nothing of the product, and nothing of the harness but its address.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import requests

from tests.interop.differences import Difference

FHIR_JSON = "application/fhir+json"
PREFER_WHOLE = {"Prefer": "return=representation"}

Resource = dict[str, Any]
Params = dict[str, str] | list[tuple[str, str]] | None
T = TypeVar("T")


@dataclass(frozen=True)
class Target:
    """One running server: its name, its base address, and the differences listed for it."""

    name: str
    url: str
    session: requests.Session
    differences: dict[str, Difference]
    poll_s: float = 0

    def says(self, case: str, textbook: T) -> T:
        """What this target must answer: the textbook's value, or the one of a listed difference.

        A difference is asserted like everything else, so a server that has changed its ways shows.
        """
        listed = self.differences.get(case)
        return textbook if listed is None else listed.value

    @contextmanager
    def another_client(self) -> Iterator[Target]:
        """The same server by a connection of its own, as a thread needs it."""
        with new_session() as session:
            yield Target(self.name, self.url, session, self.differences, self.poll_s)

    def send(
        self,
        method: str,
        path: str = "",
        content: Any = None,
        params: Params = None,
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        """One request below the base address, or to a full address that the server itself named."""
        url = path if "://" in path else f"{self.url}/{path}".rstrip("/")
        sent = {"Accept": FHIR_JSON, **({"Content-Type": FHIR_JSON} if content is not None else {})}
        body = {"data": content} if isinstance(content, bytes) else {"json": content}
        return self.session.request(
            method, url, params=params, headers=sent | (headers or {}), timeout=60, **body
        )

    def get(self, path: str = "", params: Params = None, **headers: str) -> requests.Response:
        """Read or search; header names are written with underscores: If_None_Match."""
        return self.send("GET", path, params=params, headers=_named(headers))

    def post(self, path: str, content: Any, **headers: str) -> requests.Response:
        """Create, or an operation; '' is the base address, where bundles go."""
        return self.send("POST", path, content, headers=_named(headers))

    def put(self, path: str, content: Any, params: Params = None, **headers: str) -> requests.Response:
        """Update, or conditional update by `params`."""
        return self.send("PUT", path, content, params, _named(headers))

    def delete(self, path: str, params: Params = None, **headers: str) -> requests.Response:
        """Delete, or conditional delete by `params`."""
        return self.send("DELETE", path, params=params, headers=_named(headers))

    def create(self, resource: Resource) -> Resource:
        """A resource that must be created, as the server stored it."""
        response = self.send("POST", resource["resourceType"], resource, headers=PREFER_WHOLE)
        assert response.status_code == 201, response.text
        stored: Resource = response.json()
        return stored

    def update(self, resource: Resource, *statuses: int) -> Resource:
        """A resource that must be updated, or created when the statuses say so, as the server stored it."""
        response = self.send("PUT", address(resource), resource, headers=PREFER_WHOLE)
        assert response.status_code in (statuses or (200,)), response.text
        stored: Resource = response.json()
        return stored

    def search(self, kind: str, params: Params) -> Resource:
        """A search that must succeed: its first page."""
        response = self.get(kind, params)
        assert response.status_code == 200, response.text
        bundle: Resource = response.json()
        assert bundle["resourceType"] == "Bundle"
        assert bundle["type"] == "searchset"
        return bundle

    def ids(self, kind: str, params: Params) -> list[str]:
        """The ids of all matches of a search, over all pages, in the server's order."""
        return [entry["id"] for page in self.pages(self.search(kind, params)) for entry in matches(page)]

    def pages(self, bundle: Resource) -> Iterator[Resource]:
        """A bundle and those behind its `next` links."""
        for _ in range(200):
            yield bundle
            following = link(bundle, "next")
            if following is None:
                return
            response = self.get(following)
            assert response.status_code == 200, response.text
            bundle = response.json()
        raise AssertionError("the pages do not end")

    def at_once(self, count: int, task: Callable[[Target, int], T]) -> list[T]:
        """The same task from many clients that set off together."""
        together = threading.Barrier(count)

        def run(number: int) -> T:
            with self.another_client() as client:
                together.wait(30)
                return task(client, number)

        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(run, range(count)))


def new_session() -> requests.Session:
    """A session that takes no proxy and no password from the environment."""
    session = requests.Session()
    session.trust_env = False
    return session


def address(resource: Resource) -> str:
    """`Patient/1`: how a reference names a stored resource."""
    return f"{resource['resourceType']}/{resource['id']}"


def link(bundle: Resource, relation: str) -> str | None:
    """The address of a bundle's link; None without one."""
    return next((row["url"] for row in bundle.get("link", ()) if row["relation"] == relation), None)


def matches(bundle: Resource, mode: str = "match") -> list[Resource]:
    """The resources of a searchset that matched, or were included."""
    return [
        entry["resource"]
        for entry in bundle.get("entry", ())
        if entry.get("search", {}).get("mode", "match") == mode
    ]


def refused(response: requests.Response, *statuses: int) -> Resource:
    """The OperationOutcome of an answer that must be one of these refusals."""
    assert response.status_code in statuses, f"{response.status_code}: {response.text[:500]}"
    outcome: Resource = response.json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["issue"][0]["severity"] in ("error", "fatal")
    return outcome


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
