"""Troubles of the ground: the problem on a finished street or, when `fixed`, what comes after."""

from infra.demo.canvas import HEIGHT, WIDTH, Canvas, Colour
from infra.demo.houses import GROUND
from infra.demo.plants import bush, planter, sapling
from infra.demo.props import STEEL, bin, cone, litter, rubbish, slab
from infra.demo.scenery import KERB
from infra.demo.vehicles import boat, car, motorbike

ASPHALT: Colour = (96, 100, 108)
PATCH: Colour = (60, 63, 70)
MUD: Colour = (140, 112, 80)
WATER: Colour = (96, 150, 176)


def road_damage(c: Canvas, fixed: bool) -> None:
    x, y = c.dice.uniform(480, 800), c.dice.uniform(828, 866)
    car(c, 150 if x > 640 else 1130, 770, 0.9)
    if fixed:
        c.shape([(x - 270, y - 84), (x + 280, y - 84), (x + 300, y + 84), (x - 290, y + 84)], PATCH)
        c.line([(x - 270, y - 84), (x + 280, y - 84)], (255, 255, 255, 60), 3)
        c.line([(x - 290, y + 84), (x + 300, y + 84)], (30, 32, 36), 4)
        return
    pothole(c, x, y, 240)
    pothole(c, x + (360 if x < 640 else -360), y + 44, 90)
    cone(c, x - 250, y + 50)
    cone(c, x + 236, y - 30)


def sidewalk(c: Canvas, fixed: bool) -> None:
    x = c.dice.uniform(420, 760)
    c.box(0, KERB - 40, WIDTH, 16, (232, 190, 74))
    if fixed:
        for n in range(80):
            c.oval(n * 16 + 8, KERB - 32, 3, 3, (204, 158, 50))
        planter(c, x + 300, GROUND + 38)
        return
    c.blob(x, KERB - 30, 230, 44, (150, 128, 104), 0.3)
    c.blob(x, KERB - 26, 170, 28, (108, 88, 70), 0.3)
    for _ in range(16):
        slab(c, x + c.dice.uniform(-260, 260), KERB - 32 + c.dice.uniform(-34, 44))
    cone(c, x + 280, KERB + 6)


def drainage(c: Canvas, fixed: bool) -> None:
    x = c.dice.uniform(420, 760)
    if not fixed:
        c.blob(x, 820, 420, 120, (92, 84, 66, 210), 0.16)
        c.blob(x - 20, 816, 330, 82, (112, 104, 82, 200), 0.16)
    c.shape([(x - 220, 700), (x + 220, 700), (x + 250, 800), (x - 250, 800)], (182, 178, 170))
    c.shape([(x - 200, 710), (x + 200, 710), (x + 226, 788), (x - 226, 788)], (46, 50, 54))
    if fixed:
        grate(c, x)
        return
    c.shape([(x - 206, 730), (x + 206, 730), (x + 226, 788), (x - 226, 788)], (88, 80, 60))
    for n in range(26):
        litter(c, x + c.dice.uniform(-210, 210), 738 + n * 3)
    ripples(c, x, 850, 8)


def flooding(c: Canvas, fixed: bool) -> None:
    if fixed:
        for x in (260, 700, 1090):
            c.blob(x, c.dice.uniform(740, 900), 110, 16, (120, 146, 164, 150), 0.2)
        motorbike(c, 420, 800)
        car(c, 880, 890)
        return
    level = c.dice.uniform(560, 584)
    motorbike(c, c.dice.uniform(200, 420), level + 66, rider=False)
    car(c, c.dice.uniform(860, 1060), level + 62, 1.1)
    c.mirror(level, min(level, HEIGHT - level), (*MUD[:3], 168))
    ripples(c, 640, level + 190, 46)
    for _ in range(7):
        litter(c, c.dice.uniform(80, 1200), c.dice.uniform(level + 110, 920))
    boat(c, c.dice.uniform(520, 700), level + 240)


def water_supply(c: Canvas, fixed: bool) -> None:
    x = c.dice.uniform(460, 760)
    if fixed:
        c.shape([(x - 130, 744), (x + 130, 744), (x + 144, 824), (x - 144, 824)], PATCH)
        c.oval(x, 784, 46, 17, STEEL)
        c.oval(x, 781, 40, 14, (146, 152, 160))
        return
    c.blob(x, 830, 480, 96, (*WATER[:3], 150), 0.16)
    c.blob(x, 806, 110, 34, (70, 58, 48), 0.3)
    for n in range(-6, 7):
        tip = (x + n * 40, 560 + abs(n) * 34)
        c.line([(x, 800), (x + n * 16, 660 + abs(n) * 6), tip], (206, 234, 246, 150), 15)
        c.oval(*tip, 17, 15, (232, 246, 252, 200))
    for _ in range(60):
        c.oval(x + c.dice.gauss(0, 150), c.dice.uniform(560, 800), 5, 6, (226, 244, 252, 190))
    ripples(c, x, 850, 10)
    cone(c, x - 330, 850)


def garbage(c: Canvas, fixed: bool) -> None:
    x = c.dice.uniform(420, 820)
    if fixed:
        for dx, paint in ((-70, (76, 142, 84)), (10, (230, 178, 60)), (90, (200, 78, 66))):
            bin(c, x + dx, KERB - 14, paint)
        bush(c, x - 190, KERB - 18)
        return
    c.blob(x, 742, 350, 52, (0, 0, 0, 60), 0.14)
    for row, spread in ((0, 270), (1, 200), (2, 120), (3, 40)):
        for n in range(-4 + row, 5 - row):
            rubbish(c, x + n * spread / (4.5 - row), 744 - row * 56 + c.dice.uniform(-12, 12))
    for _ in range(26):
        litter(c, x + c.dice.gauss(0, 230), c.dice.uniform(748, 812))
    for _ in range(14):
        c.oval(x + c.dice.gauss(0, 150), c.dice.uniform(480, 620), 3.2, 2.6, (50, 50, 50))


def fallen_tree(c: Canvas, fixed: bool) -> None:
    x = c.dice.uniform(250, 330)
    if fixed:
        c.shape([(x - 34, 668), (x - 26, 628), (x + 26, 628), (x + 34, 668)], (122, 88, 62))
        c.oval(x, 628, 26, 9, (214, 178, 130))
        c.oval(x, 628, 14, 5, (184, 142, 98))
        sapling(c, x + 130, KERB)
        car(c, 860, 800)
        return
    c.oval(x + 380, 872, 480, 34, (0, 0, 0, 60))
    for dx, dy in ((-60, -60), (-90, -6), (-74, 50), (-30, 74), (-34, -92)):
        c.line([(x, 740), (x + dx * 0.6, 740 + dy * 0.4), (x + dx, 740 + dy)], (104, 76, 54), 15)
    c.shape([(x - 10, 690), (x + 450, 800), (x + 450, 838), (x - 24, 778)], (128, 92, 66))
    c.line([(x + 10, 722), (x + 430, 816)], (104, 74, 54), 5)
    c.oval(x - 10, 734, 30, 46, (98, 70, 50))
    for dx, dy, r in (
        (480, 60, 96),
        (600, 30, 118),
        (720, 60, 104),
        (560, 120, 100),
        (670, 140, 104),
        (800, 110, 70),
    ):
        c.blob(
            x + dx,
            720 + dy,
            r,
            r * 0.86,
            c.dice.choice([(66, 132, 78), (86, 148, 82), (54, 112, 72)]),
            0.16,
        )
    for _ in range(50):
        c.oval(x + 620 + c.dice.gauss(0, 240), c.dice.uniform(700, 940), 9, 4, (110, 164, 84))
    cone(c, x + 60, 900)


def pothole(c: Canvas, x: float, y: float, size: float) -> None:
    for n in range(9):
        side = 1 if n % 2 else -1
        far = (x + side * size * c.dice.uniform(1.1, 1.6), y + c.dice.uniform(-0.4, 0.45) * size)
        bend = (x + side * size * 0.9, (y + far[1]) / 2 + c.dice.uniform(-14, 14))
        c.line([(x, y), bend, far], (54, 56, 62), 5)
    c.rings(
        x,
        y,
        size,
        size * 0.38,
        [(1.1, (122, 124, 128)), (1, (72, 66, 60)), (0.9, (48, 44, 42)), (0.66, (124, 116, 98))],
    )
    c.rings(
        x - size * 0.04,
        y + size * 0.06,
        size * 0.52,
        size * 0.16,
        [(1, (150, 168, 176)), (0.6, (176, 194, 202))],
    )
    for _ in range(round(size / 6)):
        c.oval(
            x + c.dice.gauss(0, size * 0.6),
            y + c.dice.gauss(0, size * 0.24),
            7,
            5,
            c.dice.choice([(70, 68, 66), (146, 142, 136)]),
        )


def grate(c: Canvas, x: float) -> None:
    c.shape([(x - 206, 734), (x + 206, 734), (x + 226, 788), (x - 226, 788)], WATER)
    for n in range(-9, 10):
        c.line([(x + n * 21, 708), (x + n * 24, 790)], STEEL, 8)
    c.line([(x - 214, 748), (x + 214, 748)], STEEL, 8)


def ripples(c: Canvas, x: float, y: float, count: int) -> None:
    for _ in range(count):
        u, v = x + c.dice.gauss(0, 330), y + c.dice.uniform(-60, 180)
        c.line([(u - 44, v), (u - 14, v - 5), (u + 20, v), (u + 50, v - 4)], (255, 255, 255, 76), 3)
