"""The phones that a person wants pushes on."""

import hashlib
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from chalicelib.clock import Time, text
from chalicelib.errors import Fault, Unprocessable
from chalicelib.notifications import pushing
from chalicelib.notifications.models import DEVICE, Device, Preferences, devices_of

DEVICES_LIMIT = 10


class NewDevice(Struct, frozen=True, forbid_unknown_fields=True):
    """The platform, and the token that it gave the app on this phone."""

    platform: Literal["fcm", "apns"]
    token: Annotated[str, Meta(min_length=16, max_length=2048, pattern=r"^[A-Za-z0-9_:.-]+\Z")]


class DeviceView(Struct, frozen=True):
    """A phone, without its token."""

    id: str
    platform: str
    added_at: Time


class DeviceList(Struct, frozen=True):
    """The caller's phones, the oldest first."""

    items: list[DeviceView]
    next: None = None


def add(person: str, body: NewDevice, at: datetime) -> DeviceView:
    """Send pushes to this phone too; the same one again is the same one.

    Unprocessable when the city sends none to its platform, or the person has too many.
    """
    if not pushing.application(body.platform):
        raise Unprocessable(Fault("platform", "fault.no_push"))
    id = hashlib.sha256(f"{body.platform}\n{body.token}".encode()).hexdigest()[:26]
    known = {one.device_id: one for one in devices_of(person)}
    if id in known:
        return _view(known[id])
    if len(known) >= DEVICES_LIMIT:
        raise Unprocessable(Fault("token", "fault.too_many_devices", {"limit": DEVICES_LIMIT}))
    row = Device(person, f"{DEVICE}{id}", platform=body.platform, token=body.token)
    row.added_at = text(at)
    row.save()
    # Who has not said no wants them: that is why the phone was named.
    Preferences(person).update([Preferences.push.set(Preferences.push | True)])
    return _view(row)


def all_of(person: str) -> DeviceList:
    """The person's phones."""
    return DeviceList([_view(one) for one in sorted(devices_of(person), key=_age)])


def remove(person: str, id: str) -> None:
    """No more pushes to this phone; nothing happens when it is none of the person's."""
    for device in devices_of(person):
        if device.device_id == id:
            pushing.forget(device)


def forget(person: str) -> int:
    """Delete all of the person's phones, here and with SNS; says how many there were."""
    found = devices_of(person)
    for device in found:
        pushing.forget(device)
    return len(found)


def _age(device: Device) -> str:
    return str(device.added_at)


def _view(row: Device) -> DeviceView:
    return DeviceView(row.device_id, row.platform, row.added_at)
