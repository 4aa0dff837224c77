"""Supporters and followers of a duplicate: brought to the original, and back to where they were.

They are items of a report's collection, one a person: `support#{sub}`. At the original, a row that
came along remembers in `origins` of which reports it is the row, each with the attributes that it
had there; a person who was at both has one row and counts once. Rows and counters change in one
transaction, so that a count is that of the rows at every moment. What a dying request has left half
done is finished by the next merge of the same report, or by the sweep.
"""

from collections.abc import Sequence
from itertools import batched
from typing import Any

from pynamodb.exceptions import UpdateError

from chalicelib.observability import logger
from chalicelib.reports import rows
from chalicelib.reports.models import Report, find
from chalicelib.reports.rows import Row, Write

# What the items of a kind are called, and the attribute of the report that counts them.
KINDS = {"support#": "support_count", "follow#": "follower_count"}
# Two writes a row and one for each report must be fewer than DynamoDB's 100 of a transaction.
AT_ONCE = 45
ATTEMPTS = 8


def finish(report: Report) -> None:
    """Bring all rows to where the report's status wants them. May run twice, and side by side."""
    token = report.moving
    if token is None:
        return
    other, _, _ = token.partition("#")
    step = _bring if report.status == "duplicate" else _fetch
    done = [step(report.id, other, prefix, counter) for prefix, counter in KINDS.items()]
    if all(done):
        _settle(report.id, token)
    else:
        logger.warning("rows left for the sweep", report=report.id, other=other)


def _bring(source: str, target: str, prefix: str, counter: str) -> bool:
    """Move the rows of a duplicate to its original; False when others kept getting in between."""
    failures = 0
    while found := next(batched(rows.read(source, prefix), AT_ONCE), ()):
        # What another move was still to fetch from here goes home first.
        strays = {report for row in found for report in _origins(row)} - {source}
        home = [_fetch(stray, source, prefix, counter) for stray in sorted(strays)]
        if not home:
            failures += not _brought(source, target, found, counter)
        if failures == ATTEMPTS or not all(home):
            return False
    return True


def _brought(source: str, target: str, found: Sequence[Row], counter: str) -> bool:
    there = rows.same_items(target, found)
    joined = [_joined(row, target, there.get(row["item"]["S"])) for row in found]
    counts = [
        rows.count(source, counter, -len(found)),
        rows.count(target, counter, len(found) - len(there)),
    ]
    return rows.transact([*map(rows.delete, found), *joined, *counts])


def _joined(row: Row, target: str, there: Row | None) -> Write:
    """The original's row for a person who comes along."""
    came = {row["id"]["S"]: {"M": _attributes(row)}}
    if there is None:
        return rows.put({**row, "id": {"S": target}, "origins": {"M": came}}, None)
    own = _origins(there) or {target: {"M": _attributes(there)}}
    return rows.put({**there, "origins": {"M": {**own, **came}}}, there)


def _fetch(home: str, away: str, prefix: str, counter: str) -> bool:
    """Move back what came from `home`; False when others kept getting in between."""
    for _ in range(ATTEMPTS):
        found = (row for row in rows.read(away, prefix) if home in _origins(row))
        if all(_fetched(home, away, part, counter) for part in batched(found, AT_ONCE)):
            return True
    return False


def _fetched(home: str, away: str, found: Sequence[Row], counter: str) -> bool:
    there = rows.same_items(home, found)
    back = [_back(row, home) for row in found if row["item"]["S"] not in there]
    left = [_without(row, home) for row in found]
    gone = sum("Delete" in write for write in left)
    counts = [rows.count(away, counter, -gone), rows.count(home, counter, len(back))]
    return rows.transact([*left, *back, *counts])


def _back(row: Row, home: str) -> Write:
    """The row as it was before it was moved."""
    return rows.put({**_origins(row)[home]["M"], "id": {"S": home}, "item": row["item"]}, None)


def _without(row: Row, home: str) -> Write:
    """What is left of the original's row when `home` takes back its part of it."""
    rest = {report: kept for report, kept in _origins(row).items() if report != home}
    if not rest:
        return rows.delete(row)
    stays = row["id"]["S"]
    base = rest.get(stays) or next(iter(rest.values()))
    bare = {**base["M"], "id": row["id"], "item": row["item"]}
    return rows.put(bare if [*rest] == [stays] else {**bare, "origins": {"M": rest}}, row)


def _settle(report_id: str, token: str) -> None:
    """Take the order to move off the report, unless another has come in its place."""
    for _ in range(ATTEMPTS):
        report = find(report_id)
        if report.moving != token:
            return
        report.moving = None
        report.place_in_due()
        unchanged = (Report.moving == token) & (Report.version == int(report.version))
        try:
            report.update(actions=report.changes(), condition=unchanged)
        except UpdateError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise
        else:
            return


def _origins(row: Row) -> dict[str, Any]:
    origins: dict[str, Any] = row.get("origins", {"M": {}})["M"]
    return origins


def _attributes(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in row if name not in ("id", "item", "origins")}
