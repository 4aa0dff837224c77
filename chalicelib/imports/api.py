"""HTTP of imports: administrators bring history from an earlier system."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from chalicelib import clock, cursor, texts
from chalicelib.clock import Time, new_id
from chalicelib.errors import Fault, ImportNotFound
from chalicelib.imports.models import IMPORTS, Import, Refusal, find, new_import, refusals_owner
from chalicelib.imports.uploads import REPEATED, Upload, upload
from chalicelib.web import Asked, Reply, Routes

routes = Routes(__name__, "imports")


class HistoryImport(Struct, frozen=True, forbid_unknown_fields=True):
    """What the file is, for people."""

    name: Annotated[str, Meta(min_length=1, max_length=120)]


class RefusedLine(Struct, frozen=True):
    """A line that was not taken, numbered from 1, and why."""

    line: int
    external_id: str | None
    reason: str


class LineCounts(Struct, frozen=True):
    """Lines read so far: added, known before with the same content, or refused."""

    lines: int
    added: int
    known: int
    refused: int


class ImportView(Struct, frozen=True):
    """An import and how far it is."""

    id: str
    name: str
    state: Literal["waiting", "running", "done", "failed"]
    counts: LineCounts
    created_at: Time
    done_at: Time | None


class CreatedImport(Struct, frozen=True):
    """An import that waits for its file."""

    id: str
    name: str
    state: str
    upload: Upload


class ShownImport(ImportView, frozen=True):
    """An import with the lines that were refused; `next` is the cursor of the rest."""

    refused: list[RefusedLine]
    next: str | None


class ImportList(Struct, frozen=True):
    """All imports, the oldest first."""

    items: list[ImportView]
    next: None = None


class RefusedQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which of the refused lines."""

    limit: Annotated[int, Meta(ge=1, le=1000)] = 1000
    cursor: Annotated[str, Meta(max_length=400)] | None = None


@routes.post("/v1/admin/imports", status=202)
def create_import(body: HistoryImport) -> Reply[CreatedImport]:
    """Order an import; it runs when its file, NDJSON with one report a line, has been uploaded.

    A file that is sent again adds nothing: each record is taken once, by its `external_id`.
    """
    at = clock.now()
    row = new_import(new_id(at), body.name, at)
    row.save()
    created = CreatedImport(row.id, row.name, row.state, upload(row.id, at))
    return Reply(created, 202, kept=REPEATED)


@routes.get("/v1/admin/imports")
def list_imports() -> ImportList:
    """All imports."""
    rows = Import.query(IMPORTS, consistent_read=True)
    return ImportList([ImportView(**_facts(row)) for row in rows])


@routes.get("/v1/admin/imports/{id}", problems=(ImportNotFound,))
def show_import(id: str, query: RefusedQuery, asked: Asked) -> ShownImport:
    """One import: how far it is, and every line that was refused, with its reason."""
    row = find(id)
    identity = ["import", id, row.etag]
    after = cursor.unseal(identity, query.cursor)[0] if query.cursor else None
    later = Refusal.id > str(after) if after else None
    found = list(Refusal.query(refusals_owner(row), later, limit=query.limit + 1))
    page, more = found[: query.limit], len(found) > query.limit
    return ShownImport(
        **_facts(row),
        refused=[_refused(one, asked.language) for one in page],
        next=cursor.seal(identity, [page[-1].id]) if more else None,
    )


def _facts(row: Import) -> dict[str, Any]:
    counts = {name: int(getattr(row, name)) for name in ("added", "known", "refused")}
    return {
        "id": row.id,
        "name": row.name,
        "state": row.state,
        "counts": LineCounts(sum(counts.values()), **counts),
        "created_at": row.created_at,
        "done_at": row.done_at,
    }


def _refused(row: Refusal, language: str) -> RefusedLine:
    faults = msgspec.convert(row.faults, list[Fault])
    said = [_said(fault, language) for fault in faults]
    return RefusedLine(int(row.line), row.external_id, " ".join(said))


def _said(fault: Fault, language: str) -> str:
    sentence = texts.say(fault.key, language, **fault.facts)
    return f"{fault.field}: {sentence}" if fault.field else sentence
