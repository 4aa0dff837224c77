"""Trees, bushes and pots; (x, y) is where they stand."""

from infra.demo.canvas import Canvas


def tree(c: Canvas, x: float, ground: float = 650, size: float = 1) -> None:
    """A round shade tree or a palm, as the dice fall."""
    if c.dice.random() < 0.4:
        _palm(c, x, ground, size)
    else:
        _shade_tree(c, x, ground, size)


def sapling(c: Canvas, x: float, y: float) -> None:
    c.oval(x, y - 12, 44, 11, (122, 88, 62))
    c.line([(x, y - 14), (x, y - 130)], (130, 96, 70), 7)
    c.line([(x + 18, y - 12), (x + 18, y - 104)], (196, 166, 120), 6)
    for dx, dy in ((-16, -126), (14, -134), (0, -156)):
        c.oval(x + dx, y + dy, 24, 20, (98, 164, 88))


def bush(c: Canvas, x: float, y: float) -> None:
    for dx, r in ((-26, 22), (24, 24), (0, 32)):
        c.oval(x + dx, y - r * 0.7, r, r * 0.9, (74, 140, 84))
    c.oval(x - 6, y - 34, 14, 10, (108, 170, 104))


def planter(c: Canvas, x: float, y: float) -> None:
    bush(c, x, y - 40)
    c.shape([(x - 48, y - 50), (x + 48, y - 50), (x + 38, y), (x - 38, y)], (186, 110, 78))
    c.box(x - 52, y - 58, 104, 14, (204, 126, 90), 4)


def _shade_tree(c: Canvas, x: float, ground: float, size: float) -> None:
    c.shape(
        [
            (x - 12 * size, ground),
            (x + 12 * size, ground),
            (x + 7 * size, ground - 150 * size),
            (x - 7 * size, ground - 150 * size),
        ],
        (118, 84, 62),
    )
    green = c.dice.choice([(70, 138, 82), (92, 152, 76), (58, 122, 92)])
    for dx, dy, r in ((-50, -170, 50), (50, -168, 52), (0, -222, 60), (-6, -160, 56)):
        c.oval(x + dx * size, ground + dy * size, r * size, r * 0.92 * size, green)
    for dx, dy, r in ((-24, -236, 20), (-58, -188, 16), (36, -198, 18)):
        c.oval(x + dx * size, ground + dy * size, r * size, r * 0.7 * size, (255, 255, 220, 50))


def _palm(c: Canvas, x: float, ground: float, size: float) -> None:
    head = (x + 18 * size, ground - 250 * size)
    c.line([(x, ground), (x + 4 * size, ground - 120 * size), head], (142, 108, 78), 15 * size)
    for dx, dy in (
        (-120, 30),
        (-96, -34),
        (-40, -72),
        (44, -72),
        (104, -30),
        (124, 36),
        (66, 66),
        (-66, 64),
    ):
        tip = (head[0] + dx * size, head[1] + dy * size)
        bend = (head[0] + dx * size * 0.5, head[1] + (dy - 34) * size * 0.8)
        under = (head[0] + dx * size * 0.5, head[1] + (dy - 2) * size * 0.7)
        c.shape([head, bend, tip, under], (66, 138, 84))
    for dx in (-10, 8):
        c.oval(head[0] + dx * size, head[1] + 14 * size, 9 * size, 9 * size, (148, 110, 62))
