"""What nobody needs any more goes by itself, as the docs say; and one can see before what goes."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from chalicelib import idempotency
from chalicelib.clock import now
from chalicelib.photos import models as photos
from chalicelib.privacy import erasing, exports, retention
from chalicelib.reports import submission
from chalicelib.reports.models import Report
from chalicelib.settings import settings
from chalicelib.webhooks import fates
from tests import permitted
from tests.city import ADMIN, CITIZEN, City
from tests.cloud import RESOURCES, TEMPLATE
from tests.reports.steps import moved

ROOT = Path(__file__).parents[2]
YEARS = timedelta(days=settings.retention_days)


def run(at: datetime) -> int:
    """One night's run, and what the eraser does after it."""
    with permitted.as_function("enforce_retention"):
        ordered = retention.enforce(at, lambda: True)
    with permitted.as_function("erase_people"):
        for minute in range(1, 4):
            erasing.work_off(at + timedelta(minutes=minute), lambda: True)
    return ordered


def withdrawn(city: City, **facts: Any) -> Any:
    report = city.report(**facts)
    path = f"/v1/reports/{report['id']}/withdraw"
    assert city.post(path, {"note": "Sudah."}, by=CITIZEN).status == 200
    return report


def due(city: City, days: int) -> dict[str, str]:
    answer = city.get(f"/v1/admin/retention?days={days}", by=ADMIN)
    assert answer.status == 200, answer.body
    return {one["report_id"]: one["how"] for one in answer.json["items"]}


def stored(report: Any) -> Report:
    return Report.get(report["id"], "report", consistent_read=True)


def test_who_sent_a_report_is_forgotten_years_after_it_was_closed(city: City) -> None:
    public, private = withdrawn(city), withdrawn(city, private=True, address="Gang Sempit 4")
    still_open = city.report()
    later = now() + YEARS
    assert run(later - timedelta(hours=2)) == 0
    assert stored(public).reporter == CITIZEN.sub
    assert run(later + timedelta(minutes=1)) == 2
    assert run(later + timedelta(days=1)) == 0
    kept, bare = stored(public), stored(private)
    assert [one.reporter for one in (kept, bare)] == [None, None]
    assert (kept.erased, bool(kept.description)) == ("keep_text", True)
    assert (bare.erased, bool(bare.description or bare.address)) == ("unlink", False)
    assert stored(still_open).reporter == CITIZEN.sub
    entry = city.get(f"/v1/reports/{public['id']}/updates").json["items"][-1]
    assert (entry["kind"], entry["by"]) == ("erased", "nobody")


def test_a_report_that_was_opened_again_is_kept_for_as_long_again(city: City) -> None:
    report = withdrawn(city)
    stored(report).update([Report.updated_at.set((now() + timedelta(days=9)).isoformat())])
    assert run(now() + YEARS + timedelta(minutes=1)) == 0
    assert stored(report).reporter == CITIZEN.sub


def test_what_a_person_ordered_goes_before_what_time_does(city: City) -> None:
    report = withdrawn(city)
    city.call("DELETE", f"/v1/reports/{report['id']}", by=CITIZEN)
    other = withdrawn(city)
    city.call("DELETE", "/v1/me?confirm=erase&reports=delete", by=CITIZEN)
    run(now() + YEARS + timedelta(minutes=5))
    assert stored(report).is_gone
    assert stored(other).is_gone


def test_a_dry_run_says_what_would_go_and_changes_nothing(city: City) -> None:
    public, private = withdrawn(city), withdrawn(city, private=True)
    moved(city, city.report(), "acknowledged")
    days = 31
    assert due(city, days) == {}
    # As if it were that much later: the log's first hour is what a first run begins with.
    found, more = retention.dry_run(now() + timedelta(days=days), days, 10, lambda: True)
    assert {one.report_id: one.how for one in found} == {
        public["id"]: "keep_text",
        private["id"]: "unlink",
    }
    assert not more
    assert stored(public).reporter == CITIZEN.sub
    assert city.get("/v1/admin/retention", by=ADMIN).json["done_until"] is None
    assert city.get("/v1/admin/retention", by=CITIZEN).status == 403


def test_the_docs_say_how_long_everything_is_kept() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text()
    years = TEMPLATE["Parameters"]["RetentionDays"]["Default"]
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    kept = {
        "who sent a closed report": years,
        "words and pictures of a private one": years,
        "original files": _rule("UploadsBucket", "originals/"),
        "files of imported history": _rule("UploadsBucket", "imports/"),
        "archives of people's data": _rule("UploadsBucket", "exports/"),
        "what photos say of place and time": photos.EVIDENCE_KEPT.days,
        "answers to repeated requests": idempotency.KEPT.days,
        "which client key made a report": submission.REMEMBERED.days,
        "deliveries of webhooks": fates.KEPT.days,
        "logs": config["log_retention_in_days"],
    }
    assert exports.KEPT.days == kept["archives of people's data"]
    missing = [what for what, days in kept.items() if f"| {what} | {days} days |" not in page]
    assert missing == []


def _rule(bucket: str, prefix: str) -> int:
    rules = RESOURCES[bucket]["Properties"]["LifecycleConfiguration"]["Rules"]
    (days,) = [one["ExpirationInDays"] for one in rules if one["Prefix"] == prefix]
    return int(days)
