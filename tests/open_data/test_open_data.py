"""Open data: every public report, nothing personal, and only the months that changed again."""

import csv
import io
import json
from typing import Any

import boto3

from chalicelib.clock import moment, now
from chalicelib.events.log import SETTLE_TIME
from chalicelib.open_data import publishing
from chalicelib.open_data.records import COLUMNS
from chalicelib.reports.models import Report
from chalicelib.settings import settings
from tests.city import CITIZEN, KENANGA, MELATI, City
from tests.events.stream import bring_all

MONTH = now().astimezone(settings.time_zone).isoformat()[:7]


def publish() -> list[str]:
    bring_all()
    return publishing.publish(now() + SETTLE_TIME, lambda: True)


def published(name: str) -> str:
    stored = boto3.client("s3").get_object(Bucket=settings.photos_bucket, Key=f"open-data/{name}")
    text: str = stored["Body"].read().decode()
    return text


def rows() -> dict[str, dict[str, str]]:
    read = csv.DictReader(io.StringIO(published(f"{MONTH}.csv")))
    assert read.fieldnames == list(COLUMNS)
    return {row["service_request_id"]: row for row in read}


def features() -> dict[str, Any]:
    return {one["id"]: one for one in json.loads(published(f"{MONTH}.geojson"))["features"]}


def test_what_is_public_is_published_and_nothing_personal(city: City) -> None:
    text = "=HYPERLINK(\"//evil\") lubang, 'dalam'\nsekali"
    shown = city.report(KENANGA, description=text, address="Jl. Uji 1", share_identity=True)
    contact = {"name": "Ani Wijaya", "phone": "+628123456789"}
    Report(shown["id"], "report").update(actions=[Report.contact.set(contact)])
    anonymous = city.report(MELATI, by=None)
    private = city.report(KENANGA, private=True)
    hidden, taken = city.report(KENANGA), city.report(KENANGA)
    Report(hidden["id"], "report").update(actions=[Report.hidden.set("personal")])
    assert city.post(f"/v1/reports/{taken['id']}/withdraw", {}, by=CITIZEN).status < 300
    assert publish() == [MONTH]
    assert set(rows()) == set(features()) == {shown["id"], anonymous["id"]}
    row = rows()[shown["id"]]
    assert row["description"] == "'=HYPERLINK(\"//evil\") lubang, 'dalam' sekali"
    assert (row["status_description"], row["service_name"]) == ("submitted", "Jalan rusak")
    assert (row["lat"], row["long"]) == (str(KENANGA.lat), str(KENANGA.lon))
    feature = features()[shown["id"]]
    assert feature["geometry"]["coordinates"] == [KENANGA.lon, KENANGA.lat]
    assert feature["properties"]["areas"] == ["uji", "kenanga"]
    everything = published(f"{MONTH}.csv") + published(f"{MONTH}.geojson")
    ids = (anonymous["tracking_code"], private["id"], hidden["id"])
    for secret in (CITIZEN.sub, *contact.values(), *ids):
        assert secret not in everything
    (month,) = json.loads(published("index.json"))["months"]
    assert (month["month"], month["reports"]) == (MONTH, 2)
    assert month["csv"] == f"{settings.photos_url}/open-data/{MONTH}.csv"


def test_only_what_changed_is_written_again_and_what_is_hidden_goes(city: City) -> None:
    report = city.report(KENANGA)
    assert publish() == [MONTH]
    assert publish() == []
    city.post(f"/v1/reports/{report['id']}/withdraw", {}, by=CITIZEN)
    assert publish() == [MONTH]
    assert rows() == features() == {}


def test_a_run_without_time_leaves_the_month_to_the_next(city: City) -> None:
    city.report(KENANGA)
    bring_all()
    time_left = iter([True, False, False])
    assert publishing.publish(now() + SETTLE_TIME, lambda: next(time_left)) == []
    assert publish() == [MONTH]


def test_night_is_by_the_city_s_clock() -> None:
    nights = [publishing.by_night(moment(f"2026-11-24T{hour:02}:35:00Z")) for hour in range(24)]
    # In Jakarta midnight is at 17 UTC.
    assert [hour for hour, night in enumerate(nights) if night] == list(range(17, 23))
