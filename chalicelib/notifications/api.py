"""HTTP of notifications: inbox, alerts and wishes of the caller, and the links in mails."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta, Struct

from chalicelib import clock, texts
from chalicelib.clock import Time
from chalicelib.errors import InvalidInput, TooManyRequests, Unprocessable
from chalicelib.notifications import alerts, devices, inbox, links, wishes
from chalicelib.notifications.alerts import Centre, NewAlert
from chalicelib.notifications.devices import DeviceList, DeviceView, NewDevice
from chalicelib.notifications.inbox import Inbox, InboxQuery
from chalicelib.notifications.models import Alert, alerts_of
from chalicelib.notifications.wishes import WishChanges, Wishes
from chalicelib.people.identity import Caller
from chalicelib.settings import settings
from chalicelib.web import HTML, Asked, Reply, Routes

if TYPE_CHECKING:
    from jinja2 import Template

routes = Routes(__name__, "notifications")


class AlertView(Struct, frozen=True):
    """An alert: a circle or an area, and of which categories; none means all."""

    id: str
    near: Centre | None
    radius_m: int | None
    area: str | None
    categories: list[str]


class AlertList(Struct, frozen=True):
    """The caller's alerts, the oldest first."""

    items: list[AlertView]
    next: None = None


class ReadUntil(Struct, frozen=True, forbid_unknown_fields=True):
    """The newest notification that has been read: all before it have been, too."""

    read_until: Annotated[str, Meta(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}\Z")]


class TokenQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """The token of a mail's link; `sure` once its reader has pressed the button."""

    token: Annotated[str, Meta(max_length=1000)]
    sure: Literal["yes"] | None = None


class Unsubscribed(Struct, frozen=True):
    """That no mail will come any more, and since when."""

    at: Time
    unsubscribed: bool = True


@routes.get("/v1/me/notifications")
def list_notifications(query: InboxQuery, caller: Caller, asked: Asked) -> Inbox:
    """What happened to the caller's reports and those followed, in the last 90 days."""
    return inbox.page(str(caller.sub), query, asked.language)


@routes.patch("/v1/me/notifications")
def mark_read(body: ReadUntil, caller: Caller) -> ReadUntil:
    """Mark a notification read, and all that are older."""
    wishes.read_until(str(caller.sub), body.read_until)
    return body


@routes.get("/v1/me/preferences")
def show_preferences(caller: Caller) -> Reply[Wishes]:
    """How the caller is told, beside the inbox."""
    return _own(wishes.shown(str(caller.sub)))


@routes.patch("/v1/me/preferences", problems=(TooManyRequests,))
def change_preferences(body: WishChanges, caller: Caller) -> Reply[Wishes]:
    """Choose mails, pushes, and of what. A new address gets a link to confirm it."""
    return _own(wishes.change(str(caller.sub), body, clock.now()))


@routes.post("/v1/me/alerts", status=201, problems=(Unprocessable,))
def create_alert(body: NewAlert, caller: Caller) -> AlertView:
    """Be told of new reports around a point or in an area."""
    return _view(alerts.create(str(caller.sub), body, clock.now()))


@routes.get("/v1/me/alerts")
def list_alerts(caller: Caller) -> AlertList:
    """The caller's alerts."""
    return AlertList([_view(alert) for alert in alerts_of(str(caller.sub))])


@routes.delete("/v1/me/alerts/{id}", status=204)
def delete_alert(id: str, caller: Caller) -> None:
    """End an alert."""
    alerts.remove(str(caller.sub), id)


@routes.put("/v1/me/devices", problems=(Unprocessable,))
def add_device(body: NewDevice, caller: Caller) -> Reply[DeviceView]:
    """Send pushes to this phone; one that is there already stays as it is."""
    return _own(devices.add(str(caller.sub), body, clock.now()))


@routes.get("/v1/me/devices")
def list_devices(caller: Caller) -> Reply[DeviceList]:
    """The caller's phones."""
    return _own(devices.all_of(str(caller.sub)))


@routes.delete("/v1/me/devices/{id}", status=204)
def remove_device(id: str, caller: Caller) -> None:
    """Send no more pushes to a phone; an app calls this when its user signs out."""
    devices.remove(str(caller.sub), id)


@routes.get("/v1/unsubscribe", problems=(InvalidInput,), page=True)
def show_unsubscribe(query: TokenQuery, asked: Asked) -> Reply[str]:
    """The page behind a mail's way out; mail ends when its button is pressed."""
    person = links.unsubscribed(query.token)
    if query.sure:
        wishes.end_mail(person)
    return _page("unsubscribe", query, asked.language)


@routes.post("/v1/unsubscribe", problems=(InvalidInput,), page=True)
def unsubscribe(query: TokenQuery) -> Unsubscribed:
    """One click in a mail program (RFC 8058): no mail comes any more."""
    wishes.end_mail(links.unsubscribed(query.token))
    return Unsubscribed(clock.text(clock.now()))


@routes.get("/v1/email-confirmation", problems=(InvalidInput,), page=True)
def confirm_email(query: TokenQuery, asked: Asked) -> Reply[str]:
    """The page behind the link that a new address gets; its button makes it the account's."""
    person, email = links.confirmed(query.token, clock.now())
    if query.sure:
        wishes.confirm(person, email)
    return _page("confirm", query, asked.language)


def _own(content: Struct) -> Reply[Any]:
    return Reply(content, headers={"Cache-Control": "no-store"})


def _view(alert: Alert) -> AlertView:
    near = None if alert.lat is None else Centre(float(alert.lat), float(alert.lon))
    radius = None if alert.radius_m is None else int(alert.radius_m)
    return AlertView(alert.alert_id, near, radius, alert.area, alert.categories or [])


def _page(kind: str, query: TokenQuery, language: str) -> Reply[str]:
    state = "done" if query.sure else "ask"
    html = _template().render(
        language=language,
        city=settings.city_name,
        text=texts.say(f"page.{kind}.{state}", language, city=settings.city_name),
        button=None if query.sure else texts.say(f"page.{kind}.button", language),
        token=query.token,
    )
    policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"
    headers = {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": f"{policy}; frame-ancestors 'none'",
    }
    return Reply(html, media_type=HTML, headers=headers)


@cache
def _template() -> "Template":
    # Jinja2 takes tens of milliseconds to import, and few calls make a page.
    from jinja2 import Environment, StrictUndefined

    source = Path(__file__).with_name("page.html.j2").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(source)
