"""Recounts all counters from the event log of a stack, or only says where they differ from it.

python -m infra.tools.rebuild_counters --stack tanggap-prod
python -m infra.tools.rebuild_counters --endpoint http://127.0.0.1:8000 --check

Uses the shell's AWS credentials. The city goes on meanwhile; its map is as it was until the new
count is shown. With --check it exits with 1 when anything differs: on a busy system the counters
are some seconds behind the log.
"""

import sys

from infra.tools.deployed import parser, take_the_place_of


def main() -> int:
    options = parser(__doc__)
    options.add_argument("--check", action="store_true", help="change nothing")
    chosen = options.parse_args()
    take_the_place_of("CountEvents", chosen.stack, chosen.endpoint)
    return _check() if chosen.check else _rebuild()


def _rebuild() -> int:
    # The app reads its environment at import.
    from chalicelib.clock import now
    from chalicelib.stats import counters

    print(f"{counters.rebuild(now()):,} events counted")
    return 0


def _check() -> int:
    from chalicelib.stats import counters

    differences = counters.differences()
    for (series, id), (shown, right) in sorted(differences.items()):
        print(f"{series} {id}: shown {shown}, by the event log {right}")
    print(f"{len(differences):,} counters differ from the event log")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
