"""Steps of the life cycle by the front door, for the tests that need a report to be somewhere."""

from typing import Any

from chalicelib.clock import now
from chalicelib.photos.models import slots
from tests.city import CITIZEN, ROADS, WARD, Answer, City, Person, officer

ROADMAN = officer(ROADS)
# What each step needs beside its name, on a report of a category that demands no proof.
NEEDS: dict[str, dict[str, Any]] = {
    "resolved": {"reason": "fixed"},
    "rejected": {"reason": "spam"},
    "referred": {"refer_to": WARD},
}


def move(city: City, report: Any, status: str, by: Person | None = ROADMAN, **facts: Any) -> Answer:
    body = {"status": status, **NEEDS.get(status, {}), **facts}
    return city.post(f"/v1/reports/{report['id']}/status", body, by=by)


def moved(city: City, report: Any, status: str, by: Person = ROADMAN, **facts: Any) -> Any:
    answer = move(city, report, status, by, **facts)
    assert answer.status == 200, answer.body
    return answer.json


def confirm(
    city: City, report: Any, is_fixed: bool, by: Person | None = CITIZEN, **facts: Any
) -> Answer:
    body = {"fixed": is_fixed, **facts.pop("body", {})}
    return city.post(f"/v1/reports/{report['id']}/confirmation", body, by=by, **facts)


def faults(answer: Answer) -> set[str]:
    """The fields that a refusal of the rules names."""
    assert (answer.status, answer.json["code"]) == (422, "Unprocessable"), answer.body
    return {fault["field"] for fault in answer.json["errors"]}


def photo(report: Any, purpose: Any = "proof", state: str = "ready") -> str:
    """A photo of the report, as the upload and its processing leave it."""
    (row,) = slots(report["id"], 1, purpose, "petugas", now())
    row.state, row.expires = state, None
    row.save()
    return str(row.photo_id)


def fixed(city: City, report: Any, by: Person = ROADMAN) -> Any:
    """The report after a claim of a fix with the proof that its category demands."""
    return moved(city, report, "resolved", by, proof_photo_ids=[photo(report)])
