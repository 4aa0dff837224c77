"""Where a photo's clean pictures are: public under the content's hash, private by short links."""

from chalicelib import aws
from chalicelib.settings import settings

# The largest first.
NAMES = ("1600.jpg", "640.jpg", "640.avif", "240.avif")
PRIVATE_SECONDS = 300


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
