"""Vehicles from the side; (x, y) is the middle of the tyres' lower edge."""

from infra.demo.canvas import Canvas, Colour

PAINTS: list[Colour] = [
    (206, 72, 66),
    (58, 118, 176),
    (240, 240, 236),
    (72, 78, 88),
    (238, 180, 64),
    (96, 150, 124),
    (190, 196, 204),
]
TYRE: Colour = (40, 42, 48)
RIM: Colour = (176, 180, 188)
PANE: Colour = (186, 218, 230)


def car(c: Canvas, x: float, y: float, size: float = 1, paint: Colour | None = None) -> None:
    """A small family car about 250 units long, its nose to the left."""
    paint = paint or c.dice.choice(PAINTS)

    def at(dx: float, dy: float) -> tuple[float, float]:
        return x + dx * size, y + dy * size

    c.oval(x, y - 2, 140 * size, 12 * size, (0, 0, 0, 70))
    c.shape([at(-76, -66), at(-46, -116), at(62, -116), at(102, -66)], paint)
    c.shape([at(-62, -68), at(-38, -106), at(2, -106), at(2, -68)], PANE)
    c.shape([at(12, -68), at(12, -106), at(56, -106), at(84, -68)], PANE)
    c.box(*at(-128, -72), 256 * size, 52 * size, paint, 18 * size)
    c.box(*at(-128, -36), 256 * size, 16 * size, (0, 0, 0, 46), 8 * size)
    c.box(*at(-126, -60), 16 * size, 14 * size, (255, 242, 190), 5 * size)
    c.box(*at(112, -62), 14 * size, 16 * size, (214, 58, 52), 5 * size)
    c.box(*at(10, -60), 22 * size, 5 * size, (0, 0, 0, 80), 2)
    for dx in (-76, 76):
        wheel(c, *at(dx, -24), 25 * size)


def bus(c: Canvas, x: float, y: float, paint: Colour = (52, 132, 150)) -> None:
    """A city bus 430 units long, its nose to the left."""
    c.oval(x, y - 2, 226, 13, (0, 0, 0, 70))
    c.box(x - 215, y - 188, 430, 166, paint, 20)
    c.box(x - 215, y - 66, 430, 14, (250, 250, 246))
    c.box(x - 206, y - 168, 66, 86, PANE, 8)
    for n in range(5):
        c.box(x - 118 + n * 64, y - 164, 54, 60, PANE, 6)
    c.box(x - 130, y - 182, 200, 14, (32, 36, 44), 4)
    c.box(x - 212, y - 48, 18, 14, (255, 242, 190), 5)
    for dx in (-130, 130):
        wheel(c, x + dx, y - 30, 31)


def motorbike(
    c: Canvas, x: float, y: float, rider: bool = True, paint: Colour | None = None
) -> None:
    """A scooter about 150 units long, its nose to the left."""
    paint = paint or c.dice.choice(PAINTS)
    c.oval(x, y - 1, 80, 8, (0, 0, 0, 70))
    for dx in (-54, 54):
        wheel(c, x + dx, y - 24, 24)
    c.line([(x - 54, y - 24), (x - 36, y - 84), (x - 20, y - 92)], (84, 88, 96), 7)
    c.shape(
        [
            (x - 44, y - 62),
            (x - 34, y - 78),
            (x - 18, y - 40),
            (x + 14, y - 34),
            (x + 8, y - 22),
            (x - 28, y - 24),
        ],
        paint,
    )
    c.shape(
        [(x, y - 34), (x + 6, y - 60), (x + 74, y - 66), (x + 70, y - 44), (x + 48, y - 32)], paint
    )
    c.box(x + 4, y - 70, 66, 13, (52, 46, 48), 6)
    c.oval(x - 46, y - 76, 9, 9, (255, 242, 190))
    if rider:
        _rider(c, x, y)


def boat(c: Canvas, x: float, y: float) -> None:
    """A rubber boat of the rescuers, 220 units long."""
    c.oval(x, y + 6, 124, 10, (255, 255, 255, 90))
    c.shape(
        [(x - 118, y - 34), (x + 112, y - 26), (x + 92, y + 6), (x - 88, y + 6)], (232, 116, 48)
    )
    c.box(x - 120, y - 42, 236, 20, (248, 142, 66), 10)
    for dx, shirt in ((-36, (58, 118, 176)), (34, (240, 240, 236))):
        c.box(x + dx - 20, y - 92, 40, 56, shirt, 14)
        c.oval(x + dx, y - 108, 18, 18, (170, 118, 86))
        c.arc(x + dx, y - 110, 20, 180, 360, (214, 74, 64))


def wheel(c: Canvas, x: float, y: float, radius: float) -> None:
    c.oval(x, y, radius, radius, TYRE)
    c.oval(x, y, radius * 0.55, radius * 0.55, RIM)
    c.oval(x, y, radius * 0.2, radius * 0.2, TYRE)


def _rider(c: Canvas, x: float, y: float) -> None:
    shirt = c.dice.choice(PAINTS)
    c.line([(x + 30, y - 70), (x - 6, y - 62), (x - 12, y - 32)], (62, 70, 98), 18)
    c.shape([(x + 12, y - 66), (x + 46, y - 66), (x + 34, y - 128), (x + 4, y - 128)], shirt)
    c.line([(x + 16, y - 116), (x - 6, y - 92), (x - 26, y - 92)], shirt, 13)
    c.oval(x - 28, y - 92, 7, 7, (170, 118, 86))
    c.oval(x + 12, y - 146, 20, 21, (170, 118, 86))
    c.arc(x + 14, y - 148, 24, 170, 370, c.dice.choice(PAINTS))
