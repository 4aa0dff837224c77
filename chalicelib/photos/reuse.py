"""Whether a proof is a picture that was used before: by its dHash, without a scan or an index.

A 64-bit hash is stored under each of its four 16-bit quarters. Two hashes that differ in three
bits or fewer share a quarter, so reading four small partitions finds all of those, and many that
differ more. Re-encoding or halving a photo changes three bits at most; unrelated photos differ in
17 and more (measured on 16 photos).
"""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.aws import Table
from chalicelib.photos.dhash import distance
from chalicelib.photos.models import Photo, PhotoEvidence
from chalicelib.settings import settings

QUARTERS = 4
# Bits of 64 up to which two pictures count as the same.
SAME = 8

Used = list[tuple[str, str]]


class ProofHash(Table):
    """One quarter of the hash of one proof by an agency."""

    class Meta:
        table_name = settings.reports_table

    id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    report_id = UnicodeAttribute()
    dhash = UnicodeAttribute()
    expires = NumberAttribute()


def earlier_uses(
    photo: Photo, dhash: int, agency: str | None, siblings: list[PhotoEvidence]
) -> Used:
    """(report id, photo id) of what looks like this proof: photos of its own report (`siblings`),
    then proofs of the same agency."""
    if dhash == 0:
        # A picture without contrast: it resembles every other of its kind.
        return []
    own = [(photo.id, row.photo_id) for row in siblings if _same(row.dhash, dhash)]
    others = {
        (row.report_id, row.item)
        for id in _partitions(agency, dhash)
        for row in ProofHash.query(id)
        if _same(row.dhash, dhash)
    }
    found = dict.fromkeys([*own, *sorted(others)])
    return [one for one in found if one[1] != photo.photo_id]


def rows(
    photo_id: str, report_id: str, dhash: int, agency: str | None, expires: int
) -> list[ProofHash]:
    """What later proofs of the agency are compared with."""
    return [
        ProofHash(
            id=id,
            item=photo_id,
            report_id=report_id,
            dhash=f"{dhash:016x}",
            expires=expires,
        )
        for id in _partitions(agency, dhash)
    ]


def _same(stored: str, dhash: int) -> bool:
    return distance(int(stored, 16), dhash) <= SAME


def _partitions(agency: str | None, dhash: int) -> list[str]:
    quarters = [(dhash >> 16 * place) & 0xFFFF for place in range(QUARTERS)]
    return [f"proof#{agency}#{place}#{value:04x}" for place, value in enumerate(quarters)]
