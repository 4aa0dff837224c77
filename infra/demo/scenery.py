"""The street behind every demo picture: sky, hills, houses, pavement, road; varied by the dice."""

from infra.demo.canvas import HEIGHT, WIDTH, Canvas, Colour, Spot
from infra.demo.houses import GROUND, lit_window, row_of_houses

KERB = 672  # where the pavement meets the road
ROAD = 690

SKIES: list[tuple[Colour, Colour, Colour]] = [  # top, horizon, hills
    ((92, 172, 226), (214, 238, 246), (142, 186, 176)),
    ((250, 176, 120), (255, 232, 196), (190, 150, 150)),
    ((122, 152, 178), (212, 220, 224), (138, 158, 160)),
    ((74, 142, 206), (250, 226, 206), (120, 160, 172)),
]
NIGHT: tuple[Colour, Colour, Colour] = ((30, 40, 92), (92, 96, 150), (52, 62, 110))
DARKNESS: Colour = (12, 16, 50, 158)


def street(c: Canvas, night: bool = False) -> None:
    """Paints the whole backdrop; what a picture is about comes on top of it."""
    _sky(c, night)
    windows = row_of_houses(c)
    _pavement(c)
    _road(c)
    if night:
        _nightfall(c, windows)


def lamp(c: Canvas, x: float, lit: bool) -> None:
    """A street lamp on the pavement, its arm over the road; a lit one throws a cone of light."""
    if lit:
        c.shape(
            [(x + 92, 262), (x + 148, 262), (x + 330, 960), (x - 130, 960)], (255, 226, 140, 46)
        )
        c.shape([(x + 98, 262), (x + 142, 262), (x + 240, 960), (x - 20, 960)], (255, 232, 160, 52))
        c.oval(x + 120, 262, 66, 40, (255, 236, 170, 90))
    c.box(x - 8, 236, 16, 420, (72, 80, 92), 6)
    c.box(x - 16, 632, 32, 30, (58, 64, 74), 4)
    c.line([(x, 244), (x + 40, 228), (x + 120, 240)], (72, 80, 92), 11)
    c.box(x + 84, 234, 74, 20, (58, 64, 74), 8)
    c.box(x + 92, 252, 58, 10, (255, 240, 190) if lit else (96, 100, 110), 4)


def _sky(c: Canvas, night: bool) -> None:
    top, horizon, hills = NIGHT if night else c.dice.choice(SKIES)
    c.fade(0, GROUND, top, horizon)
    if not night:
        _sun(c)
    for _ in range(4):
        _cloud(c, c.dice.uniform(40, 1240), c.dice.uniform(50, 190), 50 if night else 190)
    _hills(c, hills)


def _nightfall(c: Canvas, windows: list[Spot]) -> None:
    """Darkens all that is painted so far, then lights the stars, the moon and some windows."""
    c.box(0, 0, WIDTH, HEIGHT, DARKNESS)
    for _ in range(50):
        c.oval(c.dice.uniform(0, WIDTH), c.dice.uniform(0, 150), 1.6, 1.6, (255, 255, 240, 190))
    x, y = c.dice.uniform(140, 1140), c.dice.uniform(80, 110)
    c.oval(x, y, 58, 58, (240, 236, 210, 30))
    c.oval(x, y, 36, 36, (240, 236, 210))
    for spot in c.dice.sample(windows, len(windows) // 2):
        lit_window(c, *spot)


def _sun(c: Canvas) -> None:
    x, y = c.dice.uniform(140, 1140), c.dice.uniform(80, 140)
    c.oval(x, y, 74, 74, (255, 246, 200, 70))
    c.oval(x, y, 48, 48, (255, 240, 178))


def _cloud(c: Canvas, x: float, y: float, strength: int) -> None:
    size = c.dice.uniform(0.7, 1.3)
    for dx, dy, r in ((-62, 8, 26), (-26, -8, 38), (20, -16, 44), (62, 4, 30)):
        c.oval(x + dx * size, y + dy * size, r * size, r * 0.8 * size, (255, 255, 255, strength))
    c.box(x - 84 * size, y + 4, 170 * size, 26 * size, (255, 255, 255, strength), 13 * size)


def _hills(c: Canvas, fill: Colour) -> None:
    r, g, b = fill[:3]
    c.blob(c.dice.uniform(100, 500), 560, 520, 250, (r + 22, g + 22, b + 22), 0.12)
    c.blob(c.dice.uniform(700, 1250), 570, 560, 210, fill, 0.12)


def _pavement(c: Canvas) -> None:
    c.box(0, GROUND, WIDTH, KERB - GROUND, (206, 200, 190))
    for n in range(-2, 22):
        c.line([(n * 64 + 20, GROUND), (n * 64 - 10, KERB)], (180, 174, 164), 2)
    c.line([(0, GROUND + 32), (WIDTH, GROUND + 32)], (180, 174, 164), 2)
    c.box(0, GROUND, WIDTH, 7, (0, 0, 0, 36))
    for n in range(20):
        c.box(n * 64, KERB, 64, ROAD - KERB, (238, 236, 228) if n % 2 else (62, 64, 68))


def _road(c: Canvas) -> None:
    c.fade(ROAD, HEIGHT - ROAD, (104, 108, 116), (82, 86, 94))
    for _ in range(420):
        x, y = c.dice.uniform(0, WIDTH), c.dice.uniform(ROAD, HEIGHT)
        c.oval(x, y, 2.4, 1.4, c.dice.choice([(122, 126, 132, 120), (66, 70, 78, 120)]))
    shift = c.dice.uniform(0, 180)
    for n in range(-1, 8):
        x = n * 190 + shift
        c.shape([(x, 818), (x + 100, 818), (x + 96, 832), (x - 6, 832)], (238, 232, 208))
    c.box(0, ROAD, WIDTH, 9, (0, 0, 0, 40))
