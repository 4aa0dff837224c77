"""Taking people's words out of the event log, and out of what endpoints answered to them.

The log is append-only but for this: a field of TEXTS may be emptied, and nothing else. No counter
reads these fields, so a recount counts the same as before. A delivery that is still to come sends
the body as it is in the log then.
"""

from typing import Any

import msgspec

from chalicelib import aws
from chalicelib.clock import moment
from chalicelib.events.models import Envelope, Event, items_of_hour
from chalicelib.reports.models import timeline
from chalicelib.settings import settings
from chalicelib.webhooks import excerpts

TEXTS = ("note",)
"""The fields of EventData that hold what somebody wrote; all others are ids, codes and numbers."""


def redact(report_id: str, only_reporter: bool) -> int:
    """Empty the texts of the report's events; how many events had any.

    An event with a text has an entry of the timeline from the same moment: by those hours the
    events are found, while the timeline is there.
    """
    hours = {moment(entry.at).strftime("%Y-%m-%dT%H") for entry in timeline(report_id)}
    found = [item for hour in sorted(hours) for item in _of_report(report_id, hour)]
    return sum(_redacted(Event.from_raw_data(item), only_reporter) for item in found)


def _of_report(report_id: str, hour: str) -> list[dict[str, Any]]:
    def narrow(request: dict[str, Any]) -> None:
        request["FilterExpression"] = "report_id = :report"
        request["ExpressionAttributeValues"][":report"] = {"S": report_id}

    return list(items_of_hour(hour, "0", "~", narrow))


def _redacted(event: Event, only_reporter: bool) -> bool:
    envelope = msgspec.json.decode(event.body, type=Envelope)
    data = envelope.data
    if only_reporter and data.actor != "reporter":
        return False
    told = {name: None for name in TEXTS if getattr(data, name) is not None}
    if not told:
        return False
    excerpts.forget(event)
    bare = msgspec.structs.replace(envelope, data=msgspec.structs.replace(data, **told))
    aws.dynamodb().update_item(
        TableName=settings.events_table,
        Key={"hour": {"S": event.hour}, "id": {"S": event.id}},
        UpdateExpression="SET body = :body",
        ConditionExpression="attribute_exists(id)",
        ExpressionAttributeValues={":body": {"S": msgspec.json.encode(bare).decode()}},
    )
    return True
