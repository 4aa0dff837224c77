"""Things that lie about or stand on the demo streets; (x, y) is where they stand, or hang."""

from infra.demo.canvas import Canvas, Colour
from infra.demo.houses import WHITE

RED: Colour = (206, 64, 56)
STEEL: Colour = (112, 118, 128)
WOOD: Colour = (170, 116, 74)


def cone(c: Canvas, x: float, y: float) -> None:
    c.oval(x, y + 2, 46, 9, (0, 0, 0, 60))
    c.box(x - 38, y - 12, 76, 13, (220, 92, 44), 4)
    c.shape([(x - 26, y - 12), (x + 26, y - 12), (x + 6, y - 96), (x - 6, y - 96)], (240, 112, 52))
    c.shape(
        [(x - 19, y - 38), (x + 19, y - 38), (x + 14, y - 62), (x - 14, y - 62)], (250, 250, 246)
    )


def bin(c: Canvas, x: float, y: float, paint: Colour) -> None:
    c.oval(x, y, 36, 6, (0, 0, 0, 60))
    c.shape([(x - 32, y - 92), (x + 32, y - 92), (x + 25, y), (x - 25, y)], paint)
    c.box(x - 37, y - 106, 74, 18, paint, 8)
    c.box(x - 37, y - 94, 74, 6, (0, 0, 0, 50), 3)
    c.oval(x, y - 48, 13, 13, (255, 255, 255, 170))


def bench(c: Canvas, x: float, y: float, whole: bool) -> None:
    c.oval(x, y, 160, 9, (0, 0, 0, 50))
    for dx in (-116, 104):
        c.box(x + dx, y - 122, 13, 122, (70, 76, 86), 3)
    slats = ((-128, y - 118), (-128, y - 92), (-140, y - 54))
    for dx, top in slats if whole else slats[2:]:
        c.box(x + dx, top, -2 * dx, 19, WOOD, 5)
    if not whole:
        c.shape(
            [
                (x - 128, y - 118),
                (x - 20, y - 118),
                (x - 44, y - 108),
                (x - 16, y - 99),
                (x - 128, y - 99),
            ],
            WOOD,
        )
        c.shape(
            [
                (x - 30, y - 56),
                (x + 44, y - 56),
                (x + 26, y - 44),
                (x + 48, y - 33),
                (x - 14, y - 33),
            ],
            (196, 190, 180),
        )


def cart(c: Canvas, x: float, y: float, paint: Colour) -> None:
    """A food cart (gerobak) under a parasol."""
    c.oval(x, y, 124, 10, (0, 0, 0, 60))
    c.line([(x, y - 60), (x, y - 330)], (150, 140, 130), 8)
    for n in range(6):
        c.shape(
            [(x, y - 356), (x - 150 + n * 50, y - 262), (x - 100 + n * 50, y - 262)],
            WHITE if n % 2 else paint,
        )
    c.box(x - 104, y - 190, 208, 76, (196, 226, 232, 190), 4)
    for dx in (-70, -24, 22, 68):
        c.oval(
            x + dx, y - 130, 21, 15, c.dice.choice([(238, 186, 84), (208, 110, 60), (130, 170, 80)])
        )
    c.box(x - 116, y - 118, 232, 84, paint, 6)
    c.text(x, y - 76, c.dice.choice(["BAKSO", "SATE", "ES TEH", "GORENGAN", "MIE"]), 32, WHITE)
    for dx in (-64, 64):
        c.oval(x + dx, y - 26, 27, 27, (52, 50, 54))
        c.oval(x + dx, y - 26, 12, 12, (180, 182, 188))


def poster(c: Canvas, x: float, y: float) -> None:
    x, y = x + c.dice.uniform(-6, 6), y + c.dice.uniform(-6, 6)
    c.box(x, y, 62, 40, c.dice.choice([WHITE, (250, 232, 140), (246, 190, 180), (184, 222, 236)]))
    c.box(x + 6, y + 5, 50, 9, c.dice.choice([RED, (46, 90, 160), (40, 40, 46)]))
    for n in range(2):
        c.box(x + 6, y + 20 + n * 8, c.dice.uniform(24, 48), 3, (120, 120, 124))


def walker(c: Canvas, x: float, y: float) -> None:
    c.oval(x, y, 34, 6, (0, 0, 0, 90))
    for dx in (-12, 12):
        c.line([(x + dx * 0.4, y - 80), (x + dx, y - 4)], (54, 60, 86), 16)
    c.box(x - 24, y - 162, 48, 88, (176, 84, 88), 16)
    c.line([(x - 10, y - 146), (x - 30, y - 108)], (176, 84, 88), 13)
    c.oval(x, y - 184, 22, 24, (150, 104, 78))
    c.arc(x + 2, y - 188, 25, 180, 360, (34, 30, 34))


def no_parking(c: Canvas, x: float, y: float) -> None:
    c.box(x - 5, 430, 10, y - 430, STEEL)
    c.oval(x, 410, 56, 56, RED)
    c.oval(x, 410, 46, 46, WHITE)
    c.text(x, 411, "P", 62, (34, 36, 44))
    c.line([(x - 36, 374), (x + 36, 446)], RED, 11)


def signal(c: Canvas, x: float, y: float, lit: bool) -> None:
    c.box(x - 44, y - 10, 88, 214, (38, 42, 50), 16)
    for n in range(3):
        green = lit and n == 2
        if green:
            c.oval(x, y + 34 + n * 64, 54, 54, (96, 230, 140, 70))
        c.oval(x, y + 34 + n * 64, 26, 26, (84, 220, 126) if green else (82, 84, 90))


def litter(c: Canvas, x: float, y: float) -> None:
    """A bottle, a cup, a leaf or a scrap of paper."""
    fill = c.dice.choice(
        [(236, 236, 230), (90, 160, 190), (220, 90, 72), (120, 160, 80), (236, 196, 96)]
    )
    if c.dice.random() < 0.4:
        c.box(x - 15, y - 5, 26, 11, fill, 5)
        c.box(x + 10, y - 3, 9, 7, (70, 110, 160), 2)
    else:
        c.shape([(x - 12, y), (x - 2, y - 9), (x + 13, y - 3), (x + 4, y + 8)], fill)


def rubbish(c: Canvas, x: float, y: float) -> None:
    """A tied bag or a torn carton."""
    if c.dice.random() < 0.2:
        c.shape([(x - 46, y - 62), (x + 40, y - 68), (x + 46, y), (x - 42, y + 4)], (190, 150, 104))
        c.shape(
            [(x - 46, y - 62), (x - 70, y - 84), (x + 10, y - 90), (x + 40, y - 68)],
            (212, 174, 128),
        )
        return
    fill = c.dice.choice(
        [(48, 50, 56), (62, 66, 74), (70, 112, 160), (236, 234, 226), (196, 70, 66), (84, 128, 92)]
    )
    c.shape(
        [(x - 10, y - 58), (x - 24, y - 84), (x, y - 72), (x + 22, y - 86), (x + 10, y - 58)], fill
    )
    c.blob(x, y - 26, 54, 44, fill, 0.12)
    c.oval(x - 18, y - 40, 12, 8, (255, 255, 255, 60))
    c.line([(x + 6, y - 58), (x + 16, y - 30), (x + 12, y - 8)], (0, 0, 0, 40), 4)


def slab(c: Canvas, x: float, y: float) -> None:
    u, v = c.dice.uniform(18, 34), c.dice.uniform(8, 16)
    c.shape(
        [(x - u, y), (x - u * 0.2, y - v), (x + u, y - v * 0.3), (x + u * 0.3, y + v)],
        (222, 214, 202),
    )
    c.shape(
        [(x - u, y), (x + u * 0.3, y + v), (x + u * 0.3, y + v + 7), (x - u, y + 7)],
        (160, 152, 140),
    )
