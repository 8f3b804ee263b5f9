"""Instants, civil times and their written forms against Python's zoneinfo, in every zone of tzdata
that both read, from 1970 to 2037."""
import zoneinfo
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from clocks import changes
from hypothesis import given, strategies as st

FIRST, LAST = 0, 2**31 - 1
# "localtime" is a link that Debian adds; Python lists it, but it is no zone of IANA.
ZONES = sorted(zoneinfo.available_timezones() - {"localtime"})
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@st.composite
def moments(draw):
    """A zone and an instant, half of them around a change of clocks."""
    zone = draw(st.sampled_from(ZONES))
    at = draw(st.integers(FIRST, LAST))
    around = changes(zone, draw(st.integers(1971, 2036)))
    if around and draw(st.booleans()):
        at = draw(st.sampled_from(around)) + draw(st.integers(-7200, 7200))
    return zone, at


def written_offset(seconds):
    minutes = abs(seconds) // 60
    return f"{'-' if seconds < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"


@given(moments())
def test_an_instant_has_its_civil_time_and_forms(ask_instant, moment):
    zone, at = moment
    local = datetime.fromtimestamp(at, ZoneInfo(zone))
    offset = int(local.utcoffset().total_seconds())
    rfc = (EPOCH + timedelta(seconds=at + int(offset / 60) * 60)).strftime("%Y-%m-%dT%H:%M:%S")
    name = local.tzname() if local.tzname().isalpha() else "UTC" + written_offset(offset)

    assert ask_instant.ask(f"at {at} {zone}").split("\t") == [
        f"{local.year} {local.month} {local.day} {local.hour} {local.minute} {local.second}",
        (EPOCH + timedelta(seconds=at)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        rfc + written_offset(offset),
        f"{local:%A} {local.day} {local:%B %Y, %H:%M} ({name})",
    ]


@given(moments())
def test_a_civil_time_has_its_instant(ask_instant, moment):
    """Around changes of clocks the drawn civil time may happen never, or twice."""
    zone, at = moment
    civil = datetime.fromtimestamp(at, timezone.utc).replace(tzinfo=None)
    around = changes(zone, civil.year)
    if around:
        nearest = min(around, key=lambda change: abs(change - at))
        shown = datetime.fromtimestamp(nearest, ZoneInfo(zone)).replace(tzinfo=None)
        civil = shown + timedelta(seconds=at % 14400 - 7200)
    meant = civil.replace(tzinfo=ZoneInfo(zone), fold=0)

    answer = ask_instant.ask(f"civil {civil:%Y %m %d %H %M %S} {zone}")
    assert int(answer) == meant.timestamp()


@given(st.datetimes(min_value=datetime(1000, 1, 2), max_value=datetime(9999, 12, 30)),
       st.integers(-23 * 60 - 59, 23 * 60 + 59), st.text("0123456789", max_size=12))
def test_what_python_writes_is_parsed(ask_instant, civil, offset_min, fraction):
    stamp = civil.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=offset_min)))
    text = stamp.replace(tzinfo=None).isoformat() + (f".{fraction}" if fraction else "")

    answer = ask_instant.ask(f"parse {text}{written_offset(offset_min * 60)}")
    assert int(answer) == (stamp - EPOCH) // timedelta(seconds=1)


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2099, 1, 1)),
       st.integers(0, 19), st.characters(min_codepoint=32, max_codepoint=126))
def test_one_wrong_character_is_refused(ask_instant, civil, where, character):
    """Whatever is still a timestamp after the change is the one Python reads."""
    text = list(f"{civil:%Y-%m-%dT%H:%M:%SZ}")
    text[where] = character
    changed = "".join(text)
    try:
        at = datetime.strptime(changed.upper(), "%Y-%m-%dT%H:%M:%SZ")
        meant = str(int(at.replace(tzinfo=timezone.utc).timestamp()))
    except ValueError:
        meant = "refused"
    if " " in changed or changed[17:19] in ("60", "61"):
        meant = "refused"  # strptime takes leap seconds, and blanks for leading noughts

    assert ask_instant.ask(f"parse {changed}") == meant
