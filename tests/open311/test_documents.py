"""Open311 GeoReport v2, read: every document in both formats, by the words of the protocol."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from chalicelib.clock import now, text
from chalicelib.open311.writing import xml
from chalicelib.photos.models import photos_of
from chalicelib.reports.models import Report
from tests.city import (
    COORDINATOR,
    FIRE,
    KENANGA,
    MELATI,
    MODERATOR,
    NORTH,
    ROAD,
    RUBBISH,
    Answer,
    City,
    officer,
)

BASE = "/open311/v2"
FIELDS = [
    "service_request_id",
    "status",
    "status_notes",
    "service_name",
    "service_code",
    "description",
    "agency_responsible",
    "service_notice",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
    "media_url",
]


def parsed(answer: Answer) -> Element:
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.body.startswith('<?xml version="1.0" encoding="UTF-8"?>')
    return ElementTree.fromstring(answer.body)


def plain(element: Element) -> Any:
    """What the JSON of the same content is, with every value as a text: the "Spark" rules."""
    children = list(element)
    if element.tag in ("services", "attributes", "values", "service_requests", "endpoints"):
        return [plain(child) for child in children]
    if element.tag in ("formats", "errors", "photos", "notes"):
        return [plain(child) for child in children]
    return {child.tag: plain(child) for child in children} if children else element.text


def texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: texts(one) for key, one in value.items()}
    if isinstance(value, list):
        return [texts(one) for one in value]
    if value is None or value == "":
        return None
    return json.dumps(value) if isinstance(value, bool | int | float) else value


def both(city: City, path: str, query: str = "") -> Any:
    """The JSON, which must say what the XML says."""
    answer = city.get(f"{BASE}/{path}.json{query}")
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert city.get(f"{BASE}/{path}{query}").body == answer.body
    assert plain(parsed(city.get(f"{BASE}/{path}.xml{query}"))) == texts(answer.json)
    return answer.json


def ids(city: City, query: str = "") -> list[str]:
    answer = city.get(f"{BASE}/requests.json{query}")
    assert answer.status == 200, answer.body
    return [one["service_request_id"] for one in answer.json]


def test_discovery_names_the_endpoint_and_when_anything_last_changed(city: City) -> None:
    for path in ("/open311/discovery", "/open311/v2/discovery"):
        told, in_xml = city.get(f"{path}.json"), city.get(f"{path}.xml")
        assert told.headers["content-type"] == "application/json"
        assert in_xml.headers["content-type"] == "text/xml"
        assert plain(ElementTree.fromstring(in_xml.body)) == told.json
        (endpoint,) = told.json["endpoints"]
        assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
        assert (endpoint["url"], endpoint["type"]) == ("https://api.test/open311/v2", "production")
        assert endpoint["formats"] == ["text/xml", "application/json"]
        assert {"changeset", "contact", "key_service"} < set(told.json)
    tag = {"if-none-match": told.headers["etag"]}
    assert city.get(f"{path}.json", headers=tag).status == 304


def test_services_are_the_categories_that_take_reports(city: City) -> None:
    services = {one["service_code"]: one for one in both(city, "services")}
    assert set(services) == {ROAD, RUBBISH}
    assert services[RUBBISH] == {
        "service_code": RUBBISH,
        "service_name": "Sampah",
        "description": "Sampah",
        "metadata": True,
        "type": "realtime",
        "keywords": "",
        "group": "kebersihan",
    }
    assert services[ROAD]["metadata"] is False
    english = city.get(f"{BASE}/services.json", headers={"accept-language": "en"})
    assert english.json[0]["service_name"] == "Broken road"


def test_a_definition_has_the_questions_in_their_order(city: City) -> None:
    definition = both(city, f"services/{RUBBISH}", "?jurisdiction_id=")
    assert definition["service_code"] == RUBBISH
    days, kind, _ = definition["attributes"]
    assert days == {
        "variable": True,
        "code": "sejak",
        "datatype": "number",
        "required": True,
        "datatype_description": None,
        "order": 1,
        "description": "Hari",
        "values": [],
    }
    assert (kind["datatype"], kind["order"]) == ("singlevaluelist", 2)
    assert kind["values"][0] == {"key": "plastik", "name": "Plastik"}
    for unknown in (FIRE, "tiada"):
        assert city.get(f"{BASE}/services/{unknown}.json").status == 404


def test_a_request_has_all_seventeen_fields_in_both_formats(city: City) -> None:
    sent = city.report(description="Pohon <tumbang> & 'miring'\r\nsejak \"tadi\"", address=None)
    (request,) = both(city, "requests")
    assert list(request) == FIELDS
    assert request["status"] == "open"
    assert (request["lat"], request["long"]) == (KENANGA.lat, KENANGA.lon)
    assert request["address"] == f"{KENANGA.lat}, {KENANGA.lon}"
    assert request["agency_responsible"] == "Dinas Jalan"
    assert request["requested_datetime"] == f"{sent['created_at'][:19]}Z"
    assert request["expected_datetime"] == f"{sent['due']['resolve'][:19]}Z"
    assert request["description"] == "Pohon <tumbang> & 'miring'\nsejak \"tadi\""
    assert both(city, f"requests/{sent['id']}") == [request]
    assert both(city, f"tokens/{sent['id']}") == [
        {"service_request_id": sent["id"], "token": sent["id"]}
    ]


def test_status_is_open_or_closed_and_notes_are_the_agency_s_latest_word(city: City) -> None:
    id = city.report(NORTH, category=RUBBISH, answers={"sejak": 1}, photos=1)["id"]
    clerk = officer(COORDINATOR)
    note = {"status": "in_progress", "note": "Truk berangkat pukul 9."}
    assert city.post(f"/v1/reports/{id}/status", note, by=clerk).status == 200
    (photo,) = photos_of(id)
    photo.update([type(photo).state.set("ready"), type(photo).folder.set("photos/abc")])
    Report(id, "report").update([Report.thumb.set("photos/abc")])
    (open_one,) = both(city, "requests", "?status=open")
    assert open_one["status_notes"] == "Truk berangkat pukul 9."
    assert open_one["media_url"] == "https://photos.test/photos/abc/1600.jpg"
    done = {"status": "resolved", "reason": "fixed"}
    assert city.post(f"/v1/reports/{id}/status", done, by=clerk).status == 200
    (closed,) = both(city, "requests", "?status=closed&extensions=true")
    assert (closed["status"], ids(city, "?status=open")) == ("closed", [])
    assert closed["extended_attributes"]["detailed_status"] == "resolved"
    (whole,) = both(city, f"requests/{id}", "?extensions=true")
    assert [one["type"] for one in whole["notes"]] == ["submitted", "in_progress", "resolved"]
    assert whole["extended_attributes"]["photos"][0]["media_url"] == open_one["media_url"]
    # Who does not ask for more gets the protocol's fields alone.
    assert list(city.get(f"{BASE}/requests/{id}.json").json[0]) == FIELDS


def test_a_list_is_by_service_status_time_place_or_ids(city: City) -> None:
    road, trash = city.report(KENANGA), city.report(NORTH, category=RUBBISH, answers={"sejak": 1})
    a, b = road["id"], trash["id"]
    soon, earlier = text(now() + timedelta(hours=1)), text(now() - timedelta(hours=1))
    assert ids(city) == [b, a]
    assert ids(city, f"?service_code={ROAD}") == ids(city, f"?service_code={ROAD},tiada") == [a]
    assert ids(city, "?service_code=tiada") == ids(city, "?status=closed") == []
    assert ids(city, "?status=open,closed&start_date=&end_date=") == [b, a]
    assert ids(city, f"?start_date={earlier}") == ids(city, f"?end_date={soon}") == [b, a]
    assert ids(city, f"?start_date={soon}") == ids(city, f"?end_date={earlier}") == []
    second = f"{trash['created_at'][:19]}Z"
    assert b in ids(city, f"?start_date={second}&end_date={second.replace('Z', '%2B00:00')}")
    assert ids(city, f"?lat={KENANGA.lat}&long={KENANGA.lon}&radius=500") == [a]
    assert ids(city, "?bbox=106.8,-6.2,106.9,-6.1&lat=&jurisdiction_id=kota.uji") == [b]
    # A list of ids overrides all else, and leaves out what is not there.
    assert ids(city, f"?service_request_id={a},tiada,{b}&status=closed") == [a, b]


def test_pages_are_an_extension_and_name_the_next_one(city: City) -> None:
    sent = [city.report(KENANGA)["id"] for _ in range(3)]
    assert ids(city, "?page_size=2") == sent[:0:-1]
    assert ids(city, "?page_size=2&page=2") == sent[:1]
    assert ids(city, "?page_size=2&page=3") == []
    first = city.get(f"{BASE}/requests.json?page_size=2&status=open&api_key=rahasia")
    link = first.headers["link"]
    assert link == f'<{BASE}/requests.json?page_size=2&status=open&page=2>; rel="next"'
    assert "link" not in city.get(f"{BASE}/requests.json?page_size=2&page=2").headers


def refused(city: City, path: str) -> tuple[int, list[str]]:
    """The status, and what each error says; XML says the same."""
    answer = city.get(f"{BASE}/{path}")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    head, _, query = path.partition("?")
    in_xml = city.get(f"{BASE}/{head.removesuffix('.json')}.xml?{query}")
    assert in_xml.status == answer.status
    assert plain(parsed(in_xml)) == answer.json
    assert {one["code"] for one in answer.json} == {str(answer.status)}
    return answer.status, [one["description"].partition(":")[0] for one in answer.json]


def test_errors_are_the_protocol_s_and_name_every_fault(city: City) -> None:
    period = "start_date=2026-01-01T00:00:00Z&end_date=2026-11-01T00:00:00Z"
    asked = f"requests.json?{period}&status=half&page=0&page_size=1001&bbox=1"
    wrong = ["end_date", "status", "page", "page_size", "bbox"]
    assert refused(city, asked) == (400, wrong)
    for name in ("start_date", "end_date"):
        for value in ("kemarin", "2026-11-24T08:00:00", "0001-01-01T00:00:00Z"):
            assert refused(city, f"requests.json?{name}={value}") == (400, [name])
    for place in ("lat=1", "lat=x&long=2", "lat=nan&long=2", "lat=99&long=2"):
        assert refused(city, f"requests.json?{place}")[0] == 400
    assert refused(city, "requests.json?bbox=-180,-80,180,80") == (400, ["bbox"])
    assert refused(city, "requests.json?page=9&page_size=1000") == (400, ["page"])


def test_what_is_not_there_is_404_in_the_format_that_was_asked_for(city: City) -> None:
    for path in ("requests/tiada.json", "tokens/x.json", "services/x.json", "peta.json", "a/b/c"):
        assert refused(city, path)[0] == 404
    answer = city.call("PUT", f"{BASE}/requests.xml")
    assert (answer.status, parsed(answer).find("error/code") is not None) == (400, True)
    # Elsewhere refusals stay as they are.
    assert city.get("/v1/peta").json["code"] == "NoSuchPath"


def test_private_and_hidden_reports_never_appear(city: City) -> None:
    private, hidden = city.report(MELATI, private=True)["id"], city.report(MELATI)["id"]
    body = {"action": "hide", "reason": "abuse"}
    path = f"/v1/admin/moderation/reports/{hidden}"
    assert city.post(path, body, by=MODERATOR).status == 200
    assert ids(city) == ids(city, f"?service_request_id={private},{hidden}") == []
    for id in (private, hidden):
        for document in ("requests", "tokens"):
            for by in (None, MODERATOR):
                assert city.get(f"{BASE}/{document}/{id}.json", by=by).status == 404


def hostile() -> Iterator[str]:
    yield from ("\x00\x0b\ufffe", "]]>", "<!DOCTYPE x>", "&amp;", "a\rb\n", "\U0001f6a7", "\ud800")


def test_xml_takes_whatever_people_write() -> None:
    for wild in hostile():
        read = ElementTree.fromstring(xml("errors", [{"description": wild}]).encode())
        kept = "".join(one for one in wild if one not in "\x00\x0b\ufffe\ud800")
        assert (read.findtext("error/description") or "") == kept
    small = ElementTree.fromstring(xml("attributes", [{"lat": 0.00001, "long": -0.0}]))
    assert small.findtext("attribute/lat") == "0.00001"
