"""What becomes of a demo report: officers act, the reporter confirms or disputes."""

import uuid
from collections.abc import Callable
from typing import Any, Protocol

from infra.client import Client, Person, Refused

LOOKS, SECONDS_BETWEEN = 240, 0.25  # a minute for a photo to become ready


class Artist(Protocol):
    """Draws a JPEG of a category's problem and of its repair; one seed, one street."""

    def draw(self, category: str, seed: int) -> bytes:
        """The street with the problem."""

    def draw_fixed(self, category: str, seed: int) -> bytes:
        """The same street after the repair."""


class Storyteller:
    """Plays the `story` of reports; `ids` are those of all demo reports, by position."""

    def __init__(
        self, client: Client, ids: list[str], artist: Artist, pause: Callable[[float], None]
    ) -> None:
        self._client, self._ids, self._artist, self._pause = client, ids, artist, pause

    def tell(self, report: dict[str, Any], n: int, reporter: Person) -> None:
        """Goes on where an earlier seeding stopped.

        Raises Refused, or TimeoutError when a photo of the repair does not become ready.
        """
        status = self._seen(self._ids[n], reporter)["status"]
        for number in range(chapter(report["story"], status), len(report["story"])):
            self._play(report, self._ids[n], number, reporter)

    def _play(self, report: dict[str, Any], report_id: str, number: int, reporter: Person) -> None:
        step = report["story"][number]
        body = {name: value for name, value in step.items() if name not in ("do", "proof")}
        if step["do"] == "confirmation":
            self._post(report_id, "confirmation", reporter, body, number)
            return
        officer = self._officer(report["story"][:number], report_id, reporter)
        if "duplicate_of" in step:
            body["duplicate_of"] = self._ids[step["duplicate_of"]]
        if "proof" in step:
            body["proof_photo_ids"] = [self._prove(report, report_id, number, officer)]
        self._post(report_id, "status", officer, body, number)

    def _officer(self, before: list[dict[str, Any]], report_id: str, reporter: Person) -> Person:
        """Of the agency that has the report now; closing again after a dispute needs another."""
        agency = self._seen(report_id, reporter)["agency"]["id"]
        disputes = sum(outcome(step) == "reopened" for step in before)
        return Person("officer", f"{agency}-officer-{disputes + 1}", agency)

    def _prove(self, report: dict[str, Any], report_id: str, number: int, officer: Person) -> str:
        """Uploads the picture of the repair and waits until it can be shown; the photo's id."""
        wish = {"count": 1, "purpose": "proof"}
        slot = self._post(report_id, "photos", officer, wish, number)["uploads"][0]
        proof = report["story"][number]["proof"]
        self._client.upload(slot, self._artist.draw_fixed(report["category"], proof))
        self._wait_for(slot["photo_id"], report_id, officer)
        return str(slot["photo_id"])

    def _wait_for(self, photo_id: str, report_id: str, officer: Person) -> None:
        for _ in range(LOOKS):
            photos = self._seen(report_id, officer)["photos"]
            state = next((p["state"] for p in photos if p["photo_id"] == photo_id), "missing")
            if state == "ready":
                return
            if state == "rejected":
                raise Refused(f"photo {photo_id} of report {report_id} was rejected")
            self._pause(SECONDS_BETWEEN)
        raise TimeoutError(f"photo {photo_id} of report {report_id} is still {state}")

    def _seen(self, report_id: str, who: Person) -> Any:
        return self._client.call("GET", f"/v1/reports/{report_id}", who)

    def _post(self, report_id: str, verb: str, who: Person, body: Any, number: int) -> Any:
        key = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{report_id} {verb} {number}"))
        return self._client.call("POST", f"/v1/reports/{report_id}/{verb}", who, body, key)


def chapter(story: list[dict[str, Any]], status: str) -> int:
    """The step to play next on a report of this status; the end if somebody else moved it."""
    if status == "submitted":
        return 0
    reached = [n for n, step in enumerate(story) if outcome(step) == status]
    return max(reached) + 1 if reached else len(story)


def outcome(step: dict[str, Any]) -> str:
    """The status that a step leads to."""
    if step["do"] == "confirmation":
        return "confirmed" if step["fixed"] else "reopened"
    return str(step["status"])
