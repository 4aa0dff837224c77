"""Troubles of the street's life and furniture: the problem or, when `fixed`, what comes after."""

from infra.demo.canvas import HEIGHT, WIDTH, Canvas, Colour
from infra.demo.houses import GROUND, WHITE
from infra.demo.plants import planter, tree
from infra.demo.props import RED, STEEL, WOOD, bench, cart, cone, no_parking, poster, signal, walker
from infra.demo.scenery import KERB, lamp
from infra.demo.vehicles import bus, car, motorbike

WIRE: Colour = (40, 42, 50)


def street_light(c: Canvas, fixed: bool) -> None:
    """Night: the lamp is dark and a walker finds the way by a torch; fixed, it shines."""
    x = c.dice.uniform(380, 640)
    lamp(c, x, lit=fixed)
    if not fixed:
        c.box(0, 0, WIDTH, HEIGHT, (6, 8, 26, 44))
        c.line([(x + 96, 256), (x + 112, 276), (x + 124, 258), (x + 140, 272)], (210, 216, 226), 4)
        c.shape([(x + 250, 742), (x - 60, 812), (x - 30, 880)], (255, 236, 170, 70))
    walker(c, x + 280, 850)


def traffic_jam(c: Canvas, fixed: bool) -> None:
    if fixed:
        car(c, c.dice.uniform(240, 380), 784, 0.9)
        motorbike(c, c.dice.uniform(880, 1000), 884)
        return
    shift = c.dice.uniform(-60, 40)
    for n in range(6):
        car(c, n * 252 + shift, 742, 0.86)
    for n in range(4):
        motorbike(c, 150 + n * 330 + shift, 792)
    bus(c, 330 + shift, 876, c.dice.choice([(52, 132, 150), (206, 96, 60), (90, 130, 84)]))
    for n in (0, 1):
        car(c, 720 + n * 290 + shift, 876, 1.05)
    for n in range(5):
        motorbike(c, 90 + n * 270 + shift, 952)


def illegal_parking(c: Canvas, fixed: bool) -> None:
    x = c.dice.uniform(330, 480)
    if fixed:
        for n in range(7):
            c.box(x + 60 + n * 110, KERB - 62, 20, 60, (74, 80, 90), 8)
            c.box(x + 60 + n * 110, KERB - 48, 20, 9, (240, 196, 72))
        no_parking(c, x - 90, KERB - 6)
        return
    for n in range(3):
        car(c, x + 60 + n * 285, KERB - 6 + c.dice.uniform(-8, 8), 1.02)
    no_parking(c, x - 130, KERB - 6)
    motorbike(c, x - 60, 730, rider=False)


def public_facility(c: Canvas, fixed: bool) -> None:
    x = c.dice.uniform(440, 760)
    tree(c, x - 320, KERB - 4, 1.1)
    bench(c, x, KERB + 2, whole=fixed)
    if fixed:
        planter(c, x + 260, KERB + 2)
    else:
        cone(c, x + 250, KERB + 4)
        c.line([(x - 130, 742), (x + 40, 716)], WOOD, 17)
        c.line([(x + 90, 726), (x + 190, 752)], WOOD, 17)


def traffic_sign(c: Canvas, fixed: bool) -> None:
    """A traffic light that hangs dark from a bent mast; fixed, upright and green."""
    x = c.dice.uniform(420, 820)
    top = (x, 250) if fixed else (x + 150, 330)
    c.line([(x, KERB - 6), (x, 480), top], STEEL, 17)
    c.box(x - 28, KERB - 20, 56, 22, (84, 90, 100), 6)
    signal(c, top[0], top[1] - 10, lit=fixed)
    car(c, 220, 800, 0.95)
    car(c, 1010, 890)
    if not fixed:
        cone(c, x - 90, KERB + 4)


def street_vendors(c: Canvas, fixed: bool) -> None:
    x = c.dice.uniform(300, 420)
    if fixed:
        for n in range(4):
            planter(c, x + n * 210, KERB - 4)
        return
    for n, paint in enumerate(
        c.dice.sample([RED, (44, 128, 140), (240, 176, 60), (92, 140, 84)], 3)
    ):
        cart(c, x + n * 300, KERB + 6, paint)
    for n in range(6):
        stool = x - 90 + n * 150
        c.shape(
            [(stool - 20, 720), (stool + 20, 720), (stool + 28, 758), (stool - 28, 758)],
            c.dice.choice([RED, (60, 120, 190)]),
        )
        c.box(stool - 24, 712, 48, 11, (236, 228, 220), 4)


def illegal_advertising(c: Canvas, fixed: bool) -> None:
    x = c.dice.uniform(460, 640)
    c.box(x - 260, GROUND - 150, 620, 156, (222, 214, 198))
    c.box(x - 270, GROUND - 164, 640, 18, (176, 166, 150), 4)
    for dx in (-330, 430):
        c.box(x + dx - 8, 300, 16, 360, (104, 84, 68), 4)
    if fixed:
        return
    c.shape(
        [(x - 330, 330), (x + 430, 350), (x + 430, 424), (x - 330, 404)],
        c.dice.choice([(240, 196, 60), (214, 66, 60)]),
    )
    c.text(
        x + 50,
        378,
        c.dice.choice(["PROMO MURAH!", "DISKON 70%", "SEDOT WC 24 JAM"]),
        44,
        (40, 36, 44),
    )
    for n in range(22):
        poster(c, x - 246 + (n % 8) * 76, GROUND - 138 + (n // 8) * 44)


def power_cable(c: Canvas, fixed: bool) -> None:
    """Cables sag to head height between two poles; fixed, they hang in order."""
    left, right = c.dice.uniform(180, 260), c.dice.uniform(1010, 1090)
    for x in (left, right):
        c.box(x - 11, 190, 22, KERB - 196, (140, 132, 122), 4)
        c.box(x - 66, 214, 132, 12, (110, 92, 76), 3)
        c.box(x - 66, 262, 132, 12, (110, 92, 76), 3)
    for n in range(4 if fixed else 11):
        sag = 24 + n * 4 if fixed else c.dice.uniform(40, 380)
        hang(c, left, right, 214 + (n % 4) * 14, sag)
    if fixed:
        return
    for _ in range(7):
        c.oval(
            left + c.dice.uniform(-30, 34), 300 + c.dice.uniform(-30, 40), 34, 26, (40, 42, 50, 90)
        )
    c.line([(right, 300), (right - 60, 520), (right - 130, 700), (right - 250, 738)], WIRE, 7)
    cone(c, right - 150, 780)


def public_transport(c: Canvas, fixed: bool) -> None:
    x = c.dice.uniform(380, 560)
    tilt = 0 if fixed else 70
    c.box(x - 190, 440, 380, 216, (166, 206, 216, 110))
    for dx in (-190, 180):
        c.box(x + dx, 430, 13, 236, STEEL)
    c.shape(
        [(x - 226, 418), (x + 226, 418 + tilt), (x + 226, 442 + tilt), (x - 226, 442)],
        (44, 128, 140),
    )
    bench(c, x, KERB - 4, whole=fixed)
    c.text(x, 478 + tilt * 0.6, "HALTE", 30, (36, 66, 84))
    if fixed:
        bus(c, x + 430, 846)
        return
    for _ in range(9):
        end = (x + 70 + c.dice.uniform(-150, 110), 560 + c.dice.uniform(-90, 100))
        c.line([(x + 70, 560), end], (250, 252, 252), 3)
    c.shape([(x + 30, 540), (x + 90, 516), (x + 130, 570), (x + 80, 620)], (92, 84, 84))
    for _ in range(20):
        u = x + c.dice.gauss(60, 130)
        c.shape([(u, 700), (u + 16, 690), (u + 22, 706)], (206, 230, 236))


def building_violation(c: Canvas, fixed: bool) -> None:
    """A building site that has swallowed the pavement; fixed, fenced and behind its line."""
    x = c.dice.uniform(380, 560)
    c.box(x - 210, 250, 420, GROUND - 250, (190, 174, 160))
    for floor in range(3):
        for n in range(3):
            c.box(x - 176 + n * 128, 288 + floor * 104, 92, 68, (96, 92, 96))
    if fixed:
        c.box(x - 240, GROUND - 96, 480, 100, (70, 138, 96), 4)
        c.text(x, GROUND - 46, "PROYEK BERIZIN", 34, WHITE)
        return
    for n in range(6):
        c.line([(x - 250 + n * 100, 200), (x - 250 + n * 100, KERB)], (214, 168, 96), 9)
    for n in range(4):
        c.line([(x - 262, 260 + n * 110), (x + 262, 252 + n * 110)], (214, 168, 96), 9)
    c.blob(x + 330, KERB + 6, 150, 56, (214, 190, 142), 0.1)
    for n in range(18):
        c.box(x - 330 + (n % 6) * 42, KERB + 16 - (n // 6) * 21, 39, 18, (188, 92, 66), 2)


def hang(c: Canvas, left: float, right: float, y: float, sag: float) -> None:
    """A cable as a parabola from pole to pole, lowest in the middle by `sag`."""
    spots = [(left + (right - left) * n / 24, y + sag * (1 - (n / 12 - 1) ** 2)) for n in range(25)]
    c.line(spots, WIRE, 5)
