"""How hot a report is: a key that sorts open reports by their supports, comments and age.

The formula is Reddit's published one (`hot` in r2/lib/db/_sorts.pyx, 2008 to 2017): the logarithm
of the votes plus the time of creation over a constant. It never has to be computed again as time
goes by, so that an index can be sorted by it. Multiplied by the constant it is a time: a report
with ten times the supports and comments stands where one stands that is TENFOLD newer.
"""

from datetime import timedelta
from math import log10

from chalicelib.clock import first_id, id_time

# Reddit takes 12.5 hours. Holes in roads stay longer than news does.
TENFOLD = timedelta(days=3)


def key(report_id: str, warmth: int) -> str:
    """10 characters of time as in a ULID, moved ahead by the warmth, and the report's id."""
    return f"{moved(report_id, warmth)}#{report_id}"


def moved(report_id: str, warmth: int) -> str:
    """The time in the report's id, moved ahead by its warmth: the hotter, the later."""
    return first_id(id_time(report_id) + TENFOLD * log10(1 + warmth))[:10]
