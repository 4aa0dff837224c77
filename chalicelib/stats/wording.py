"""Numbers, shares, durations and dates as readers of one language write them."""

from datetime import date
from decimal import Decimal

from chalicelib import texts
from chalicelib.places.distance import distance_m
from chalicelib.places.geohash import decode
from chalicelib.places.point import Point
from chalicelib.stats.durations import Spread
from chalicelib.stats.figures import Satisfaction
from chalicelib.texts import city_form

ENOUGH = 10
"""Of fewer reports no share is shown: one more or less would move it by ten points."""
FINE = 1000
"""From here on shares have a decimal; of fewer reports it would pretend to know."""
NONE = "\u2013"


class Wording:
    """The ways of one language, `id` or `en`."""

    def __init__(self, language: str) -> None:
        self.language = language

    def say(self, key: str, **facts: object) -> str:
        """The text of `key`."""
        return texts.say(key, self.language, **facts)

    def number(self, value: float | Decimal | None) -> str:
        """1,234.5 in English and 1.234,5 in Indonesian; a dash for None."""
        return NONE if value is None else texts.number(value, self.language)

    def percent(self, share: float | None, of: int) -> str:
        """A share of `of` things, 0 to 1, as a percentage; a dash for None."""
        if share is None:
            return NONE
        return f"{self.number(round(100 * share, 1) if of >= FINE else round(100 * share))}\u00a0%"

    def share(self, count: int, of: int) -> str | None:
        """`count` of `of` as a percentage; None when `of` is too few for one."""
        return self.percent(count / of, of) if of >= ENOUGH else None

    def portion(self, count: int, of: int) -> str:
        """`count` of `of` as a percentage, or as both where they are few; a dash for none."""
        few = f"{self.number(count)} / {self.number(of)}" if of else NONE
        return self.share(count, of) or few

    def typical(self, of: Spread) -> str:
        """Of how many durations a median is, and within which nine of ten are."""
        if not of.n:
            return "n = 0"
        return self.say("digest.median_of", p90=self.hours(of.p90), n=self.number(of.n))

    def hours(self, value: float | None) -> str:
        """A duration given in hours, in the unit that suits it."""
        if value is None:
            return NONE
        if value < 1:
            return self.say("digest.minutes", n=round(value * 60))
        if value < 48:
            return self.say("digest.hours", n=self.number(round(value, 1)))
        return self.say("digest.days", n=self.number(round(value / 24, 1)))

    def change(self, count: int, before: int) -> str:
        """What a count was in the period before, with an arrow to where it has gone."""
        return self.say("digest.change", more=self.more(count - before), before=self.number(before))

    def more(self, change: int) -> str:
        """By how much a count has gone where the arrow shows."""
        arrow = "\u25b2" if change > 0 else "\u25bc" if change < 0 else "="
        return f"{arrow}\u00a0{self.number(abs(change))}" if change else arrow

    def place(self, at: Point) -> str:
        """6.217° S, 106.843° E; in Indonesian 6,217° LS, 106,843° BT: to some hundred metres."""
        north, south, east, west = self.say("digest.compass").split()
        lat, lon = (self.number(Decimal(f"{abs(degrees):.3f}")) for degrees in (at.lat, at.lon))
        return (
            f"{lat}\u00b0\u00a0{south if at.lat < 0 else north}, "
            f"{lon}\u00b0\u00a0{west if at.lon < 0 else east}"
        )

    def across(self, cell: str) -> str:
        """About how wide and high a geohash cell is, in km."""
        box = decode(cell)
        lon, lat = box.centre.lon, box.centre.lat
        wide = distance_m(Point(lat, box.west), Point(lat, lon)) / 500
        high = distance_m(Point(box.south, lon), Point(lat, lon)) / 500
        return f"{self.number(round(wide, 1))} \u00d7 {self.number(round(high, 1))} km"

    def rated(self, of: Satisfaction) -> str:
        """Out of how many ratings a share of the satisfied is, with its interval."""
        told = self.say("digest.out_of_ratings", n=self.number(of.n))
        if not of.n:
            return told
        low, high = self.percent(of.low, of.n), self.percent(of.high, of.n)
        return f"{told}; {self.say('digest.interval', low=low, high=high)}"

    def period(self, label: str) -> str:
        """24 November 2026; week 48 of 2026 with its days; November 2026; 2026."""
        if "W" in label:
            monday, sunday = (date.fromisoformat(f"{label}-{day}") for day in (1, 7))
            days = f"{self.day(monday)} {NONE} {self.day(sunday)}"
            return self.say("digest.week", n=int(label[-2:]), year=label[:4], days=days)
        if len(label) == 7:
            return f"{self.month(int(label[5:]))} {label[:4]}"
        return self.day(date.fromisoformat(label)) if len(label) == 10 else label

    def day(self, day: date) -> str:
        """24 November 2026."""
        return city_form.day(day, self.language)

    def month(self, number: int) -> str:
        """November."""
        return city_form.month(number, self.language)

    def weekdays(self) -> list[str]:
        """The short names of the seven days, Monday first."""
        return self.say("digest.weekdays").split()
