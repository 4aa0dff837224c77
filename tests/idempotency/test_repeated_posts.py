"""Whatever the POST: sent again with its key it is done once, and answered as the first time."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from chalicelib.docs import openapi
from tests.city import Answer, City
from tests.cloud import Cloud
from tests.idempotency.posts import PATHS, POSTS, STRANGER, Post, contents

AT_ONCE = 5


def send(city: City, post: Post, key: str) -> Answer:
    return city.post(
        post.path, post.body, by=post.by, headers={**post.headers, "idempotency-key": key}
    )


def new_key() -> str:
    return str(uuid.uuid4())


@pytest.mark.parametrize("path", PATHS)
def test_sent_twice_it_happens_once_and_the_first_answer_comes_again(
    city: City, cloud: Cloud, path: str
) -> None:
    post, key = POSTS[path](city), new_key()
    before = contents(cloud)
    first = send(city, post, key)
    after = contents(cloud)
    again = send(city, post, key)
    assert 200 <= first.status < 300, first.body
    assert before != after == contents(cloud)
    assert "idempotent-replayed" not in first.headers
    assert again.headers == {**first.headers, "idempotent-replayed": "true"}
    assert (again.status, again.body) == (first.status, first.body)


@pytest.mark.parametrize("path", PATHS)
def test_another_body_under_the_same_key_is_refused(city: City, cloud: Cloud, path: str) -> None:
    post, key = POSTS[path](city), new_key()
    send(city, post, key)
    after = contents(cloud)
    other = send(city, post._replace(body={"isi": "lain"}), key)
    assert (other.status, other.json["code"]) == (422, "IdempotencyMismatch")
    assert contents(cloud) == after


@pytest.mark.parametrize("path", PATHS)
def test_the_key_of_somebody_else_means_nothing(city: City, path: str) -> None:
    post, key = POSTS[path](city), new_key()
    first = send(city, post, key)
    theirs = send(city, post._replace(by=STRANGER), key)
    assert "idempotent-replayed" not in theirs.headers
    assert theirs.body != first.body
    other = send(city, post._replace(by=STRANGER, body={"isi": "lain"}), new_key())
    assert other.json.get("code") != "IdempotencyMismatch"


@pytest.mark.parametrize("path", PATHS)
def test_sent_five_times_at_once_it_happens_once(city: City, cloud: Cloud, path: str) -> None:
    very_first, alone, stormy = (POSTS[path](city) for _ in range(3))
    # The first of its kind may leave what those after it share, as the counter of an agency.
    send(city, very_first, new_key())
    key = new_key()
    start = Barrier(AT_ONCE)

    def hurl(_: int) -> Answer:
        start.wait()
        return send(city, stormy, key)

    before = len(contents(cloud))
    send(city, alone, new_key())
    between = len(contents(cloud))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(hurl, range(AT_ONCE)))
    assert len({(answer.status, answer.body) for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert len(contents(cloud)) - between == between - before


@pytest.mark.parametrize("path", PATHS)
def test_the_description_names_the_key_and_its_refusals(city: City, path: str) -> None:
    described = openapi.document()["paths"][path]["post"]
    assert "Idempotency-Key" in [one["name"] for one in described["parameters"]]
    assert "IdempotencyMismatch" in described["responses"]["422"]["x-codes"]
    assert "RequestInProgress" in described["responses"]["409"]["x-codes"]
