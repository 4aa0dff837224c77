"""Whatever stands in a path where an id belongs, nothing breaks and nothing is answered by it."""

import re

from chalicelib.web import OPERATIONS, Operation
from tests.city import ADMIN, CITIZEN, ROADS, Answer, City, officer
from tests.people.bodies import BODIES

HOSTILE = (
    "%00",
    "..%2F..%2Fv1%2Fme",
    "%F0%9F%98%80" * 50,
    "x" * 3000,
    "01M87KWM34FGYEJW2TEZHTMNYX%23report",
    "report%23%7E",
    "7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
    "-1",
)
TRIED = (ADMIN, officer(ROADS), CITIZEN)


def test_no_id_breaks_any_path_or_finds_anything(city: City) -> None:
    report = city.report()["id"]
    wrong = []
    for one in OPERATIONS:
        for place in re.findall(r"{(\w+)}", one.path):
            for id in HOSTILE:
                ids = dict.fromkeys(re.findall(r"{(\w+)}", one.path), report) | {place: id}
                path = one.path.format(**ids)
                body = None if one.body is None else BODIES.get(f"{one.method} {one.path}", {})
                by = next(by for by in TRIED if not one.rule.roles or by.role in one.rule.roles)
                answer = city.call(one.method, path, body, by=by)
                if not (400 <= answer.status < 500 or _goes_without_saying(one, answer)):
                    wrong.append((one.method, path[:90], by.role, answer.status, answer.body[:90]))
    assert wrong == []


def _goes_without_saying(one: Operation, answer: Answer) -> bool:
    """To delete from the directory what it does not have is no fault."""
    return (one.method, answer.status) == ("DELETE", 204) and one.path.startswith(
        ("/v1/admin/", "/v1/me/")
    )
