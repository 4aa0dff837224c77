"""Recomputes every chain of a stack's audit against the sealed heads.

python -m infra.tools.verify_audit --stack tanggap-prod
python -m infra.tools.verify_audit --endpoint http://127.0.0.1:8000

Names the first broken entry of every chain that is not whole, and every day that is over and was
not sealed; with any of them it exits with 1. Uses the shell's AWS credentials, which have to read
the audit's table and every version in its bucket.
"""

import sys

from infra.tools.deployed import parser, take_the_place_of


def main() -> int:
    chosen = parser(__doc__).parse_args()
    take_the_place_of("SealAudit", chosen.stack, chosen.endpoint)
    # The app reads its environment at import.
    from chalicelib import clock
    from chalicelib.audit import sealing

    checked = sealing.verify(clock.now())
    for one in checked.broken:
        print(f"chain {one.chain}: entry {one.item} {one.how}")
    for day in checked.unsealed:
        print(f"day {day} is over and has no seal: who writes to the table can compute it anew")
    print(
        f"{checked.entries:,} entries in {checked.chains:,} chains, {checked.seals:,} days sealed: "
        f"{f'{len(checked.broken):,} chains are broken' if checked.broken else 'whole'}"
    )
    return 1 if checked.broken or checked.unsealed else 0


if __name__ == "__main__":
    sys.exit(main())
