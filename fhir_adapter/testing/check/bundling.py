"""Owns writes that belong together: transaction, its rollback, batch, and what becomes of references on storing.

https://hl7.org/fhir/R4/http.html#transaction
"""

from __future__ import annotations

import uuid
from functools import partial

from fhir_adapter.testing.check.asking import Answer
from fhir_adapter.testing.check.pages import refusal
from fhir_adapter.testing.check.report import NOT_TRIED, YES, Finding, Level
from fhir_adapter.testing.check.running import Run
from fhir_adapter.testing.check.shapes import Json, inside, objects, text
from fhir_adapter.testing.check.values import local_reference
from fhir_adapter.testing.check.written import Owner, Written

_found = partial(Finding, "writes")


def probe_bundles(run: Run, written: Written) -> None:
    """A transaction that must succeed, one that must leave nothing, a batch; then two kinds of reference."""
    _transaction(run, written)
    _batch(run, written)
    _references(run, written)


def _post(written: Written, full_url: str, resource: Json) -> Json:
    return {"fullUrl": full_url, "resource": resource, "request": {"method": "POST", "url": written.kind}}


def _statuses(answer: Answer) -> list[str]:
    """The first three signs of each entry's status."""
    return [text(inside(entry, "response", "status"))[:3] for entry in objects(answer.content.get("entry"))]


def _transaction(run: Run, written: Written) -> None:
    kind, claimed = written.kind, run.claims.system("transaction")
    one, other = f"urn:uuid:{uuid.uuid4()}", f"urn:uuid:{uuid.uuid4()}"
    entries = [
        _post(written, one, written.resource("t1")),
        _post(written, other, written.resource("t2", subject=one)),
    ]
    basis = "two creates, one of which refers to the other"
    # Some servers allow no such subject: then a plain pair still shows whether transactions are taken.
    answer = written.bundle("transaction", entries)
    if not answer.ok:
        entries[1] = _post(written, other, written.resource("t2"))
        answer = written.bundle("transaction", entries)
        basis = "two creates"
    name = "transaction"
    if not answer.ok:
        level = Level.TROUBLE if claimed == YES else Level.DIFFERS
        advice = "A result and its Provenance cannot be written as one: write in order, and look for halves afterwards."
        run.report.add(_found(name, refusal(answer), level, kind, claimed, basis, advice))
        return
    statuses = _statuses(answer)
    if len(statuses) != 2 or not all(status.startswith("2") for status in statuses):
        advice = "Its answer does not tell what became of each entry: read back."
        run.report.add(_found(name, "entries without success", Level.TROUBLE, kind, claimed, basis, advice))
        return
    run.report.add(_found(name, "works", Level.OK, kind, claimed, basis))
    if basis != "two creates":
        _resolved(run, written, answer)
    _rollback(run, written, claimed)


def _resolved(run: Run, written: Written, answer: Answer) -> None:
    places = [text(inside(entry, "response", "location")) for entry in objects(answer.content.get("entry"))]
    paths = [local_reference(place) for place in places]
    if len(paths) != 2 or not all(path.startswith(f"{written.kind}/") for path in paths):
        return
    kept = local_reference(text(inside(written.read(paths[1]).content, "subject", "reference")))
    observed, level = ("resolved", Level.OK) if kept == paths[0] else ("not resolved", Level.TROUBLE)
    advice = "" if level is Level.OK else "Use PUT with your own ids and plain references."
    basis = "read back after the transaction"
    run.report.add(_found("urn:uuid references", observed, level, written.kind, basis=basis, advice=advice))


def _rollback(run: Run, written: Written, claimed: str) -> None:
    """A good entry beside one that cannot succeed: neither may stay."""
    kind, name = written.kind, "rollback"
    good = _post(written, f"urn:uuid:{uuid.uuid4()}", written.resource("r1"))
    basis = "a transaction with a good entry and an impossible one"
    answer = written.bundle("transaction", [good, _impossible(written)])
    stayed = written.found("r1")
    if not answer.ok and stayed:
        advice = "A refused transaction may have written: read back every part of it."
        run.report.add(_found(name, "half of it stays", Level.TROUBLE, kind, claimed, basis, advice))
    elif not answer.ok:
        run.report.add(_found(name, f"{refusal(answer)}, nothing stays", Level.OK, kind, claimed, basis))
    elif _failed(answer):
        advice = "Read the status of every entry: some fail while others stay."
        run.report.add(
            _found(name, "entries fail, the rest stays", Level.TROUBLE, kind, claimed, basis, advice)
        )
    else:
        observed = f"{NOT_TRIED}, the impossible entry is taken"
        run.report.add(_found(name, observed, Level.UNKNOWN, kind, claimed, basis))


def _impossible(written: Written) -> Json:
    """An update of a version that is gone, where guards hold; else one whose address and body have different ids."""
    kind = written.kind
    if written.guarded:
        path, old = written.guarded
        name = path.partition("/")[2]
        request: Json = {"method": "PUT", "url": path, "ifMatch": old}
    else:
        name, other = str(uuid.uuid4()), str(uuid.uuid4())
        path = f"{kind}/{other}"
        written.remember(f"{kind}/{name}", Owner.OWN_ID)
        written.remember(path, Owner.OWN_ID)
        request = {"method": "PUT", "url": path}
    resource: Json = {**written.resource("guard", note="never"), "id": name}
    return {"fullUrl": f"{written.run.ask.base}/{path}", "resource": resource, "request": request}


def _failed(answer: Answer) -> bool:
    return any(not status.startswith("2") for status in _statuses(answer))


def _batch(run: Run, written: Written) -> None:
    kind, claimed = written.kind, run.claims.system("batch")
    absent: Json = {"request": {"method": "GET", "url": f"{kind}/{uuid.uuid4()}"}}
    entries: list[Json] = [_post(written, f"urn:uuid:{uuid.uuid4()}", written.resource("b1")), absent]
    answer = written.bundle("batch", entries)
    basis = "a create and a read of what is not there"
    statuses = _statuses(answer)
    if answer.ok and len(statuses) == 2 and statuses[0].startswith("2") and statuses[1].startswith("4"):
        run.report.add(_found("batch", "each entry for itself", Level.OK, kind, claimed, basis))
        return
    observed = f"entries say {' and '.join(statuses) or 'nothing'}" if answer.ok else refusal(answer)
    level = Level.TROUBLE if answer.ok or claimed == YES else Level.DIFFERS
    advice = "Write one resource at a time."
    run.report.add(_found("batch", observed, level, kind, claimed, basis, advice))


def _references(run: Run, written: Written) -> None:
    """A reference to a version, which shows what was read; and one to nothing, which shows whether that is checked."""
    kind = written.kind
    target = written.path_of(written.create(written.resource("target")))
    version = text(inside(written.read(target).content, "meta", "versionId")) if target else ""
    if not version:
        run.report.add(_found("versions in references", f"{NOT_TRIED}, no version", Level.UNKNOWN, kind))
        return
    basis = "a subject of one of our own, with its version"
    path, answer = _referring(written, f"{target}/_history/{version}")
    kept = text(inside(written.read(path).content, "subject", "reference")) if path else ""
    if not kept:
        observed = refusal(answer) if not answer.ok else "no such subject kept"
        run.report.add(_found("versions in references", observed, Level.UNKNOWN, kind, basis=basis))
        return
    if kept.endswith(f"{target}/_history/{version}"):
        run.report.add(_found("versions in references", "kept", Level.OK, kind, basis=basis))
    else:
        advice = "What was read must also stand where no server touches it, as text beside the reference."
        observed = "stripped" if local_reference(kept) == target else "changed"
        run.report.add(
            _found("versions in references", observed, Level.DIFFERS, kind, basis=basis, advice=advice)
        )
    _dangling(run, written)


def _dangling(run: Run, written: Written) -> None:
    kind, missing = written.kind, f"{written.kind}/{uuid.uuid4()}"
    claimed = run.claims.references(kind, "enforced")
    path, answer = _referring(written, missing)
    name, basis = "reference to nothing", "a subject of our own kind that does not exist"
    if not path:
        advice = "Write what is referred to first."
        run.report.add(_found(name, refusal(answer), Level.OK, kind, claimed, basis, advice))
    elif written.read(missing).ok:
        written.remember(missing, Owner.OWN_ID)
        advice = "Placeholders look like records: write what is referred to first."
        run.report.add(_found(name, "a placeholder is made", Level.TROUBLE, kind, claimed, basis, advice))
    else:
        run.report.add(_found(name, "taken", Level.OK, kind, claimed, basis))


def _referring(written: Written, reference: str) -> tuple[str, Answer]:
    answer = written.create(written.resource(subject=reference))
    return (written.path_of(answer) if answer.ok else ""), answer
