"""`make watch-webhooks`: a small receiver that registers itself, verifies and prints each event.

python -m infra.tools.watch_webhooks --url http://127.0.0.1:8000 [--agency ID] [--to events.jsonl]
                                     [--since 2026-11-24T00:00:00Z]

Without an agency it gets the whole city's events. With `--since` it first fetches what has happened
until now (`GET /v1/events`). Ctrl-C ends it and deletes its endpoint.
"""

import argparse
import json
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from standardwebhooks import Webhook, WebhookVerificationError

from infra.client import Client, Person, Refused
from infra.local import identity

type Event = dict[str, Any]

BODY_LIMIT = 1024 * 1024
SECRET_SECONDS = 10


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # a burst of events is many connections at once
    daemon_threads = True


class Receiver:
    """An HTTP server on loopback that answers 204 to what is signed as `trust` says, else 401.

    Each event is given to `show` once by its id, however often it is sent; `counts` has both.
    `port` 0 is any free one.
    """

    def __init__(self, show: Callable[[str, Event], None], port: int = 0) -> None:
        self.show, self._secret = show, Future[str]()
        self.counts: Counter[str] = Counter()
        self._seen: set[str] = set()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}/events"

    def trust(self, secret: str) -> None:
        """Verify with this endpoint secret. The ping may come first, and waits for it."""
        self._secret.set_result(secret)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def take(self, headers: Mapping[str, str], body: bytes) -> int:
        """The status to answer with."""
        try:
            event: Event = Webhook(self._secret.result(SECRET_SECONDS)).verify(body, dict(headers))
        except (WebhookVerificationError, ValueError, TimeoutError):
            self.counts["not verified"] += 1
            return 401
        self.note(headers["webhook-id"], event)
        return 204

    def note(self, id: str, event: Event) -> None:
        """Show an event that has come, whichever way, unless it was shown before."""
        with self._lock:
            again = id in self._seen
            self._seen.add(id)
            self.counts["again" if again else event["type"]] += 1
            if not again:
                self.show(id, event)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", "0"))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = 413 if length > BODY_LIMIT else None
                status = status or receiver.take(headers, self.rfile.read(length))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        return Handler


def line(id: str, event: Event) -> str:
    """One event in one line: time, type, report, status, where it is, id."""
    data = event["data"]
    if event["type"] == "endpoint.ping":
        return f"{event['timestamp']}  {event['type']:<24} {data['city']}"
    if event["type"] == "digest.ready":
        return f"{event['timestamp']}  {event['type']:<24} {data['name']} {data['period']}"
    area = data["areas"][-1]["id"] if data["areas"] else "-"
    moved = f"{data['previous_status']} -> " if data.get("previous_status") else ""
    return (
        f"{event['timestamp']}  {event['type']:<24} {data['number']:<11} "
        f"{moved + data['status']:<28} {data['category']:<16} {area:<20} {id}"
    )


def fetched(client: Client, who: Person, since: str) -> Iterator[tuple[str, Event]]:
    """(id, event) of everything since that time which can be fetched by now."""
    page = client.call("GET", f"/v1/events?since={quote(since)}", who)
    while True:
        for item in page["items"]:
            yield item["id"], {name: item[name] for name in ("type", "timestamp", "data")}
        if not page["more"]:
            return
        page = client.call("GET", f"/v1/events?after={page['next']}", who)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--agency", default="")
    parser.add_argument("--since", help="first fetch the events since this time (RFC 3339)")
    parser.add_argument("--to", type=Path, help="also write the events here, one JSON a line")
    chosen = parser.parse_args()
    data = Path(os.environ.get("DATA_DIR", ".local"))
    client = Client(chosen.url, lambda *who: identity.token(data, *who))
    role = "officer" if chosen.agency else "admin"
    who = Person(role, "watch-webhooks", chosen.agency or None)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (chosen.to or Path(os.devnull)).open("a", encoding="utf-8") as file:
        return _watch(client, who, file, chosen.since)


def _watch(client: Client, who: Person, file: IO[str], since: str | None = None) -> int:
    def show(id: str, event: Event) -> None:
        print(line(id, event), flush=True)
        print(json.dumps({"id": id, **event}, ensure_ascii=False), file=file, flush=True)

    receiver = Receiver(show)
    try:
        endpoint = client.call("POST", "/v1/webhooks", who, {"url": receiver.url})
    except Refused as refused:
        print(*refused.reasons, sep="\n", file=sys.stderr)
        return 1
    except ConnectionError as error:
        print(error, file=sys.stderr)
        return 1
    receiver.trust(endpoint["secret"])
    watched = f"the events of {who.agency}" if who.agency else "all events of the city"
    print(f"Watching {watched}; Ctrl-C ends it", flush=True)
    try:
        for id, event in fetched(client, who, since) if since else ():
            receiver.note(id, event)
        threading.Event().wait()
    except KeyboardInterrupt:
        client.call("DELETE", f"/v1/webhooks/{endpoint['id']}", who)
    receiver.close()
    print("\n" + "\n".join(f"{count:6,} {what}" for what, count in receiver.counts.most_common()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
