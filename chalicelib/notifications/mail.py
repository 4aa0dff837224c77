"""Mails to people: to an address they confirmed, in their language, with a way out in each.

Each notification and each daily mail is claimed before it is sent: a message that comes twice is
mailed once, and one that the mail service refuses is given back and tried again.
"""

from datetime import datetime

from pynamodb.exceptions import DeleteError

from chalicelib import aws, texts
from chalicelib.clock import text
from chalicelib.notifications import inbox, links
from chalicelib.notifications.models import (
    DAILY,
    DailyMail,
    Notification,
    Preferences,
    claimed,
    preferences_of,
)
from chalicelib.observability import logger
from chalicelib.reports import questions
from chalicelib.settings import settings

LINES_LIMIT = 100


def mail_one(person: str, event_id: str, at: datetime) -> None:
    """Mail a notification to who still wants each of them by mail."""
    wishes = preferences_of(person)
    if wishes.mail != "each" or not wishes.email:
        return
    row = claimed(person, event_id, Notification.mailed_at, text(at))
    if row is None:
        return
    try:
        _mail(wishes, [row])
    except Exception:
        row.update([Notification.mailed_at.remove()])
        raise


def mail_daily() -> int:
    """Send all daily mails that have something to tell; says how many."""
    return sum([_mailed(person) for person in _waiting()])


def _waiting() -> list[str]:
    pages = (
        aws.dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=settings.people_table,
            IndexName="listed",
            KeyConditionExpression="listed = :daily",
            ExpressionAttributeValues={":daily": {"S": DAILY}},
        )
    )
    return [item["person"]["S"] for page in pages for item in page["Items"]]


def _mailed(person: str) -> bool:
    wishes = preferences_of(person)
    try:
        row = DailyMail.get(person, DAILY, consistent_read=True)
        row.delete(condition=DailyMail.since == row.since)
    except (DailyMail.DoesNotExist, DeleteError):
        return False
    if wishes.mail != "daily" or not wishes.email:
        return False
    since = inbox.since(person, row.since, LINES_LIMIT)
    rows = [one for one in since if wishes.wants(one.type)]
    if not rows:
        return False
    try:
        _mail(wishes, rows)
    except Exception:
        # Tomorrow again; one address that fails holds nobody else's mail.
        logger.exception("daily mail not sent")
        row.save()
        return False
    return True


def ask(email: str, person: str, language: str, at: datetime) -> None:
    """Mail the link by which the owner of the address says that it is theirs."""
    facts = {"city": settings.city_name, "link": links.confirmation(person, email, at)}
    _send(
        email,
        texts.say("mail.confirm.subject", language, city=settings.city_name),
        texts.say("mail.confirm.body", language, **facts),
        [],
    )


def _mail(wishes: Preferences, rows: list[Notification]) -> None:
    language = wishes.language
    lines = [f"{inbox.sentence(row, language)}\n{_link(row)}" for row in rows]
    way_out = links.unsubscribe(wishes.person)
    facts = {"city": settings.city_name, "lines": "\n\n".join(lines), "link": way_out}
    subject = (
        inbox.sentence(rows[0], language)
        if len(rows) == 1
        else texts.say("mail.news.subject", language, city=settings.city_name, count=len(rows))
    )
    # RFC 8058: mail programs show a button that sends one POST.
    headers = [
        {"Name": "List-Unsubscribe", "Value": f"<{way_out}>"},
        {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
    ]
    _send(wishes.email, subject, texts.say("mail.news.body", language, **facts), headers)


def _link(row: Notification) -> str:
    """The report's page; of a question that still waits for this person, where it is answered."""
    if row.type == "report.question_asked":
        report = questions.waiting_for(row.person, row.report_id)
        if report is not None:
            return questions.link(report)
    return links.share(row.report_id)


def _send(to: str, subject: str, body: str, headers: list[dict[str, str]]) -> None:
    aws.ses().send_email(
        FromEmailAddress=settings.sender_email,
        Destination={"ToAddresses": [to]},
        # By it SES mails no address that bounced for good or complained; not on one machine.
        **({"ConfigurationSetName": name} if (name := settings.mail_configuration) else {}),
        Content={
            "Simple": {
                "Subject": {"Data": subject, "Charset": "UTF-8"},
                "Body": {"Text": {"Data": body, "Charset": "UTF-8"}},
                **({"Headers": headers} if headers else {}),
            }
        },
    )
