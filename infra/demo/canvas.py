"""A picture of flat shapes: 1280 x 960 units, origin top left, drawn twice as large and reduced."""

import math
import random
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

type Colour = (
    tuple[int, int, int] | tuple[int, int, int, int]
)  # red, green, blue, opacity; 0 to 255
type Spot = tuple[float, float]

WIDTH, HEIGHT = 1280, 960
SCALE = 2


class Canvas:
    """Shapes in units; `dice` is the seeded randomness that makes each picture its own."""

    def __init__(self, seed: str) -> None:
        self.dice = random.Random(seed)
        self.image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE))
        self._pen = ImageDraw.Draw(self.image, "RGBA")

    def finished(self) -> Image.Image:
        """The picture at its real size, with smooth edges."""
        return self.image.reduce(SCALE)

    def box(self, x: float, y: float, w: float, h: float, fill: Colour, round_: float = 0) -> None:
        """A rectangle from its top left corner, with corners of radius `round_`."""
        corners = [x * SCALE, y * SCALE, (x + w) * SCALE, (y + h) * SCALE]
        self._pen.rounded_rectangle(corners, round_ * SCALE, fill)

    def oval(self, x: float, y: float, rx: float, ry: float, fill: Colour) -> None:
        """An ellipse around its centre (x, y)."""
        self._pen.ellipse(
            [(x - rx) * SCALE, (y - ry) * SCALE, (x + rx) * SCALE, (y + ry) * SCALE], fill
        )

    def shape(self, spots: Sequence[Spot], fill: Colour) -> None:
        """A filled polygon."""
        self._pen.polygon([(x * SCALE, y * SCALE) for x, y in spots], fill)

    def line(self, spots: Sequence[Spot], fill: Colour, width: float = 4) -> None:
        """A line through all `spots`."""
        scaled = [(x * SCALE, y * SCALE) for x, y in spots]
        self._pen.line(scaled, fill, round(width * SCALE), joint="curve")

    def arc(self, x: float, y: float, r: float, start: float, end: float, fill: Colour) -> None:
        """A pie slice around (x, y), from `start` to `end` degrees clockwise from the east."""
        self._pen.pieslice(
            [(x - r) * SCALE, (y - r) * SCALE, (x + r) * SCALE, (y + r) * SCALE], start, end, fill
        )

    def blob(
        self, x: float, y: float, rx: float, ry: float, fill: Colour, rough: float = 0.2
    ) -> None:
        """An uneven ellipse: its edge wanders by `rough` of the radius."""
        self.shape([(x + rx * u, y + ry * v) for u, v in self._outline(rough)], fill)

    def rings(
        self, x: float, y: float, rx: float, ry: float, bands: Sequence[tuple[float, Colour]]
    ) -> None:
        """One uneven ellipse several times, each band (size, colour) inside the one before."""
        outline = self._outline(0.24)
        for size, fill in bands:
            self.shape([(x + rx * u * size, y + ry * v * size) for u, v in outline], fill)

    def text(self, x: float, y: float, words: str, size: float, fill: Colour) -> None:
        """Words centred on (x, y), in the font that comes with Pillow."""
        font = ImageFont.load_default(size * SCALE)
        self._pen.text((x * SCALE, y * SCALE), words, fill, font, anchor="mm")

    def fade(self, y: float, h: float, top: Colour, bottom: Colour) -> None:
        """A full-width band whose colour runs from `top` to `bottom`."""
        steps = Image.new("RGB", (1, round(h)))
        for step in range(round(h)):
            mixed = [round(a + (b - a) * step / h) for a, b in zip(top, bottom, strict=True)]
            steps.putpixel((0, step), (mixed[0], mixed[1], mixed[2]))
        self.image.paste(steps.resize((WIDTH * SCALE, round(h) * SCALE)), (0, round(y * SCALE)))

    def mirror(self, y: float, depth: float, tint: Colour) -> None:
        """Water from `y` downwards: what stands above, upside down, under a tint."""
        top, rows = round(y * SCALE), round(depth * SCALE)
        above = self.image.crop((0, top - rows, WIDTH * SCALE, top))
        self.image.paste(above.transpose(Image.Transpose.FLIP_TOP_BOTTOM), (0, top))
        self.box(0, y, WIDTH, depth, tint)

    def _outline(self, rough: float) -> list[Spot]:
        """Points of a wobbly unit circle: three waves of random strength and phase."""
        waves = [(n, self.dice.uniform(0, 6.3), self.dice.uniform(0.3, 1)) for n in (2, 3, 5)]
        return [_wobble(step * math.tau / 72, waves, rough) for step in range(72)]


def _wobble(angle: float, waves: list[tuple[int, float, float]], rough: float) -> Spot:
    swell = sum(strength * math.sin(n * angle + phase) for n, phase, strength in waves) / 3
    radius = 1 + rough * swell
    return radius * math.cos(angle), radius * math.sin(angle)
