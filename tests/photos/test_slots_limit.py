"""A report takes five photos of a purpose, however many ask for slots at once."""

from concurrent.futures import ThreadPoolExecutor

from chalicelib.photos.models import photos_of
from tests.city import CITIZEN, City


def test_slots_asked_for_at_once_never_exceed_the_limit(city: City) -> None:
    report = city.report()
    path = f"/v1/reports/{report['id']}/photos"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: city.post(path, {"count": 1}, by=CITIZEN), range(12)))
    assert {answer.status for answer in answers} <= {201, 422}
    assert sum(answer.status == 201 for answer in answers) == len(photos_of(report["id"])) <= 5


def test_what_did_not_fit_together_leaves_room_for_the_next(city: City) -> None:
    report = city.report()
    path = f"/v1/reports/{report['id']}/photos"
    assert city.post(path, {"count": 4}, by=CITIZEN).status == 201
    assert city.post(path, {"count": 2}, by=CITIZEN).status == 422
    assert city.post(path, {"count": 1}, by=CITIZEN).status == 201
