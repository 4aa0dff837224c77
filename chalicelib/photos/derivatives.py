"""A photo's public faces: any bytes in, four small, upright, clean pictures out.

Only the photo worker imports this module: other functions do not pay for Pillow at a cold start.
"""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Sequence
from math import ceil, floor

import msgspec
from PIL import Image

from chalicelib.photos.decoding import Reason, Rejected, decode, fitted, is_heif
from chalicelib.photos.dhash import dhash
from chalicelib.photos.evidence import Evidence
from chalicelib.photos.sandbox import decode_in_sandbox
from chalicelib.photos.thumbhash import thumbhash

__all__ = ["Derivative", "Derived", "Reason", "Rectangle", "Rejected", "derive"]

# The longer side in pixels. LARGE is what agencies get, the others are for lists and cards.
LARGE, MEDIUM, SMALL = 1600, 640, 240
JPEG_QUALITY = 80
# At speed 10 AVIF is smaller and cheaper to make than WebP of the same look.
AVIF_QUALITY, AVIF_SPEED = 60, 10

# Left, top, right, bottom as fractions (0 to 1) of the upright picture.
Rectangle = tuple[float, float, float, float]


class Derivative(msgspec.Struct, frozen=True):
    """One encoded picture, free of metadata; `width` and `height` in pixels."""

    name: str
    content_type: str
    body: bytes
    width: int
    height: int


class Derived(msgspec.Struct, frozen=True):
    """All that is made of one photo.

    `width`, `height`: of the original, upright, in pixels. `thumbhash`: base64. `dhash`: 64 bits.
    """

    derivatives: list[Derivative]
    width: int
    height: int
    thumbhash: str
    dhash: int
    evidence: Evidence


def derive(body: bytes, redactions: Sequence[Rectangle] = ()) -> Derived:
    """Make the public pictures of an uploaded file; the same bytes always give the same pictures.

    `redactions` are blacked out in every picture and in the ThumbHash, not in the dHash: the photo
    is still recognised when it is used again.
    Raises Rejected, and nothing else, whatever the bytes are.
    """
    photo = decode_in_sandbox(body, LARGE) if is_heif(body) else decode(body, LARGE)
    large = _redacted(photo.image, redactions)
    medium = _shrunk(large, MEDIUM)
    small = _shrunk(medium, SMALL)
    return Derived(
        derivatives=[
            _jpeg(f"{LARGE}.jpg", large),
            _jpeg(f"{MEDIUM}.jpg", medium),
            _avif(f"{MEDIUM}.avif", medium),
            _avif(f"{SMALL}.avif", small),
        ],
        width=photo.width,
        height=photo.height,
        thumbhash=b64encode(thumbhash(small)).decode(),
        dhash=dhash(photo.image),
        evidence=photo.evidence,
    )


def _redacted(image: Image.Image, redactions: Sequence[Rectangle]) -> Image.Image:
    """Black, not blurred: a blur can be undone. Rounded outwards to whole pixels."""
    redacted = image.copy() if redactions else image
    for left, top, right, bottom in redactions:
        corner = floor(left * image.width), floor(top * image.height)
        redacted.paste("black", (*corner, ceil(right * image.width), ceil(bottom * image.height)))
    return redacted


def _shrunk(image: Image.Image, longest: int) -> Image.Image:
    return image.resize(fitted(image.size, longest), Image.Resampling.LANCZOS, reducing_gap=2.0)


def _jpeg(name: str, image: Image.Image) -> Derivative:
    # Not progressive: 20 ms dearer for 3 % fewer bytes.
    return _encoded(name, image, "JPEG", quality=JPEG_QUALITY, optimize=True)


def _avif(name: str, image: Image.Image) -> Derivative:
    # One thread and no tiles, or the bytes would depend on the number of processors.
    return _encoded(
        name,
        image,
        "AVIF",
        quality=AVIF_QUALITY,
        speed=AVIF_SPEED,
        max_threads=1,
        autotiling=False,
    )


def _encoded(name: str, image: Image.Image, kind: str, **options: int) -> Derivative:
    # Encoders copy comments, profiles and more from here.
    image.info = {}
    out = io.BytesIO()
    image.save(out, kind, **options)
    return Derivative(
        name=name,
        content_type=Image.MIME[kind],
        body=out.getvalue(),
        width=image.width,
        height=image.height,
    )
