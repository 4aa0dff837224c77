"""`make reroute`: open reports after a change of the directory, to whom they belong by it.

python -m infra.tools.reroute --url http://127.0.0.1:8000 [--apply] [--agency id] [--handed-over]
"""

import argparse
import os
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.client import Client, Person, Refused
from infra.local import identity

ADMIN = Person("admin", "reroute")


def moves(client: Client, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All moves, call after call. Raises Refused."""
    cursor = None
    while True:
        body = {**asked, "cursor": cursor}
        page = client.call("POST", "/v1/admin/reroute", ADMIN, body, str(uuid.uuid4()))
        yield from page["items"]
        cursor = page["next"]
        if cursor is None:
            return


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--apply", action="store_true", help="move them; else only tell")
    parser.add_argument("--agency", help="only what this agency has")
    parser.add_argument("--handed-over", action="store_true", help="also what officers moved")
    chosen = parser.parse_args()
    data = Path(os.environ.get("DATA_DIR", ".local"))
    tokens = lambda *who: identity.token(data, *who)  # noqa: E731  # a Client's Tokens, as is
    asked = {"dry_run": not chosen.apply, "handed_over": chosen.handed_over}
    if chosen.agency:
        asked["agency"] = chosen.agency
    try:
        return _tell(moves(Client(chosen.url, tokens), asked), chosen.apply)
    except Refused as refused:
        print(*refused.reasons, sep="\n", file=sys.stderr)
    except ConnectionError as error:
        print(error, file=sys.stderr)
    return 1


def _tell(found: Iterator[dict[str, Any]], is_applied: bool) -> int:
    ways: Counter[str] = Counter()
    for move in found:
        way = f"{move['from_agency'] or 'nobody'} -> {move['to_agency'] or 'nobody'}"
        ways[way] += 1
        left = "" if move["moved"] or not is_applied else "  (changed meanwhile, left)"
        print(f"{move['number']}  {move['category']:20}  {move['status']:13}  {way}{left}")
    print(f"{ways.total():,} reports {'moved' if is_applied else 'would move'}")
    for way, count in ways.most_common():
        print(f"  {count:,}  {way}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
