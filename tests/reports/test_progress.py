"""Steps of the life cycle: who may take which, what each needs, what it leaves, who wins a race."""

from typing import Any

import pytest

from chalicelib.clock import new_id, now, text
from chalicelib.errors import PreconditionFailed
from chalicelib.people.identity import Caller
from chalicelib.reports import progress
from chalicelib.reports.models import Report, Update, find
from chalicelib.reports.wording import StatusChange
from tests.city import (
    ADMIN,
    CITIZEN,
    COORDINATOR,
    KENANGA,
    MELATI,
    MODERATOR,
    ROADS,
    RUBBISH,
    WARD,
    City,
    Person,
    officer,
    told,
)
from tests.reports.steps import ROADMAN, confirm, faults, fixed, move, moved, photo
from tests.reports.storage import meanwhile, race, refusing_transactions, stored


@pytest.mark.parametrize("by", [ROADMAN, MODERATOR, ADMIN], ids=["agency", "moderator", "admin"])
@pytest.mark.parametrize("status", ["acknowledged", "in_progress", "referred", "rejected"])
def test_an_agency_or_a_moderator_takes_a_new_report_further(
    city: City, status: str, by: Person
) -> None:
    report = moved(city, city.report(), status, by)
    assert (report["status"], report["version"]) == (status, 2)


@pytest.mark.parametrize(
    "path",
    [
        ("acknowledged", "in_progress", "acknowledged", "rejected"),
        ("in_progress", "resolved"),
        ("referred", "acknowledged", "resolved"),
        ("referred", "in_progress", "referred", "resolved"),
    ],
    ids=" ".join,
)
def test_work_goes_on_step_by_step(city: City, path: tuple[str, ...]) -> None:
    # Referred back and forth between the two agencies that the city has beside the coordinator.
    report, holder = city.report(category=RUBBISH, answers={"sejak": 1}), COORDINATOR
    for status in path:
        to = WARD if holder != WARD else ROADS
        needed = {"refer_to": to} if status == "referred" else {}
        report = moved(city, report, status, officer(holder), **needed)
        holder = to if status == "referred" else holder
    assert report["status"] == path[-1]
    assert report["version"] == len(path) + 1
    updates = city.get(f"/v1/reports/{report['id']}/updates").json["items"]
    assert [update["status"] for update in updates] == ["submitted", *path]


def test_each_change_adds_one_version_one_update_and_one_event(city: City) -> None:
    report = city.report()
    report = moved(city, report, "acknowledged", note="Petugas datang besok.")
    report = fixed(city, report)
    report = confirm(city, report, True, body={"rating": 5, "comment": "Bagus."}).json
    assert report["version"] == 4
    assert [(event["type"], event["data"]["version"]) for event in told(report["id"])] == [
        ("report.created", 1),
        ("report.status_changed", 2),
        ("report.status_changed", 3),
        ("report.confirmed", 4),
    ]
    updates = city.get(f"/v1/reports/{report['id']}/updates").json["items"]
    assert [(one["by"], one["status"], one["note"]) for one in updates] == [
        ("reporter", "submitted", None),
        ("agency", "acknowledged", "Petugas datang besok."),
        ("agency", "resolved", None),
        ("reporter", "confirmed", "Bagus."),
    ]
    assert [one["agency"] and one["agency"]["id"] for one in updates] == [None, ROADS, ROADS, None]


def test_an_event_tells_what_was_before_and_why(city: City) -> None:
    report = moved(city, city.report(), "in_progress")
    moved(city, report, "rejected", reason="private_property", note="Jalan milik pribadi.")
    data = told(report["id"])[-1]["data"]
    assert (data["previous_status"], data["status"]) == ("in_progress", "rejected")
    assert (data["reason"], data["note"]) == ("private_property", "Jalan milik pribadi.")
    assert data["actor"] == "agency"


@pytest.mark.parametrize(
    ("so_far", "wanted", "legal"),
    [
        (["rejected"], "acknowledged", []),
        (["resolved"], "acknowledged", []),
        (["resolved"], "confirmed", []),
        (["acknowledged"], "acknowledged", ["in_progress", "referred", "rejected", "duplicate"]),
        (["in_progress"], "submitted", ["acknowledged", "referred", "rejected", "duplicate"]),
        ([], "withdrawn", ["acknowledged", "in_progress", "referred", "rejected", "duplicate"]),
        ([], "reopened", ["acknowledged", "in_progress", "referred", "rejected", "duplicate"]),
        ([], "selesai", ["acknowledged", "in_progress", "referred", "rejected", "duplicate"]),
    ],
)
def test_an_illegal_step_is_refused_naming_the_legal_ones(
    city: City, so_far: list[str], wanted: str, legal: list[str]
) -> None:
    by = officer(COORDINATOR)
    report = city.report(category=RUBBISH, answers={"sejak": 1})
    for status in so_far:
        report = moved(city, report, status, by)
    before = stored()
    answer = move(city, report, wanted, by)
    assert (answer.status, answer.json["code"]) == (409, "IllegalTransition")
    assert answer.json["status"] == 409
    assert answer.json["current"] == report["status"]
    assert set(answer.json["legal"]) == {*legal, "resolved"} if legal else not answer.json["legal"]
    assert answer.json["version"] == report["version"]
    assert stored() == before


def test_a_foreign_officer_may_see_a_report_but_not_act_on_it(city: City) -> None:
    report = city.report()
    answer = move(city, report, "acknowledged", officer(WARD))
    assert (answer.status, answer.json["code"]) == (403, "NotAllowed")
    assert find(report["id"]).status == "submitted"


def test_a_citizen_or_nobody_may_not_act_for_an_agency(city: City) -> None:
    report = city.report()
    assert move(city, report, "acknowledged", CITIZEN).json["code"] == "NotAllowed"
    assert move(city, report, "acknowledged", None).json["code"] == "NotIdentified"


def test_there_is_no_acting_on_a_report_that_does_not_exist(city: City) -> None:
    answer = move(city, {"id": new_id(now())}, "acknowledged")
    assert (answer.status, answer.json["code"]) == (404, "ReportNotFound")


@pytest.mark.parametrize(
    ("status", "reason", "accepted"),
    [
        ("resolved", "planned", True),
        ("resolved", "temporary_fix", True),
        ("rejected", "spam", True),
        ("resolved", "spam", False),
        ("rejected", "fixed", False),
        ("resolved", None, False),
        ("rejected", None, False),
        ("acknowledged", "planned", False),
        ("in_progress", "fixed", False),
    ],
)
def test_closing_takes_one_of_its_reasons_and_other_steps_take_none(
    city: City, status: str, reason: str | None, accepted: bool
) -> None:
    report = city.report()
    answer = move(city, report, status, reason=reason)
    if accepted:
        assert answer.json["reason"] == reason
    else:
        assert faults(answer) == {"reason"}


def test_a_claimed_fix_needs_a_proof_photo_where_the_category_demands_it(city: City) -> None:
    report = city.report()
    assert faults(move(city, report, "resolved")) == {"proof_photo_ids"}
    assert fixed(city, report)["status"] == "resolved"


def test_only_a_claimed_fix_needs_proof(city: City) -> None:
    assert moved(city, city.report(), "resolved", reason="planned")["status"] == "resolved"


def test_a_category_that_demands_no_proof_gets_none(city: City) -> None:
    report = city.report(category=RUBBISH, answers={"sejak": 1})
    assert moved(city, report, "resolved", officer(COORDINATOR))["reason"] == "fixed"


@pytest.mark.parametrize(
    ("purpose", "state"), [("proof", "waiting"), ("proof", "rejected"), ("evidence", "ready")]
)
def test_proof_is_a_proof_photo_that_is_ready(city: City, purpose: str, state: str) -> None:
    report = city.report()
    given = [photo(report), photo(report, purpose, state)]
    assert faults(move(city, report, "resolved", proof_photo_ids=given)) == {"proof_photo_ids"}


def test_a_photo_of_another_report_is_no_proof(city: City) -> None:
    report, other = city.report(), city.report()
    answer = move(city, report, "resolved", proof_photo_ids=[photo(other)])
    assert faults(answer) == {"proof_photo_ids"}


def test_the_timeline_shows_the_proof(city: City) -> None:
    report = city.report()
    proof = photo(report)
    moved(city, report, "resolved", proof_photo_ids=[proof])
    updates = city.get(f"/v1/reports/{report['id']}/updates").json["items"]
    assert updates[-1]["photo_ids"] == [proof]


def test_referring_hands_the_report_to_the_next_agency(city: City) -> None:
    report = moved(city, city.report(), "referred", refer_to=WARD)
    assert (report["agency"]["id"], report["status"], report["colour"]) == (
        WARD,
        "referred",
        "yellow",
    )
    assert move(city, report, "acknowledged", ROADMAN).status == 403
    assert moved(city, report, "acknowledged", officer(WARD))["status"] == "acknowledged"


def test_both_agencies_are_told_of_a_referral(city: City) -> None:
    report = moved(city, city.report(), "referred", refer_to=WARD)
    event = told(report["id"])[-1]
    assert event["type"] == "report.routed"
    assert event["data"]["previous_agency_id"] == ROADS
    assert event["data"]["agency_id"] == WARD


def test_the_clock_goes_on_through_a_referral(city: City) -> None:
    report = city.report()
    assert moved(city, report, "referred", refer_to=WARD)["due"] == report["due"]


@pytest.mark.parametrize("to", [None, "tidak-ada", ROADS], ids=["none", "unknown", "the same"])
def test_not_ours_is_said_only_by_naming_another_agency(city: City, to: str | None) -> None:
    assert faults(move(city, city.report(), "referred", refer_to=to)) == {"refer_to"}


def test_a_duplicate_names_its_original(city: City) -> None:
    original, report = city.report(), city.report()
    report = moved(city, report, "duplicate", duplicate_of=original["id"])
    assert (report["duplicate_of"], report["colour"]) == (original["id"], "grey")


def test_an_original_is_another_report_that_is_no_duplicate_itself(city: City) -> None:
    original, copy, report = city.report(), city.report(), city.report()
    moved(city, copy, "duplicate", duplicate_of=original["id"])
    for wrong in (None, report["id"], copy["id"], new_id(now())):
        answer = move(city, report, "duplicate", duplicate_of=wrong)
        assert faults(answer) == {"duplicate_of"}


def test_targets_go_only_with_their_own_step(city: City) -> None:
    original, report = city.report(), city.report()
    facts = {"refer_to": WARD, "duplicate_of": original["id"], "reason": "fixed"}
    answer = move(city, report, "acknowledged", **facts)
    assert faults(answer) == {"refer_to", "duplicate_of", "reason"}


def test_the_first_step_of_the_agency_is_its_first_response(city: City) -> None:
    report = moved(city, city.report(), "acknowledged")
    first = report["first_response_at"]
    assert first == report["updated_at"]
    assert moved(city, report, "in_progress")["first_response_at"] == first


def test_resolved_is_a_claim_and_confirmed_is_a_fact(city: City) -> None:
    report = fixed(city, city.report())
    assert (report["colour"], report["reason"]) == ("green", "fixed")
    assert report["resolved_at"] == report["updated_at"]
    assert move(city, report, "confirmed", MODERATOR).json["code"] == "IllegalTransition"
    assert confirm(city, report, True).json["status"] == "confirmed"


def test_only_the_reporter_confirms_or_disputes(city: City) -> None:
    report = fixed(city, city.report())
    known = [confirm(city, report, True, by) for by in (ROADMAN, MODERATOR, Person("citizen", "x"))]
    assert {(one.status, one.json["code"]) for one in known} == {(403, "NotAllowed")}
    assert confirm(city, report, True, None).json["code"] == "NotIdentified"
    assert find(report["id"]).status == "resolved"


@pytest.mark.parametrize(("is_fixed", "status"), [(True, "confirmed"), (False, "reopened")])
def test_the_holder_of_the_tracking_code_confirms_or_disputes(
    city: City, is_fixed: bool, status: str
) -> None:
    report = city.report(by=None)
    fixed(city, report)
    headers = {"x-tracking-code": report["tracking_code"]}
    wrong = {"x-tracking-code": city.report(by=None)["tracking_code"]}
    assert confirm(city, report, is_fixed, None, headers=wrong).json["code"] == "NotIdentified"
    assert confirm(city, report, is_fixed, None, headers=headers).json["status"] == status


def test_a_dispute_makes_the_report_red_and_open_again(city: City) -> None:
    report = fixed(city, city.report())
    report = confirm(city, report, False, body={"comment": "Masih berlubang."}).json
    assert (report["status"], report["colour"], report["reason"]) == ("reopened", "red", None)
    assert told(report["id"])[-1]["type"] == "report.disputed"
    near = f"/v1/reports?near={KENANGA.lat},{KENANGA.lon}&status=reopened"
    assert [item["id"] for item in city.get(near).json["items"]] == [report["id"]]


def test_a_confirmed_report_can_still_be_disputed(city: City) -> None:
    report = fixed(city, city.report())
    confirm(city, report, True)
    assert confirm(city, report, False).json["status"] == "reopened"


def test_nothing_is_confirmed_before_it_is_claimed_or_twice(city: City) -> None:
    report = city.report()
    assert confirm(city, report, True).json["code"] == "IllegalTransition"
    fixed(city, report)
    assert confirm(city, report, True).status == 200
    assert confirm(city, report, True).json["legal"] == ["reopened"]


def test_a_rejected_report_is_reopened_by_a_moderator_only(city: City) -> None:
    report = moved(city, city.report(), "rejected")
    assert confirm(city, report, False).json["code"] == "IllegalTransition"
    assert move(city, report, "reopened", ROADMAN).json["code"] == "IllegalTransition"
    assert moved(city, report, "reopened", MODERATOR)["status"] == "reopened"


@pytest.fixture
def disputed(city: City) -> Any:
    """A report whose fix, claimed by the officer `petugas`, was disputed."""
    report = fixed(city, city.report())
    return confirm(city, report, False).json


def test_after_a_dispute_the_same_officer_may_not_close_again(city: City, disputed: Any) -> None:
    proof = [photo(disputed)]
    assert "status" in faults(move(city, disputed, "resolved", proof_photo_ids=proof))
    assert faults(move(city, disputed, "rejected")) == {"status"}
    another = officer(ROADS, "petugas-lain")
    assert fixed(city, disputed, another)["status"] == "resolved"


def test_a_step_in_between_does_not_let_the_same_officer_close_again(
    city: City, disputed: Any
) -> None:
    moved(city, disputed, "in_progress")
    assert faults(move(city, disputed, "resolved", proof_photo_ids=[photo(disputed)])) == {"status"}


def test_after_a_dispute_the_same_officer_may_work_on_it(city: City, disputed: Any) -> None:
    assert moved(city, disputed, "in_progress")["status"] == "in_progress"


@pytest.mark.parametrize("rating", [0, 6, 4.5, "5"])
def test_a_rating_is_a_whole_number_from_1_to_5(city: City, rating: Any) -> None:
    report = fixed(city, city.report())
    answer = confirm(city, report, True, body={"rating": rating})
    assert answer.status == 400
    assert [fault["field"] for fault in answer.json["errors"]] == ["rating"]


def test_of_two_racing_writers_one_wins_and_the_other_learns_the_version(city: City) -> None:
    report = city.report()
    answers = race(
        lambda: move(city, report, "acknowledged"),
        lambda: move(city, report, "rejected", MODERATOR),
    )
    won, lost = sorted(answers, key=lambda answer: answer.status)
    assert (won.status, won.json["version"]) == (200, 2)
    assert (lost.status, lost.json["status"], lost.json["code"]) == (409, 409, "ReportChanged")
    assert (lost.json["version"], lost.json["current"]) == (2, won.json["status"])
    assert [event["data"]["status"] for event in told(report["id"])] == [
        "submitted",
        won.json["status"],
    ]


def test_a_step_sent_by_eight_officers_at_once_is_taken_once(city: City) -> None:
    report = city.report()
    answers = race(*[lambda: move(city, report, "acknowledged")] * 8)
    assert sorted(answer.status for answer in answers) == [200] + [409] * 7
    assert find(report["id"]).version == 2
    assert len(told(report["id"])) == 2


def test_a_step_is_taken_again_when_only_a_photo_became_ready_meanwhile(city: City) -> None:
    report = city.report()

    def picture_is_ready() -> None:
        row = find(report["id"])
        row.version, row.thumb = 2, "photos/abc"
        row.save(condition=Report.version == 1)

    with meanwhile(picture_is_ready):
        answer = move(city, report, "acknowledged")
    assert (answer.status, answer.json["version"]) == (200, 3)
    assert find(report["id"]).thumb == "photos/abc"


def test_of_two_racing_referrals_one_wins_though_the_status_stays(city: City) -> None:
    report = moved(city, city.report(), "referred", refer_to=WARD)
    moderated = {"refer_to": COORDINATOR}
    with meanwhile(lambda: moved(city, report, "referred", officer(WARD), refer_to=ROADS)):
        answer = move(city, report, "referred", MODERATOR, **moderated)
    assert (answer.status, answer.json["code"], answer.json["version"]) == (409, "ReportChanged", 3)
    assert find(report["id"]).agency == ROADS


def test_the_status_is_stored_with_its_update_and_event_or_not_at_all(city: City) -> None:
    report = city.report()
    before = stored()
    with refusing_transactions():
        answer = move(city, report, "acknowledged")
    assert (answer.status, answer.json["code"]) == (409, "ReportChanged")
    assert stored() == before


def test_a_change_is_never_told_twice(city: City) -> None:
    report = city.report()
    Update(id=report["id"], item="update#000002", at=text(now()), kind="status", by="agency").save()
    assert move(city, report, "acknowledged").json["code"] == "ReportChanged"
    assert (find(report["id"]).status, len(told(report["id"]))) == ("submitted", 1)


def test_if_match_lets_only_the_state_be_changed_that_was_seen(city: City) -> None:
    report = city.report()
    path = f"/v1/reports/{report['id']}"
    seen = {"if-match": city.get(path, by=ROADMAN).headers["etag"]}
    moved(city, report, "acknowledged")
    body = {"status": "in_progress"}
    stale = city.post(f"{path}/status", body, by=ROADMAN, headers=seen)
    assert (stale.status, stale.json["code"]) == (412, "PreconditionFailed")
    seen = {"if-match": city.get(path, by=ROADMAN).headers["etag"]}
    assert city.post(f"{path}/status", body, by=ROADMAN, headers=seen).status == 200


def test_if_match_does_not_mind_who_supports_meanwhile(city: City) -> None:
    report = city.report()
    path = f"/v1/reports/{report['id']}"
    seen = city.get(path, by=ROADMAN).headers["etag"]
    assert city.call("PUT", f"{path}/support", by=Person("citizen", "budi")).status == 200
    assert city.get(path, by=ROADMAN).headers["etag"] != seen
    body = {"status": "acknowledged"}
    assert city.post(f"{path}/status", body, by=ROADMAN, headers={"if-match": seen}).status == 200


def test_if_match_holds_for_a_confirmation_too(city: City) -> None:
    report = city.report()
    seen = {"if-match": city.get(f"/v1/reports/{report['id']}", by=CITIZEN).headers["etag"]}
    fixed(city, report)
    assert confirm(city, report, True, headers=seen).status == 412


def test_a_change_meant_for_one_version_is_not_made_to_another(city: City) -> None:
    # Between the comparison of the tag and the change somebody else may have come.
    report = moved(city, city.report(), "acknowledged")
    with pytest.raises(PreconditionFailed):
        progress.change_status(
            report["id"],
            StatusChange(status="in_progress"),
            Caller(sub="petugas", role="officer", agency_id=ROADS),
            now(),
            only=1,
        )


def test_a_closed_report_leaves_the_list_of_open_ones(city: City) -> None:
    near = f"/v1/reports?near={MELATI.lat},{MELATI.lon}"
    report = city.report(MELATI)
    moved(city, report, "rejected", officer(WARD))
    red = city.get(f"{near}&colour=red,yellow,green").json["items"]
    grey = city.get(f"{near}&colour=grey").json["items"]
    assert ([item["id"] for item in red], [item["id"] for item in grey]) == ([], [report["id"]])
