"""The demo city goes in through the public API, once; seeding stops at the first refusal."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.client import Client, Person, Refused
from infra.demo.seed import load, seed
from infra.demo.story import Storyteller, chapter, outcome
from tests.demo.fake_city import FakeCity, running

REPORTS = load("reports")
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def city() -> FakeCity:
    """A city that was seeded once."""
    city = FakeCity()
    city.told = sown(city)
    return city


def test_progress_counts_every_step_once(city: FakeCity) -> None:
    done, totals, _ = zip(*city.told, strict=True)
    assert list(done) == list(range(1, totals[0] + 1))
    assert len(set(totals)) == 1


def test_the_directory_is_complete_before_the_first_report(city: FakeCity) -> None:
    paths = [path for _, path, _, _ in city.calls]
    directory = [path for path in paths if path.startswith("/v1/admin/")]
    kinds = list(dict.fromkeys(path.split("/")[3] for path in directory))
    assert kinds == ["areas", "agencies", "categories", "routes"]
    assert paths[: len(directory)] == directory


def test_every_report_ends_as_its_story_says(city: FakeCity) -> None:
    wanted = [outcome(r["story"][-1]) if r["story"] else "submitted" for r in REPORTS]
    assert [city.of(n)["status"] for n in range(len(REPORTS))] == wanted


def test_every_picture_is_uploaded_as_a_form_that_ends_with_the_file(city: FakeCity) -> None:
    forms = [body for _, path, _, body in city.calls if path == "/bucket"]
    proofs = sum("proof" in step for report in REPORTS for step in report["story"])
    assert len(forms) == proofs + sum(report["photo"] is not None for report in REPORTS)
    assert all([name for name, _ in form] == ["key", "file"] for form in forms)
    assert Counter(form[1][1] for form in forms)[b"garbage 2 fixed"] == 1


def test_a_report_was_seen_as_many_hours_ago_as_it_says(city: FakeCity) -> None:
    bodies = [b for _, path, _, b in city.calls if path == "/v1/reports"]
    seen = sorted(datetime.fromisoformat(body["observed_at"]) for body in bodies)
    assert seen == [NOW - timedelta(hours=report["hours_ago"]) for report in REPORTS]


def test_after_a_hand_over_the_next_agency_acts(city: FakeCity) -> None:
    n = position("referred", "in_progress")
    officers = [who.split("/")[1] for who, _ in city.steps(n, "status")]
    assert officers == ["layanan-warga"] * 2 + ["listrik-pesisir"] * 2


def test_after_a_dispute_another_officer_closes(city: FakeCity) -> None:
    n = position("reopened", "in_progress")
    closers = [who for who, body in city.steps(n, "status") if body["status"] == "resolved"]
    assert len(closers) == len(set(closers)) == 2


def test_a_repair_is_claimed_with_the_photo_that_proves_it(city: FakeCity) -> None:
    claims = [body for n in range(len(REPORTS)) for _, body in city.steps(n, "status")]
    proven = [body["proof_photo_ids"] for body in claims if "proof_photo_ids" in body]
    assert len(proven) == sum("proof" in s for report in REPORTS for s in report["story"])
    assert all(len(ids) == 1 for ids in proven)


def test_a_duplicate_names_the_id_of_its_original(city: FakeCity) -> None:
    n = position("duplicate")
    (_, body) = city.steps(n, "status")[-1]
    assert body["duplicate_of"] == city.of(REPORTS[n]["story"][-1]["duplicate_of"])["id"]


def test_seeding_again_on_another_day_adds_nothing() -> None:
    city = FakeCity()
    sown(city)
    once, acts = json.dumps(city.reports), acts_in(city)
    sown(city, NOW + timedelta(days=1))
    assert json.dumps(city.reports) == once
    assert acts_in(city) == acts


def test_a_report_that_is_refused_for_its_content_is_not_taken_for_an_old_one() -> None:
    city = FakeCity(refused="/v1/reports", refused_with=422)
    with pytest.raises(Refused, match="POST /v1/reports: 422"):
        sown(city)


@pytest.mark.parametrize(
    ("status", "step"), [("submitted", 0), ("in_progress", 4), ("reopened", 3), ("withdrawn", 5)]
)
def test_an_interrupted_story_goes_on_after_what_has_happened(status: str, step: int) -> None:
    story: list[dict[str, Any]] = [
        {"do": "status", "status": s} for s in ("in_progress", "resolved")
    ]
    story += [
        {"do": "confirmation", "fixed": False},
        *story[:1],
        {"do": "confirmation", "fixed": True},
    ]
    assert chapter(story, status) == step


def test_seeding_stops_at_the_first_refusal_and_repeats_its_words() -> None:
    city = FakeCity(refused="/v1/admin/categories/garbage")
    with pytest.raises(Refused, match=r"PUT /v1/admin/categories/garbage: 409 .*forbids it"):
        sown(city)
    assert not city.reports


@pytest.mark.parametrize(("state", "error"), [("rejected", Refused), ("processing", TimeoutError)])
def test_a_repair_is_not_claimed_without_a_photo_that_can_be_shown(
    state: str, error: type[Exception]
) -> None:
    city, reporter = FakeCity(photo_state=state), Person("citizen", "demo-citizen-00")
    with running(city) as url:
        client = Client(url, token)
        sent = client.call("POST", "/v1/reports", reporter, {"photos": 0, "client_id": "x"})
        with pytest.raises(error):
            Storyteller(client, [sent["id"]], Sketcher(), lambda _: None).tell(
                REPORTS[0], 0, reporter
            )
    assert city.of(0)["status"] == "in_progress"


class Sketcher:
    """Names the picture instead of drawing it."""

    def draw(self, category: str, seed: int) -> bytes:
        return f"{category} {seed}".encode()

    def draw_fixed(self, category: str, seed: int) -> bytes:
        return f"{category} {seed} fixed".encode()


def acts_in(city: FakeCity) -> list[str]:
    """All that changed a report or sent a picture."""
    return [path for method, path, *_ in city.calls if method == "POST" and path != "/v1/reports"]


def position(*statuses: str) -> int:
    """The first report in whose story these statuses follow each other."""
    paths = [" ".join(outcome(step) for step in report["story"]) for report in REPORTS]
    return next(n for n, path in enumerate(paths) if " ".join(statuses) in path)


def token(role: str, agency: str | None, sub: str) -> str:
    return f"{role}/{agency}/{sub}"


def sown(city: FakeCity, now: datetime = NOW) -> list[tuple[int, int, str]]:
    """Seeds `city` and returns what was told of the progress."""
    told: list[tuple[int, int, str]] = []

    def tell(done: int, total: int, what: str) -> None:
        told.append((done, total, what))

    with running(city) as url:
        seed(url, token, tell, now, pause=lambda _: None, artist=Sketcher())
    return told
