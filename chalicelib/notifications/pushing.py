"""Pushes to phones by SNS: FCM and APNs, as far as the city has set them up.

A phone gets its endpoint with its first push: only this module's worker may make one.
"""

from datetime import datetime
from typing import Any

import msgspec
from botocore.exceptions import ClientError
from pynamodb.exceptions import UpdateError

from chalicelib import aws
from chalicelib.clock import text
from chalicelib.notifications import inbox
from chalicelib.notifications.models import (
    Device,
    Notification,
    claimed,
    devices_of,
    preferences_of,
)
from chalicelib.observability import logger
from chalicelib.settings import settings

# Botocore names an error by its code, and some of SNS's by their type.
_GONE = {
    "EndpointDisabled",
    "EndpointDisabledException",
    "NotFound",
    "NotFoundException",
    "InvalidParameter",
    "InvalidParameterException",
}


def push_one(person: str, event_id: str, at: datetime) -> None:
    """Push a notification to each phone of who still wants that.

    Claimed before it is sent, as a mail is. When one of several phones fails all are tried again:
    by `event_id` an app knows what it has shown already.
    """
    wishes = preferences_of(person)
    if not wishes.push:
        return
    row = claimed(person, event_id, Notification.pushed_at, text(at))
    if row is None:
        return
    try:
        _push(row, wishes.language)
    except Exception:
        row.update([Notification.pushed_at.remove()])
        raise


def application(platform: str) -> str:
    """The ARN of SNS's application for a platform; empty where the city sends no pushes."""
    return {"fcm": settings.push_fcm_arn, "apns": settings.push_apns_arn}[platform]


def forget(device: Device) -> None:
    """Delete the phone here and with SNS."""
    if device.endpoint:
        aws.sns().delete_endpoint(EndpointArn=device.endpoint)
    device.delete()


def _push(row: Notification, language: str) -> None:
    said = inbox.sentence(row, language)
    for device in devices_of(row.person):
        if application(device.platform):
            _send(device, _message(row, said, application(device.platform)))


def _send(device: Device, message: str) -> None:
    """Publish; a phone that takes no pushes any more, or never could, is forgotten."""
    try:
        target = device.endpoint or _registered(device)
        aws.sns().publish(TargetArn=target, MessageStructure="json", Message=message)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _GONE:
            raise
        logger.info("device forgotten", platform=device.platform)
        forget(device)


def _registered(device: Device) -> str:
    """SNS's name of the phone, made and kept."""
    made = aws.sns().create_platform_endpoint(
        PlatformApplicationArn=application(device.platform), Token=device.token
    )
    device.endpoint = made["EndpointArn"]
    kept = Device.endpoint.set(device.endpoint)
    try:
        device.update([kept], condition=Device.person.exists())
    except UpdateError:
        # Taken away meanwhile, or not written down: nobody would find the endpoint to delete it.
        aws.sns().delete_endpoint(EndpointArn=made["EndpointArn"])
        raise
    return str(made["EndpointArn"])


def _message(row: Notification, said: str, application: str) -> str:
    """The payload for the application's platform; never what anybody wrote, nor who."""
    data = {"event_id": row.event_id, "report_id": row.report_id, "type": row.type}
    shown = {"title": settings.city_name, "body": said}
    platform = application.split("/")[1]
    payload: dict[str, Any] = (
        {"fcmV1Message": {"message": {"notification": shown, "data": data}}}
        if platform == "GCM"
        else {"aps": {"alert": shown, "sound": "default"}, **data}
    )
    return _json({"default": said, platform: _json(payload)})


def _json(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()
