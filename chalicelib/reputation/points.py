"""Points: 10 for a report whose fix its reporter has confirmed, and for nothing else.

Neither sending nor supporting brings any, so that there is nothing to gain by volume or by a ring
of friends. They go to the month of the confirmation and each area of the report. Where that looks
gamed (see guards.py) they are withheld until a moderator has decided the report's case.
"""

from datetime import datetime

from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib import aws
from chalicelib.clock import moment
from chalicelib.errors import ReportChanged, ReportNotFound
from chalicelib.moderation import cases
from chalicelib.moderation.models import REPORT
from chalicelib.people.identity import STAFF
from chalicelib.people.models import Standing
from chalicelib.reports.models import Report, find
from chalicelib.reputation import guards
from chalicelib.reputation.models import Award, Tally, award_item, day_item, tally_of
from chalicelib.settings import settings

POINTS = 10
TRIES = 4


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
    elif award is not None and award.withheld and cases.case_of(report_id, REPORT) is None:
        _release(report, award)


def decided(report_id: str, at: datetime) -> None:
    """Settle the points of a report whose case a moderator has closed.

    ReportChanged when others kept getting in between.
    """
    for _ in range(TRIES):
        try:
            return settle(report_id, at)
        except TransactWriteError as error:
            if not aws.outrun(error):
                raise
    raise ReportChanged


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
    award.pictures = guards.pictures_of(report.id) or None
    if guards.suspicious(report, day, award.pictures or []):
        # The case first: an award that is withheld without one would look decided.
        cases.report(report.id, REPORT, "suspicious", at)
        award.withheld = True
    with TransactWrite(connection=aws.connection()) as transaction:
        _only_as_read(transaction, report)
        transaction.save(award, condition=Award.person.does_not_exist())
        _count_day(transaction, award, 1)
        if not award.withheld:
            _count(transaction, award, 1)


def _release(report: Report, award: Award) -> None:
    with TransactWrite(connection=aws.connection()) as transaction:
        _only_as_read(transaction, report)
        withheld = Award.withheld.exists()
        transaction.update(award, [Award.withheld.remove()], condition=withheld)
        _count(transaction, award, 1)


def _take(report: Report, award: Award) -> None:
    with TransactWrite(connection=aws.connection()) as transaction:
        _only_as_read(transaction, report)
        same = Award.withheld.exists() if award.withheld else Award.withheld.does_not_exist()
        transaction.delete(award, condition=Award.person.exists() & same)
        _count_day(transaction, award, -1)
        if not award.withheld:
            _count(transaction, award, -1)


def _only_as_read(transaction: TransactWrite, report: Report) -> None:
    unchanged = Report.version == int(report.version)
    transaction.condition_check(Report, report.id, "report", condition=unchanged)


def _count(transaction: TransactWrite, award: Award, sign: int) -> None:
    for name in award.tallies:
        transaction.update(Tally(name, award.person), [Tally.points.add(sign * POINTS)])


def _count_day(transaction: TransactWrite, award: Award, sign: int) -> None:
    transaction.update(Tally(award.person, day_item(award.day)), [Tally.points.add(sign)])
