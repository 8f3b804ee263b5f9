"""reminder_plan against a brute-force oracle on Python's zoneinfo.

The oracle looks at every minute of the window, and where all of them are quiet measures for each of
them how far the client's waking hours are.
"""
from datetime import datetime
from zoneinfo import ZoneInfo

from clocks import changes
from hypothesis import event, example, given, settings, strategies as st

HOUR = 3600
DAY_MIN = 24 * 60
ZONES = ["Europe/London", "America/New_York", "America/Vancouver", "Australia/Sydney",
         "Africa/Lagos", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe"]


def is_quiet(at, zone, quiet):
    local = datetime.fromtimestamp(at, ZoneInfo(zone))
    begin, end = quiet
    into = (local.hour * 60 + local.minute - begin) % DAY_MIN
    return into < (end - begin) % DAY_MIN


def quiet_span(at, zone, quiet):
    """The quiet stretch around a quiet instant: its first minute and the first one behind it."""
    begin = end = at // 60 * 60
    while is_quiet(begin - 60, zone, quiet):
        begin -= 60
    while is_quiet(end, zone, quiet):
        end += 60
    return begin, end


def expected(start, now, zone, quiet):
    wish, last = start - 12 * HOUR, start - 6 * HOUR
    if now >= start:
        return "none started"
    if now > last:
        return f"{now} booked_late"
    first = max(now, wish)
    window = [first, *range(first // 60 * 60 + 60, last, 60), last]
    waking = [at for at in window if not is_quiet(at, zone, quiet)]
    if waking and now > wish:
        return f"{waking[0]} booked_inside"
    if waking:
        return f"{waking[0]} {'preferred' if waking[0] == wish else 'moved_later'}"
    begin, end = quiet_span(first, zone, quiet)
    return f"{min(window, key=lambda at: min(at - begin, end - at))} window_quiet"


@st.composite
def requests(draw):
    """Half of the starts lie around a change of clocks, most quiet hours are a night's."""
    zone = draw(st.sampled_from(ZONES))
    year = draw(st.integers(2020, 2037))
    around = changes(zone, year)
    if around and draw(st.booleans()):
        start = draw(st.sampled_from(around)) + 60 * draw(st.integers(-4 * 60, 24 * 60))
    else:
        start = 60 * draw(st.integers(26297280, 35244000))  # 2020 to 2037
    start += draw(st.sampled_from([0, 0, 0, 1, 30, 59]))
    lead = draw(st.one_of(
        st.just(30 * 24 * HOUR), st.integers(6 * HOUR, 13 * HOUR), st.integers(-60, 6 * HOUR),
        st.sampled_from([edge + step for edge in (0, 6 * HOUR, 12 * HOUR) for step in (-1, 0, 1)])))
    minute = st.integers(0, DAY_MIN - 1)
    night = st.tuples(st.integers(19 * 60, 23 * 60), st.integers(5 * 60, 10 * 60))
    small_hours = st.tuples(st.integers(0, 4 * 60), st.integers(0, 4 * 60))
    quiet = draw(st.one_of(night, small_hours, st.tuples(minute, minute)))
    return start, start - lead, zone, quiet


def at(text):
    return int(datetime.fromisoformat(text).timestamp())


@settings(max_examples=3 * settings.default.max_examples)
@given(requests())
@example((at("2026-03-29T13:30:00+01:00"), 0, "Europe/London", (1260, 420)))
@example((at("2026-10-25T12:15:00+00:00"), 0, "Europe/London", (1260, 90)))
@example((at("2026-11-02T09:00:00-08:00"), 0, "America/Vancouver", (1260, 420)))
@example((at("2026-11-22T13:00:00+01:00"), 0, "Africa/Lagos", (1260, 420)))
@example((at("2026-11-22T14:00:00+01:00"), 0, "Africa/Lagos", (0, 1439)))
def test_the_plan_is_the_oracles(plan_reminder, booking):
    start, now, zone, quiet = booking
    answer = plan_reminder.ask(f"plan {start} {now} {quiet[0]} {quiet[1]} {zone}")
    event(answer.split()[1])
    assert answer == expected(start, now, zone, quiet)


@given(requests(), st.integers(-400, 400))
def test_where_clocks_do_not_change_days_are_alike(plan_reminder, booking, days):
    start, now, _, quiet = booking
    later = days * 24 * HOUR

    def plan(shift):
        answer = plan_reminder.ask(
            f"plan {start + shift} {now + shift} {quiet[0]} {quiet[1]} Africa/Lagos").split()
        return (int(answer[0]) - shift, answer[1]) if answer[0] != "none" else answer

    assert plan(0) == plan(later)
