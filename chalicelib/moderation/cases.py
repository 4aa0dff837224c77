"""Cases: opened by the first flag, a listed word or a pattern of gaming; closed by a decision."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from itertools import batched

from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib import aws
from chalicelib.audit import recording
from chalicelib.audit.recording import Writes
from chalicelib.clock import new_id
from chalicelib.errors import TooManyRequests
from chalicelib.moderation.models import CASES, Case, CasePointer, Cause, Flag
from chalicelib.settings import settings

ATTEMPTS = 8
Write = Callable[[Writes], None]


def rows_for(
    report_id: str, about: str, cause: Cause, at: datetime, flags: int = 0
) -> tuple[Case, CasePointer]:
    """The rows of a case for what has none; both must be new."""
    case = Case(item=new_id(at), report_id=report_id, about=about, causes={cause: 1}, flags=flags)
    case.rank()
    return case, CasePointer(id=report_id, item=_pointer(about), case=case.item)


def open_for(
    report_id: str, about: str, cause: Cause, at: datetime, flags: int = 0
) -> Sequence[Write]:
    """The writes that open a case for what has none; refused together when it has one by then."""
    case, pointer = rows_for(report_id, about, cause, at, flags)
    return [
        partial(Writes.save, model=case),
        partial(Writes.save, model=pointer, condition=CasePointer.id.does_not_exist()),
    ]


def report(
    report_id: str, about: str, cause: Cause, at: datetime, flag: Flag | None = None
) -> None:
    """Count the cause in the object's case, opening one; with a flag that was there: nothing.

    Raises TooManyRequests in a storm.
    """
    for _ in range(ATTEMPTS):
        if flag is not None and Flag.seek(flag.id, flag.item) is not None:
            return
        case = case_of(report_id, about)
        more = 0 if flag is None else 1
        writes = (
            open_for(report_id, about, cause, at, more)
            if case is None
            else [_counted(case, cause, more)]
        )
        if flag is not None:
            save = partial(Writes.save, model=flag, condition=Flag.id.does_not_exist())
            writes = [*writes, save]
        if _stored(writes):
            return
    raise TooManyRequests(retry_after=1)


def case_of(report_id: str, about: str) -> Case | None:
    """The case that waits for this object, if one does."""
    try:
        pointer = CasePointer.get(report_id, _pointer(about), consistent_read=True)
        return Case.get(CASES, pointer.case, consistent_read=True)
    except (CasePointer.DoesNotExist, Case.DoesNotExist):
        return None


def close(report_id: str, about: str) -> None:
    """Somebody has decided: nothing waits any more. Nothing happens when nothing did."""
    try:
        pointer = CasePointer.get(report_id, _pointer(about), consistent_read=True)
    except CasePointer.DoesNotExist:
        return
    with TransactWrite(connection=aws.connection()) as transaction:
        transaction.delete(Case(CASES, pointer.case))
        transaction.delete(pointer)


def forget(report_id: str, about: str) -> None:
    """What is gone waits for nobody, and nobody's words about it are kept."""
    close(report_id, about)
    for flag in Flag.query(report_id, Flag.item.startswith(f"flag#{about}#")):
        flag.delete()


def newest(before: str | None, limit: int) -> list[Case]:
    """The cases opened before that one, the newest first."""
    last = {"id": {"S": CASES}, "item": {"S": before}} if before else None
    found = Case.query(CASES, scan_index_forward=False, limit=limit, last_evaluated_key=last)
    return list(found)


def most_flagged(before: str | None, limit: int) -> list[Case]:
    """The cases below that rank, the most flagged first."""
    answer = aws.dynamodb().query(
        TableName=settings.reports_table,
        IndexName="due",
        KeyConditionExpression="due_shard = :cases AND due_at < :before",
        ExpressionAttributeValues={":cases": {"S": CASES}, ":before": {"S": before or "~"}},
        ScanIndexForward=False,
        Limit=limit,
    )
    ids = [item["item"]["S"] for item in answer["Items"]]
    there = {
        case.item: case
        for some in batched(ids, 100)
        for case in Case.batch_get([(CASES, id) for id in some], consistent_read=True)
    }
    return [there[id] for id in ids if id in there]


def _pointer(about: str) -> str:
    return f"case#{about}"


def _counted(case: Case, cause: Cause, more: int) -> Write:
    seen = int(case.flags)
    causes = {**case.causes, cause: case.causes.get(cause, 0) + 1}
    case.flags = seen + more
    case.rank()
    actions: list[Action] = [
        Case.flags.set(seen + more),
        Case.causes.set(causes),
        Case.due_at.set(case.due_at),
    ]
    # Only while it waits: a case that is being decided takes no more flags.
    unchanged = Case.flags == seen
    return partial(Writes.update, model=case, actions=actions, condition=unchanged)


def _stored(writes: Sequence[Write]) -> bool:
    try:
        with recording.transaction() as transaction:
            for write in writes:
                write(transaction)
    except TransactWriteError as error:
        if aws.outrun(error):
            return False
        raise
    return True
