"""Points: 10 for a report whose fix its reporter has confirmed, and for nothing else.

Neither sending nor supporting brings any, so that there is nothing to gain by volume or by a ring
of friends. They go to the month of the confirmation and each area of the report. An account that
gets unusually many in a day keeps them, but its reports wait for a moderator's look.
"""

from datetime import datetime

from pynamodb.transactions import TransactWrite

from chalicelib import aws
from chalicelib.clock import moment
from chalicelib.errors import ReportNotFound
from chalicelib.moderation import cases
from chalicelib.moderation.models import REPORT
from chalicelib.people.identity import STAFF
from chalicelib.people.models import Standing
from chalicelib.reports.models import Report, find
from chalicelib.reputation.models import Award, Tally, award_item, day_item, tally_of
from chalicelib.settings import settings

POINTS = 10
BURST = 5
"""Confirmed reports of one account in a day from which on a moderator looks at them."""


def settle(report_id: str, at: datetime) -> None:
    """Bring the points to what the report deserves as it is now. Runs twice harmlessly.

    Raises TransactWriteError when the report changes meanwhile: then it is done anew.
    """
    try:
        report = find(report_id)
    except ReportNotFound:
        return
    if report.reporter is None:
        return
    award = _award_of(report)
    deserves = _deserves(report)
    if deserves and award is None:
        _give(report, at)
    elif award is not None and not deserves:
        _take(report, award)


def forget(sub: str) -> int:
    """Take the account out of all tallies, with its awards; says how many there were."""
    found = list(Award.query(sub, Award.item.startswith("award#"), consistent_read=True))
    for award in found:
        for name in award.tallies:
            Tally(name, sub).delete()
        award.delete()
    return len(found)


def _deserves(report: Report) -> bool:
    confirmed = report.status == "confirmed" and report.confirmed_by == "reporter"
    useful = report.reason == "fixed" and not report.hidden
    return bool(confirmed and useful and not report.by_staff and not _is_staff(report.reporter))


def _is_staff(sub: str) -> bool:
    try:
        return Standing.get(sub, "standing", consistent_read=True).role in STAFF
    except Standing.DoesNotExist:
        return False


def _award_of(report: Report) -> Award | None:
    try:
        return Award.get(report.reporter, award_item(report.id), consistent_read=True)
    except Award.DoesNotExist:
        return None


def _give(report: Report, at: datetime) -> None:
    day = moment(report.confirmed_at).astimezone(settings.time_zone).date().isoformat()
    tallies = [tally_of(area.id, day[:7]) for area in report.chain]
    award = Award(report.reporter, award_item(report.id), tallies=tallies, day=day)
    with TransactWrite(connection=aws.connection()) as transaction:
        _only_as_read(transaction, report)
        transaction.save(award, condition=Award.person.does_not_exist())
        _count(transaction, award, 1)
    if Tally.get(report.reporter, day_item(day), consistent_read=True).points > BURST:
        cases.report(report.id, REPORT, "suspicious", at)


def _take(report: Report, award: Award) -> None:
    with TransactWrite(connection=aws.connection()) as transaction:
        _only_as_read(transaction, report)
        transaction.delete(award, condition=Award.person.exists())
        _count(transaction, award, -1)


def _only_as_read(transaction: TransactWrite, report: Report) -> None:
    unchanged = Report.version == int(report.version)
    transaction.condition_check(Report, report.id, "report", condition=unchanged)


def _count(transaction: TransactWrite, award: Award, sign: int) -> None:
    for name in award.tallies:
        transaction.update(Tally(name, award.person), [Tally.points.add(sign * POINTS)])
    transaction.update(Tally(award.person, day_item(award.day)), [Tally.points.add(sign)])
