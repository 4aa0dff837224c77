"""Where a photo's clean pictures are: public under the content's hash, private by short links."""

from msgspec import Struct

from chalicelib import aws
from chalicelib.photos.models import Photo
from chalicelib.settings import settings

NAMES = ("1600.jpg", "640.jpg", "640.avif", "240.avif")
PRIVATE_SECONDS = 300


class PhotoView(Struct, frozen=True):
    """A photo; `urls` by long side in pixels (`640_avif` beside `640`), once it is `ready`."""

    photo_id: str
    state: str
    purpose: str
    urls: dict[str, str]
    width: int | None
    height: int | None
    thumbhash: str | None
    reason: str | None


def photo_view(photo: Photo, private: bool) -> PhotoView:
    """The photo as the callers of its report see it."""
    return PhotoView(
        photo_id=photo.photo_id,
        state=photo.state,
        purpose=photo.purpose,
        urls=urls(photo.folder, private) if photo.folder else {},
        width=int(photo.width) if photo.width else None,
        height=int(photo.height) if photo.height else None,
        thumbhash=photo.thumbhash,
        reason=photo.reason,
    )


def urls(folder: str, private: bool) -> dict[str, str]:
    """The address of each derivative in a folder of the photo bucket."""
    link = _signed if private else public_url
    return {
        "1600": link(f"{folder}/1600.jpg"),
        "640": link(f"{folder}/640.jpg"),
        "640_avif": link(f"{folder}/640.avif"),
        "240": link(f"{folder}/240.avif"),
    }


def public_url(key: str) -> str:
    """The address of a public picture, behind the content delivery network."""
    return f"{settings.photos_url}/{key}"


def _signed(key: str) -> str:
    link: str = aws.s3().generate_presigned_url(
        "get_object",
        Params={"Bucket": settings.photos_bucket, "Key": key},
        ExpiresIn=PRIVATE_SECONDS,
    )
    return link
