"""The row of shophouses along a demo street, with gardens between some of them."""

from infra.demo.canvas import WIDTH, Canvas, Colour, Spot
from infra.demo.plants import tree

GROUND = 600  # where walls meet the pavement
WALLS: list[Colour] = [
    (244, 214, 160),
    (236, 170, 140),
    (168, 208, 196),
    (246, 232, 210),
    (182, 196, 222),
    (226, 190, 200),
    (206, 216, 164),
]
ROOFS: list[Colour] = [(188, 92, 66), (166, 78, 62), (142, 96, 84), (112, 118, 128)]
AWNINGS: list[Colour] = [(214, 74, 64), (40, 132, 140), (238, 168, 52), (82, 128, 78)]
SIGNS = ["WARUNG", "TOKO", "APOTEK", "BENGKEL", "KOPI", "SOTO", "LAUNDRY", "ROTI", "PULSA", "SALON"]
WHITE: Colour = (250, 250, 246)
GLASS: Colour = (126, 170, 190)


def row_of_houses(c: Canvas) -> list[Spot]:
    """A row of houses and gardens; returns where their windows are."""
    x, windows = c.dice.uniform(-90, -20), []
    walls, signs = c.dice.sample(WALLS, len(WALLS)), c.dice.sample(SIGNS, len(SIGNS))
    while x < WIDTH:
        width = c.dice.uniform(190, 280)
        walls = walls[1:] + walls[:1]
        windows += _house(c, x, width, walls[0])
        _shop(c, x, width, signs.pop())
        x += width + _gap(c, x + width)
    return windows


def lit_window(c: Canvas, x: float, y: float) -> None:
    c.oval(x, y + 28, 46, 50, (255, 214, 120, 26))
    c.box(x - 22, y, 44, 58, (255, 214, 120))
    c.line([(x, y), (x, y + 58)], (110, 84, 60), 3)


def _gap(c: Canvas, x: float) -> float:
    """Sometimes a garden with a tree stands between two houses; its width in units."""
    if c.dice.random() < 0.55:
        return 6
    c.box(x, GROUND - 62, 130, 62, (206, 198, 182))
    tree(c, x + 64, GROUND + 4, 0.95)
    return 130


def _house(c: Canvas, x: float, width: float, wall: Colour) -> list[Spot]:
    floors = c.dice.choice([1, 2, 2, 3])
    top = GROUND - 150 - 104 * (floors - 1)
    c.box(x, top, width, GROUND - top, wall)
    c.box(x + width - 18, top, 18, GROUND - top, (0, 0, 0, 22))
    _roof(c, x, top, width)
    count = 3 if width > 230 else 2
    columns = [x + width * (n + 0.5) / count for n in range(count)]
    windows: list[Spot] = [
        (column, top + 30 + 104 * floor) for floor in range(floors - 1) for column in columns
    ]
    for spot in windows:
        _window(c, *spot)
    return windows


def _roof(c: Canvas, x: float, top: float, width: float) -> None:
    roof = c.dice.choice(ROOFS)
    if c.dice.random() < 0.3:
        c.box(x - 6, top - 22, width + 12, 26, roof, 3)
        return
    rise = c.dice.uniform(58, 84)
    left, right = x - 16, x + width + 16
    c.shape(
        [(left, top + 6), (left + 50, top - rise), (right - 50, top - rise), (right, top + 6)], roof
    )
    for row in (0.34, 0.67):
        inset, y = 50 * (1 - row), top - rise * (1 - row)
        c.line([(left + 2 + inset, y), (right - 2 - inset, y)], (0, 0, 0, 34), 3)


def _window(c: Canvas, x: float, y: float) -> None:
    c.box(x - 27, y - 4, 54, 66, (240, 236, 226), 3)
    c.box(x - 22, y, 44, 58, GLASS)
    c.line([(x, y), (x, y + 58)], (240, 236, 226), 3)
    c.box(x - 32, y + 62, 64, 7, (0, 0, 0, 40))


def _shop(c: Canvas, x: float, width: float, sign: str) -> None:
    """Ground floor: a window and a door under a signboard and an awning."""
    c.box(x + 18, GROUND - 96, width - 36, 96, (112, 98, 92))
    c.box(x + 26, GROUND - 88, width * 0.5, 66, (168, 204, 212))
    c.box(x + width - 86, GROUND - 90, 54, 90, (88, 62, 52))
    c.oval(x + width - 76, GROUND - 44, 4, 4, (230, 200, 120))
    _awning(c, x + 6, GROUND - 108, width - 12, c.dice.choice(AWNINGS))
    c.text(x + width / 2, GROUND - 122, sign, 20, (70, 58, 54))


def _awning(c: Canvas, x: float, y: float, width: float, fill: Colour) -> None:
    step = width / 8
    for n in range(8):
        shade = WHITE if n % 2 else fill
        c.box(x + n * step, y, step + 0.5, 24, shade)
        c.arc(x + (n + 0.5) * step, y + 23, step / 2, 0, 180, shade)
