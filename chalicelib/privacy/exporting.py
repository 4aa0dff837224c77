"""Making an archive: all that is kept of an account as JSON, and its pictures, in one ZIP.

It grows in a file on disk, one picture at a time, so that it may be larger than memory.
"""

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

import msgspec
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action

from chalicelib import aws
from chalicelib.clock import text
from chalicelib.observability import logger
from chalicelib.photos import links, uploads
from chalicelib.photos.models import Photo, photos_of
from chalicelib.privacy import own_account, own_reports
from chalicelib.privacy.exports import Export, State, remove_file
from chalicelib.settings import settings
from chalicelib.texts import LANGUAGES, say

TRIES = 3


def make(name: str, at: datetime) -> None:
    """Make the archive that was ordered under this name, if it is still wanted."""
    export = Export.seek(name, "export")
    if export is not None and export.state == "waiting":
        deliver(export, at)


def deliver(export: Export, at: datetime) -> None:
    """Put the archive where its owner finds it, unless the owner is gone by then."""
    with tempfile.TemporaryFile() as file:
        _write(file, str(export.owner), at)
        size = file.tell()
        file.seek(0)
        aws.s3().put_object(
            Bucket=settings.uploads_bucket,
            Key=export.key,
            Body=file,
            ContentType="application/zip",
        )
    if not _settle(export, "ready", [Export.size.set(size)]):
        # Erased meanwhile: what came too late goes, too.
        remove_file(export)
        return
    logger.info("export made", bytes=size)


def give_up(name: str) -> None:
    """Say that it could not be made, so that it can be ordered anew."""
    export = Export.seek(name, "export")
    if export is not None and export.state == "waiting":
        _settle(export, "failed", [])


def _settle(export: Export, state: State, more: list[Action]) -> bool:
    """Whether this very order was still waiting."""
    same = (Export.made == export.made) & (Export.state == "waiting")
    try:
        export.update([Export.state.set(state), *more], condition=same)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def _write(file: IO[bytes], sub: str, at: datetime) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _documents(sub, at):
            archive.writestr(name, msgspec.json.format(msgspec.json.encode(content), indent=2))
        for report in own_reports.reports_of(sub):
            folder = f"reports/{report.number}"
            photos = photos_of(report.id)
            content = own_reports.content(report, photos, sub, at)
            archive.writestr(
                f"{folder}/report.json",
                msgspec.json.format(msgspec.json.encode(content), indent=2),
            )
            for photo in photos:
                if own_reports.is_own(photo, report):
                    _add_files(archive, folder, photo)


def _documents(sub: str, at: datetime) -> Iterator[tuple[str, Any]]:
    about = {language: say("export.about", language) for language in LANGUAGES}
    yield "about.json", {"account": sub, "made_at": text(at), "about": about}
    yield "account.json", own_account.rows(sub)
    yield "taking-part.json", own_account.left_at_reports(sub)


def _add_files(archive: zipfile.ZipFile, folder: str, photo: Photo) -> None:
    """The clean picture, and the file that was sent as long as that is kept."""
    if photo.folder:
        picture = f"{photo.folder}/{links.NAMES[0]}"
        _add(archive, f"{folder}/{photo.photo_id}.jpg", settings.photos_bucket, picture)
    sent = uploads.key_of(photo.id, photo.photo_id)
    _add(archive, f"{folder}/{photo.photo_id}-as-sent", settings.uploads_bucket, sent)


def _add(archive: zipfile.ZipFile, name: str, bucket: str, key: str) -> None:
    """A picture as it is: it does not get smaller."""
    try:
        found = aws.s3().get_object(Bucket=bucket, Key=key)
    except aws.s3().exceptions.NoSuchKey:
        return
    with archive.open(zipfile.ZipInfo(name), "w") as to:
        shutil.copyfileobj(found["Body"], to)
