"""Everybody can have what is kept of them, and nobody else can."""

import json
from datetime import timedelta

from chalicelib import aws
from chalicelib.clock import now
from chalicelib.privacy import exporting, exports
from chalicelib.settings import settings
from tests.city import CITIZEN, City, Person
from tests.privacy.archive import archives, exported, make, order, queued

OTHER = Person("citizen", "orang-lain")


def test_an_archive_is_its_owners_alone(city: City) -> None:
    mine = city.report(description="Lubang milik saya.", private=True)
    theirs = city.report(by=OTHER, description="Bukan milik saya.")
    city.post(f"/v1/reports/{theirs['id']}/comments", {"text": "Kata orang lain."}, by=OTHER)
    files = exported(city, CITIZEN)
    text = b"".join(files.values()).decode()
    assert f"reports/{mine['number']}/report.json" in files
    assert json.loads(files["about.json"])["account"] == CITIZEN.sub
    for foreign in (theirs["id"], theirs["number"], "Bukan milik", "orang lain", OTHER.sub):
        assert foreign not in text
    # Neither a link that would answer for them, nor ones that are over soon.
    assert "https://" not in text.replace(settings.public_url, "")
    other = city.get("/v1/me/export", by=OTHER)
    assert (other.status, other.json["code"]) == (404, "ExportNotFound")
    assert city.get("/v1/me/export").status == 401


def test_who_orders_twice_gets_the_one_that_is_there(city: City) -> None:
    first = order(city, CITIZEN)
    assert (first["state"], first["url"]) == ("waiting", None)
    assert order(city, CITIZEN) == first
    (name,) = queued()
    assert CITIZEN.sub not in name
    make(name)
    (key,) = archives()
    # A message that comes twice makes nothing anew.
    assert make(name) == 0
    assert order(city, CITIZEN)["state"] == "ready"
    assert queued() == []
    later = now() + exports.AGAIN_AFTER + timedelta(minutes=1)
    assert exports.order(CITIZEN.sub, later).state == "waiting"
    assert archives() == set()
    assert city.get("/v1/me/export", by=CITIZEN).json["url"] is None
    make(*queued())
    assert archives() != {key}


def test_after_a_week_there_is_none(city: City) -> None:
    exported(city, CITIZEN)
    row = exports.export_of(CITIZEN.sub, now())
    assert row.expires == int(row.gone_at.timestamp())
    row.update([exports.Export.ordered_at.set("2026-11-01T00:00:00.000Z")])
    assert city.get("/v1/me/export", by=CITIZEN).status == 404


def test_what_cannot_be_made_can_be_ordered_anew(city: City) -> None:
    report = city.report(photos=1)
    order(city, CITIZEN)
    (name,) = queued()
    # Its reports cannot be read: the table has a row that is none.
    row = {"id": {"S": report["id"]}, "item": {"S": "photo#kosong"}}
    aws.dynamodb().put_item(TableName=settings.reports_table, Item=row)
    assert make(name) == 1
    assert city.get("/v1/me/export", by=CITIZEN).json["state"] == "waiting"
    assert make(name, received=3) == 1
    assert city.get("/v1/me/export", by=CITIZEN).json["state"] == "failed"
    assert order(city, CITIZEN)["state"] == "waiting"


def test_who_leaves_while_it_is_made_leaves_no_archive(city: City) -> None:
    order(city, CITIZEN)
    (name,) = queued()
    row = exports.Export.get(name, "export")
    assert exports.erase(CITIZEN.sub) == 1
    # The worker had read the order before.
    exporting.deliver(row, now())
    assert archives() == set()
    assert make(name) == 0
    assert archives() == set()
