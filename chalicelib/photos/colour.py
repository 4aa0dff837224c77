"""Colour: whatever a file holds (profile, CMYK, palette, 16 bits, transparency) becomes sRGB."""

from __future__ import annotations

import io
from contextlib import suppress

from PIL import Image, ImageCms

SRGB = ImageCms.createProfile("sRGB")


def resizable(image: Image.Image) -> Image.Image:
    """Return the picture in a mode that can be resampled: L, RGB, RGBA or CMYK."""
    if image.mode.startswith("I"):
        # 16 bits a sample; convert() would clip all above 255 to white. Take the high bytes.
        return Image.frombytes("L", image.size, image.tobytes()[1::2])
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("RGB") if image.mode in ("1", "P") else image


def in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture in sRGB, transparency laid on white."""
    if image.mode != "RGBA":
        return _converted(image, profile)
    white = Image.new("RGB", image.size, "white")
    white.paste(_converted(image.convert("RGB"), profile), mask=image.getchannel("A"))
    return white


def _converted(image: Image.Image, profile: bytes | None) -> Image.Image:
    # A broken profile, or one for another mode, does not lose the photo.
    with suppress(Exception):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile or b""))
        if "sRGB" not in ImageCms.getProfileDescription(source):
            image = ImageCms.profileToProfile(image, source, SRGB, outputMode="RGB") or image
    return image.convert("RGB")
