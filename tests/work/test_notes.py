"""What stays inside: desks and notes are for who has the report, and for nobody else."""

from chalicelib.reports.models import find
from tests.city import CITIZEN, KENANGA, MODERATOR, ROADS, WARD, City, officer, told
from tests.reports.steps import moved

CLERK = officer(ROADS)
SECRET = "Pelapor pernah mengancam petugas."


def test_no_reader_event_or_timeline_ever_has_a_note_or_a_desk(city: City) -> None:
    report = city.report(KENANGA)
    path = f"/v1/reports/{report['id']}"
    assert city.post(f"{path}/notes", {"text": SECRET}, by=CLERK).status == 201
    answer = city.post(f"{path}/assignee", {"assignee": "ani"}, by=CLERK)
    assert (answer.json["assignee"], answer.json["version"]) == ("ani", 2)
    # To the same desk again: nothing happens.
    again = city.post(f"{path}/assignee", {"assignee": "ani"}, by=CLERK)
    assert again.json["version"] == 2
    moved(city, report, "in_progress", CLERK)
    for by in (None, CITIZEN, officer(WARD)):
        for page in (path, f"{path}/updates"):
            body = city.get(page, by=by).body
            assert SECRET not in body
            assert "ani" not in body.replace("Balai", "").replace("melati", "")
        assert city.get(f"{path}/notes", by=by).status in (401, 403)
    kinds = [one["kind"] for one in city.get(f"{path}/updates").json["items"]]
    assert kinds == ["submitted", "status"]
    events = told(report["id"])
    assert [event["data"]["version"] for event in events] == [1, 3]
    assert SECRET not in str(events)


def test_notes_travel_with_the_report_and_say_whose_they_are(city: City) -> None:
    report = city.report(KENANGA)
    path = f"/v1/reports/{report['id']}"
    city.post(f"{path}/notes", {"text": SECRET}, by=CLERK)
    city.post(f"{path}/assignee", {"assignee": "ani"}, by=CLERK)
    city.post(f"{path}/assignee", {"assignee": None}, by=MODERATOR)
    moved(city, report, "referred", CLERK, refer_to=WARD)
    assert city.get(f"{path}/notes", by=CLERK).status == 403
    notes = city.get(f"{path}/notes", by=officer(WARD)).json["items"]
    assert [(one["kind"], one["agency"], one["text"], one["assignee"]) for one in notes] == [
        ("note", ROADS, SECRET, None),
        ("assigned", ROADS, None, "ani"),
        ("assigned", None, None, None),
    ]
    assert find(report["id"]).assignee is None


def test_a_private_reports_notes_do_not_exist_for_others(city: City) -> None:
    report = city.report(KENANGA, private=True)
    for by in (CITIZEN, officer(WARD)):
        wanted = 200 if by == CITIZEN else 404
        assert city.get(f"/v1/reports/{report['id']}", by=by).status == wanted
    assert city.get(f"/v1/reports/{report['id']}/notes", by=officer(WARD)).status == 404


def test_a_note_is_plain_text_with_something_to_be_seen_in_it(city: City) -> None:
    notes = f"/v1/reports/{city.report(KENANGA)['id']}/notes"
    assert (
        city.post(notes, {"text": " Lu\u200bbang\r\nlagi "}, by=CLERK).json["text"]
        == "Lubang\nlagi"
    )
    for words in (" \u200b", "a\u202eb", "a\x00b"):
        assert city.post(notes, {"text": words}, by=CLERK).status == 422
