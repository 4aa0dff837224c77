"""Open a stranger's picture: any bytes in, plain upright RGB pixels out, or a reason why not.

All that a file can do to us happens inside `decode()`; there every error is the file's. What
follows works on clean pixels, where an error is a bug of ours and is not hidden.
"""

from __future__ import annotations

import io
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import NamedTuple

# Importing a plugin registers its format; left to itself Pillow imports all of them on first need.
from PIL import (
    AvifImagePlugin,  # noqa: F401
    ExifTags,
    Image,
    ImageFile,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)

from chalicelib.photos import evidence
from chalicelib.photos.colour import in_srgb, resizable
from chalicelib.photos.evidence import Evidence

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")
SIGNATURE = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF....WEBP|....ftyp(?:avi[fs])", re.DOTALL
)
# Two of these brands are shared with AVIF: only decoding tells.
HEIF_SIGNATURE = re.compile(rb"....ftyp(?:mif1|msf1|hei[cxms]|hev[cxms])", re.DOTALL)
# What fits a worker of 1,024 MB. Only JPEG can be decoded at a fraction of its size.
MOST_PIXELS = {
    "JPEG": 64_000_000,
    "MPO": 64_000_000,
    "HEIF": 50_000_000,
    "PNG": 25_000_000,
    "WEBP": 25_000_000,
    "AVIF": 25_000_000,
}
SHORTEST_SIDE, MOST_ELONGATED = 16, 20
# Every scan of a JPEG costs a pass over all pixels and may take only a hundred bytes: 15 MB could
# keep a worker for an hour. Encoders write ten to twenty. Marker, length, number of components:
SCAN = re.compile(rb"\xff\xda\x00(?:\x08\x01|\x0a\x02|\x0c\x03|\x0e\x04)")
MOST_SCANS = 60

# By the value of EXIF's Orientation; 1 is upright.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = (5, 6, 7, 8)

# Warning filters belong to the process, not to a thread; and memory is reckoned for one decoder.
_one_at_a_time = threading.Lock()


class Reason(StrEnum):
    """Why a file did not become a photo."""

    EMPTY = "empty"
    NOT_A_PICTURE = "not_a_picture"
    CORRUPT = "corrupt"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_COSTLY = "too_costly"
    TOO_SMALL = "too_small"
    ODD_SHAPE = "odd_shape"


class Rejected(Exception):
    """The file cannot be shown; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Photo(NamedTuple):
    """Decoded and harmless.

    `image`: RGB in sRGB, upright, without metadata, shrunk to the limit asked for.
    `width`, `height`: of the original, upright, in pixels.
    """

    image: Image.Image
    width: int
    height: int
    evidence: Evidence


def decode(body: bytes, longest: int, formats: tuple[str, ...] = FORMATS) -> Photo:
    """Decode the first frame, its longer side at most `longest` pixels.

    `formats` are tried in turn. Raises Rejected, and nothing else, whatever the bytes are.
    """
    with _blaming_the_file():
        return _decode(_open(body, formats), longest)


def is_heif(body: bytes) -> bool:
    """Tell whether the file says it is HEIF (HEIC), which decode() does not know by itself."""
    return HEIF_SIGNATURE.match(body) is not None


@contextmanager
def _blaming_the_file() -> Iterator[None]:
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            yield
        except Rejected:
            raise
        except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
            raise Rejected(Reason.TOO_MANY_PIXELS) from error
        except Exception as error:
            # Decoders have no closed set of errors for bytes that a stranger wrote.
            raise Rejected(Reason.CORRUPT) from error


def _decode(image: ImageFile.ImageFile, longest: int) -> Photo:
    # Read before draft() and load(), which change them.
    profile = image.info.get("icc_profile")
    exif, orientation = _exif(image)
    size, box = image.size, fitted(image.size, longest)
    image.draft(None, box)
    image.load()
    small = resizable(image).resize(box, Image.Resampling.LANCZOS, reducing_gap=2.0)
    upright = _turned(in_srgb(small, profile), orientation)
    upright.info = {}
    width, height = reversed(size) if orientation in SIDEWAYS else size
    return Photo(upright, width, height, evidence.read(exif))


def fitted(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """Return the size with its longer side at most `longest`, never enlarged.

    Rounded down, so that draft() may choose a scale that divides evenly.
    """
    side = max(size)
    limit = min(longest, side)
    return max(1, size[0] * limit // side), max(1, size[1] * limit // side)


def _open(body: bytes, formats: tuple[str, ...]) -> ImageFile.ImageFile:
    if not body:
        raise Rejected(Reason.EMPTY)
    if not SIGNATURE.match(body) and not is_heif(body):
        raise Rejected(Reason.NOT_A_PICTURE)
    image = Image.open(io.BytesIO(body), formats=formats)
    _check_shape(image)
    if len(SCAN.findall(body)) > MOST_SCANS:
        raise Rejected(Reason.TOO_COSTLY)
    return image


def _check_shape(image: ImageFile.ImageFile) -> None:
    shorter, longer = sorted(image.size)
    if shorter * longer > MOST_PIXELS[image.format or ""]:
        raise Rejected(Reason.TOO_MANY_PIXELS)
    if longer > MOST_ELONGATED * shorter:
        raise Rejected(Reason.ODD_SHAPE)
    if shorter < SHORTEST_SIDE:
        raise Rejected(Reason.TOO_SMALL)


def _exif(image: ImageFile.ImageFile) -> tuple[Image.Exif, int]:
    """Return the EXIF and its orientation; unreadable EXIF does not lose the photo."""
    with suppress(Exception):
        exif = image.getexif()
        # A HEIF decoder turns the picture itself, by the container's word.
        turned = image.format == "HEIF"
        return exif, 1 if turned else exif.get(ExifTags.Base.Orientation, 1)
    return Image.Exif(), 1


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    turn = TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)
