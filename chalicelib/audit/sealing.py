"""A day's heads, put where nobody can change them: in a bucket under object lock."""

from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from chalicelib import aws
from chalicelib.audit.chain import Broken, Sealed, first_broken
from chalicelib.audit.models import chains, entries_of, head_of
from chalicelib.clock import text
from chalicelib.settings import settings

DAYS_BACK = 7
"""Days that are sealed when the schedule has missed them."""
SEALED_WITHIN = timedelta(hours=1)
"""After a day's end: the schedule seals it at 00:20."""
PREFIX = "heads/"


class Seal(Struct, frozen=True):
    """All chains of a day as they were after its end; a day without any is sealed too."""

    day: str
    chains: dict[str, Sealed]


class Verified(Struct, frozen=True):
    """How much was looked at, and the first broken entry of each chain that is not whole.

    `unsealed` are days that are over and have no seal: their chains prove nothing against somebody
    who computes them anew.
    """

    entries: int
    chains: int
    seals: int
    broken: list[Broken]
    unsealed: list[str]


def seal_days(at: datetime) -> list[str]:
    """Seal the days before `at` that are not yet; the days (UTC) that were sealed now."""
    days = [text(at - timedelta(days=back))[:10] for back in range(DAYS_BACK, 0, -1)]
    return [day for day in days if _sealed(day)]


def verify(at: datetime) -> Verified:
    """Recompute every chain against its head and its seal, as of now."""
    seals = _seals()
    there = chains("0", "9")
    known = {name: sealed for seal in seals.values() for name, sealed in seal.chains.items()}
    late = [name for name in there if name[:10] in seals and name not in known]
    faults = [Broken(name, "", "is in no seal, though its day was sealed") for name in late]
    entries = 0
    for name in sorted({*there, *known}):
        rows = list(entries_of(name))
        entries += len(rows)
        fault = first_broken(name, rows, head_of(name), known.get(name))
        faults += [fault] if fault else []
    over = text(at - SEALED_WITHIN)[:10]
    unsealed = sorted({name[:10] for name in there if name[:10] < over} - seals.keys())
    return Verified(entries, len({*there, *known}), len(seals), faults, unsealed)


def _sealed(day: str) -> bool:
    heads = {name: head_of(name) for name in chains(day, day)}
    seal = Seal(
        day, {name: Sealed(int(one.number), one.hash) for name, one in heads.items() if one}
    )
    try:
        aws.s3().put_object(
            Bucket=settings.audit_bucket,
            Key=f"{PREFIX}{day}.json",
            Body=msgspec.json.encode(seal),
            ContentType="application/json",
            IfNoneMatch="*",
        )
    except aws.s3().exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "PreconditionFailed":
            return False
        raise
    return True


def _seals() -> dict[str, Seal]:
    """Each day's seal as first written: what came later under its name counts for nothing."""
    pages = (
        aws.s3()
        .get_paginator("list_object_versions")
        .paginate(Bucket=settings.audit_bucket, Prefix=PREFIX)
    )
    # S3 lists the versions of a key from the newest to the oldest.
    oldest = {one["Key"]: one["VersionId"] for page in pages for one in page.get("Versions", [])}
    seals = (_seal(key, version) for key, version in oldest.items())
    return {seal.day: seal for seal in seals}


def _seal(key: str, version: str) -> Seal:
    found = aws.s3().get_object(Bucket=settings.audit_bucket, Key=key, VersionId=version)
    return msgspec.json.decode(found["Body"].read(), type=Seal)
