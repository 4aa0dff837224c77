"""A published Open311 client, unmodified, against the app: only its wire is the tests' own."""

from urllib.parse import urlsplit
from urllib.request import Request

from civicbot.http import HttpError, HttpTransport, RateLimiter
from civicbot.open311 import Open311Client
from civicbot.registry import Endpoint

from tests.city import NORTH, RUBBISH, City
from tests.open311.test_sending import new_key


class Wire(HttpTransport):  # type: ignore[misc]  # the client comes without types
    """Brings its requests to the app in this process."""

    def __init__(self, city: City) -> None:
        super().__init__(rate_limiter=RateLimiter(0))
        self.city = city

    def _open(self, request: Request) -> bytes:
        address = urlsplit(request.full_url)
        path = f"{address.path}?{address.query}" if address.query else address.path
        headers = {name.lower(): value for name, value in request.header_items()}
        body = request.data
        assert body is None or isinstance(body, bytes)
        answer = self.city.call(request.get_method(), path, body, headers=headers)
        if answer.status >= 400:
            raise HttpError(answer.status, request.full_url, answer.body)
        return answer.body.encode()


def test_it_lists_asks_sends_and_finds_again(city: City) -> None:
    endpoint = Endpoint(
        id="uji", name="Uji", base_url="https://api.test/open311/v2", write=True, geo_scoped=True
    )
    client = Open311Client(endpoint, Wire(city))
    services = client.list_services(lat=NORTH.lat, lng=NORTH.lon)
    assert RUBBISH in [one["service_code"] for one in services]
    attributes = client.get_service_definition(RUBBISH)["attributes"]
    assert [one["code"] for one in attributes] == ["sejak", "jenis", "patokan"]
    sent = client.create_request(
        RUBBISH,
        lat=NORTH.lat,
        lng=NORTH.lon,
        description="Tumpukan sampah di jembatan",
        attributes={"sejak": "2", "jenis": "puing"},
        dry_run=False,
        confirm="SEND",
        api_key=new_key(city, "open311:write"),
        validate_remote=True,
    )
    id = sent.response[0]["service_request_id"]
    assert client.get_request(id)["description"] == "Tumpukan sampah di jembatan"
    assert [one["service_request_id"] for one in client.list_requests(status="open")] == [id]
    assert client.get_token(id)[0]["service_request_id"] == id
