"""A server's context over the population of thirty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fhir_adapter.testing.server.context import Context
from fhir_adapter.testing.server.search.index import index_rows
from fhir_adapter.testing.server.store import Store
from fhir_adapter.testing.server.time import ManualClock
from tests.unit.testing.server.search.population import POPULATION, Ask, answer


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def empty(clock: ManualClock) -> Iterator[Context]:
    store = Store(indexer=index_rows)
    yield Context(store, clock=clock)
    store.close()


@pytest.fixture
def context(empty: Context) -> Context:
    empty.store.load(POPULATION, now=empty.now())
    return empty


@pytest.fixture
def ask(context: Context) -> Ask:
    """A search by its address below the base; the answer as JSON."""

    def send(path: str, **headers: str) -> dict[str, Any]:
        return answer(context, path, **headers).json()

    return send
