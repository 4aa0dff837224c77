"""Telling an agency that its endpoint gets nothing more."""

import msgspec

from chalicelib import aws, texts
from chalicelib.agencies.models import Agency, Entry
from chalicelib.observability import logger
from chalicelib.settings import settings
from chalicelib.webhooks.models import Endpoint


def endpoint_disabled(to: Endpoint, reason: str) -> None:
    """Write to the agency's own e-mail address, in both languages, if the directory has one."""
    address = _address(to.agency)
    logger.warning(
        "notice of a disabled endpoint", endpoint=to.id, reason=reason, mailed=bool(address)
    )
    if not address:
        return
    facts = {"url": to.url, "id": to.id, "city": settings.city_name}
    subject = texts.say("notice.disabled.subject", "id", **facts)
    body = "\n\n".join(
        texts.say(f"notice.disabled.{reason}", language, **facts) for language in ("id", "en")
    )
    aws.ses().send_email(
        FromEmailAddress=settings.sender_email,
        Destination={"ToAddresses": [address]},
        Content={
            "Simple": {
                "Subject": {"Data": subject, "Charset": "UTF-8"},
                "Body": {"Text": {"Data": body, "Charset": "UTF-8"}},
            }
        },
    )


def _address(agency_id: str | None) -> str | None:
    if agency_id is None:
        return None
    try:
        entry = Entry.get("agency", agency_id)
    except Entry.DoesNotExist:
        return None
    return msgspec.json.decode(entry.body, type=Agency).email
