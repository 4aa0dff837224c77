"""Difference hash: 64 bits that stay nearly the same when a picture is re-encoded or resized.

By Neal Krawetz ("Kind of Like That", hackerfactor.com, 2013): shrink to 9 by 8 grey pixels; each
bit says whether a pixel is brighter than its right neighbour.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

COLUMNS, ROWS = 8, 8


def dhash(image: Image) -> int:
    """Return the 64-bit hash of an upright picture, first pixel in the lowest bit.

    Not invariant to turning or mirroring. A picture without any contrast hashes to 0, so 0 says
    nothing about sameness.
    """
    # Lazy, because distance() is called where no picture is opened.
    from PIL.Image import Resampling

    grey = image.resize((COLUMNS + 1, ROWS), Resampling.BOX).convert("L").tobytes()
    rows = [grey[start : start + COLUMNS + 1] for start in range(0, len(grey), COLUMNS + 1)]
    bits = [left > right for row in rows for left, right in pairwise(row)]
    return sum(bit << place for place, bit in enumerate(bits))


def distance(a: int, b: int) -> int:
    """Return how many of the 64 bits differ: 0 is the same picture, unrelated ones lie near 32."""
    return (a ^ b).bit_count()
