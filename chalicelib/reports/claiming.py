"""An anonymous report becomes an account's: by who holds its tracking code and is signed in."""

from datetime import datetime

from pynamodb.exceptions import UpdateError

from chalicelib.clock import text
from chalicelib.people.identity import Caller
from chalicelib.reports.changing import changed_meanwhile
from chalicelib.reports.models import Report, find
from chalicelib.reports.permission import must_be_reporter


def claim(report_id: str, caller: Caller, at: datetime) -> Report:
    """Make the report the caller's; from then on the account is the key, and the code is none.

    Harmless when sent again. It is no entry of the timeline and no event: whose a report is
    concerns nobody else. Raises NotAllowed without the code, ReportChanged for the loser of a race.
    """
    report = find(report_id)
    must_be_reporter(report, caller)
    if report.reporter is not None:
        return report
    before = int(report.version)
    try:
        report.update(
            [
                Report.reporter.set(str(caller.account)),
                Report.tracking_hash.remove(),
                Report.updated_at.set(text(at)),
                Report.version.set(before + 1),
            ],
            condition=(Report.version == before) & Report.reporter.does_not_exist(),
        )
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        raise changed_meanwhile(find(report_id)) from None
    return report
