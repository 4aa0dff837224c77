"""ThumbHash: a blurred placeholder of a picture in about 25 bytes, its aspect ratio included.

Algorithm and byte layout by Evan Wallace (github.com/evanw/thumbhash, MIT), for opaque pictures:
the lowest terms of a discrete cosine transform of luminance and two colour differences.
"""

from __future__ import annotations

from math import cos, floor, pi, sumprod
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PIL.Image import Image

# The highest frequency kept has three and a half waves: 32 samples carry it, more only cost time.
SAMPLES = 32
LUMINANCE_TERMS, COLOUR_TERMS = 7, 3

Rows = list[list[float]]


class _Terms(NamedTuple):
    """A channel's mean, its other terms scaled to 0..1 around a half, and that scale."""

    mean: float
    waves: list[float]
    scale: float


def thumbhash(image: Image) -> bytes:
    """Return the ThumbHash of an RGB picture of any size."""
    small = image.copy()
    small.thumbnail((SAMPLES, SAMPLES))
    nx, ny = (max(1, _round(LUMINANCE_TERMS * side / max(small.size))) for side in small.size)
    luminance, yellow_blue, red_green = _channels(small)
    light = _transform(luminance, max(3, nx), max(3, ny))
    pale = _transform(yellow_blue, COLOUR_TERMS, COLOUR_TERMS)
    red = _transform(red_green, COLOUR_TERMS, COLOUR_TERMS)
    landscape = small.width > small.height
    header = _header(light, pale, red, ny if landscape else nx, landscape)
    return header + _nibbles([*light.waves, *pale.waves, *red.waves])


def _channels(image: Image) -> tuple[Rows, Rows, Rows]:
    samples = image.tobytes()
    stride = 3 * image.width
    rows = [samples[start : start + stride] for start in range(0, len(samples), stride)]
    pixels = [
        [(r / 255, g / 255, b / 255) for r, g, b in zip(*[iter(row)] * 3, strict=True)]
        for row in rows
    ]
    return (
        [[(r + g + b) / 3 for r, g, b in row] for row in pixels],
        [[(r + g) / 2 - b for r, g, b in row] for row in pixels],
        [[r - g for r, g, _ in row] for row in pixels],
    )


def _transform(rows: Rows, nx: int, ny: int) -> _Terms:
    width, height = len(rows[0]), len(rows)
    across = [_wave(cx, width) for cx in range(nx)]
    columns = list(zip(*rows, strict=True))
    terms = []
    for cy in range(ny):
        down = _wave(cy, height)
        mixed = [sumprod(column, down) for column in columns]
        # Only the triangle of low frequencies: cx / nx + cy / ny < 1.
        kept = [wave for cx, wave in enumerate(across) if cx * ny < nx * (ny - cy)]
        terms += [sumprod(mixed, wave) / (width * height) for wave in kept]
    return _scaled(terms)


def _wave(frequency: int, length: int) -> list[float]:
    return [cos(pi / length * frequency * (place + 0.5)) for place in range(length)]


def _scaled(terms: list[float]) -> _Terms:
    mean, *waves = terms
    scale = max(abs(wave) for wave in waves)
    return _Terms(mean, [0.5 + 0.5 / scale * wave for wave in waves] if scale else waves, scale)


def _header(light: _Terms, pale: _Terms, red: _Terms, shorter: int, landscape: bool) -> bytes:
    means = (
        _round(63 * light.mean)
        | _round(31.5 + 31.5 * pale.mean) << 6
        | _round(31.5 + 31.5 * red.mean) << 12
        | _round(31 * light.scale) << 18
    )
    shape = shorter | _round(63 * pale.scale) << 3 | _round(63 * red.scale) << 9 | landscape << 15
    return means.to_bytes(3, "little") + shape.to_bytes(2, "little")


def _nibbles(waves: list[float]) -> bytes:
    values = [_round(15 * wave) for wave in waves]
    if len(values) % 2:
        values.append(0)
    return bytes(low | high << 4 for low, high in zip(values[::2], values[1::2], strict=True))


def _round(value: float) -> int:
    """Round halves up, as JavaScript's Math.round: Python's round() would change the bytes."""
    return floor(value + 0.5)
