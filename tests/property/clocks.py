"""When the clocks of a zone change, so that examples can be drawn around it."""
import functools
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

DAY = 86400


def offset(zone, at):
    return datetime.fromtimestamp(at, ZoneInfo(zone)).utcoffset()


@functools.lru_cache(maxsize=None)
def changes(zone, year):
    """The instants of a year at which the zone's offset changes."""
    first = int(datetime(year, 1, 1, tzinfo=timezone.utc).timestamp())
    found = []
    for day in range(first, first + 366 * DAY, DAY):
        low, high = day, day + DAY
        if offset(zone, low) == offset(zone, high):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            if offset(zone, middle) == offset(zone, low):
                low = middle
            else:
                high = middle
        found.append(high)
    return found
