"""One call for many reports: each has its own result, and none stops the others."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from chalicelib.errors import InternalError, Problem, ReportNotFound
from chalicelib.observability import logger
from chalicelib.people.identity import Caller
from chalicelib.reports import lifecycle, progress
from chalicelib.reports.models import find
from chalicelib.reports.wording import Id, StatusChange

LIMIT = 100


class OneOfMany(StatusChange, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be done with one report, as in `POST /v1/reports/{report_id}/status`."""

    id: Id


class Changes(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be done, in this order."""

    items: Annotated[list[OneOfMany], Meta(min_length=1, max_length=LIMIT)]


class Result(Struct, frozen=True, omit_defaults=True):
    """What came of one: the report as it is now, or the `problem` that refused it."""

    id: str
    done: bool
    number: str | None = None
    status: str | None = None
    colour: lifecycle.Colour | None = None
    version: int | None = None
    problem: dict[str, Any] | None = None


class Results(Struct, frozen=True):
    """The results in the order of the changes."""

    done: int
    refused: int
    items: list[Result]


def change(
    body: Changes,
    caller: Caller,
    now: Callable[[], datetime],
    rendered: Callable[[Problem], dict[str, Any]],
) -> Results:
    """Take each step by itself. `rendered` makes of a refusal what its own answer would say."""
    results = [_one(item, caller, now(), rendered) for item in body.items]
    done = sum(result.done for result in results)
    return Results(done, len(results) - done, results)


def _one(
    item: OneOfMany, caller: Caller, at: datetime, rendered: Callable[[Problem], dict[str, Any]]
) -> Result:
    try:
        if not find(item.id).visible_to(caller):
            raise ReportNotFound
        report = progress.change_status(item.id, item, caller, at)
    except Problem as problem:
        return Result(item.id, False, problem=rendered(problem))
    except Exception:
        # What broke for one report must not hide what was done to those before it.
        logger.exception("change of one of many failed", report=item.id)
        return Result(item.id, False, problem=rendered(InternalError()))
    colour = lifecycle.colour(report.status)
    return Result(item.id, True, report.number, report.status, colour, int(report.version))
