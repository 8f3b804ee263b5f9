/* Real and simulated time, and the vendors' ways of writing instants. */
#include "tests/sim/clock.h"

#include <glib.h>
#include <string.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_real_ms(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t clock_monotonic_ms(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_now(const struct sim *sim)
{
	return clock_real_ms() + sim->clock_offset_ms;
}

static struct tm parts_of(int64_t at_ms)
{
	time_t seconds = (time_t)(at_ms >= 0 ? at_ms / 1000 : (at_ms - 999) / 1000);
	struct tm parts;

	gmtime_r(&seconds, &parts);
	return parts;
}

char *clock_iso(struct arena *arena, int64_t at_ms)
{
	int ms = (int)(((at_ms % 1000) + 1000) % 1000);

	return clock_iso_seconds(arena, at_ms, arena_printf(arena, ".%03dZ", ms));
}

char *clock_iso_seconds(struct arena *arena, int64_t at_ms, const char *suffix)
{
	struct tm parts = parts_of(at_ms);
	char buffer[64] = "";

	strftime(buffer, sizeof(buffer), "%Y-%m-%dT%H:%M:%S", &parts);
	return arena_printf(arena, "%s%s", buffer, suffix);
}

char *clock_rfc2822(struct arena *arena, int64_t at_ms)
{
	struct tm parts = parts_of(at_ms);
	char buffer[64] = "";

	strftime(buffer, sizeof(buffer), "%a, %d %b %Y %H:%M:%S +0000", &parts);
	return arena_strdup(arena, buffer);
}

char *clock_plain(struct arena *arena, int64_t at_ms)
{
	struct tm parts = parts_of(at_ms);
	char buffer[64] = "";

	strftime(buffer, sizeof(buffer), "%Y-%m-%d %H:%M:%S", &parts);
	return arena_strdup(arena, buffer);
}

/* Reads ".123456" into milliseconds; returns what follows. */
static const char *parse_fraction(const char *text, int64_t *ret_ms)
{
	int64_t unit = 100;

	*ret_ms = 0;
	if (*text != '.')
		return text;
	for (text++; *text >= '0' && *text <= '9'; text++) {
		*ret_ms += (*text - '0') * unit;
		unit /= 10;
	}
	return text;
}

/* Exactly count digits, and after them the character behind, which "" leaves open. */
static bool take_number(const char **at, int count, const char *behind, int *ret_number)
{
	*ret_number = 0;
	for (; count; count--, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		*ret_number = *ret_number * 10 + (**at - '0');
	}
	if (!*behind)
		return true;
	return **at && strchr(behind, *(*at)++);
}

static bool parse_offset(const char *text, int64_t *ret_ms)
{
	int hours, minutes;
	char sign = *text;

	*ret_ms = 0;
	if (!*text || !strcmp(text, "Z") || !strcmp(text, "z"))
		return true;
	text++;
	if ((sign != '+' && sign != '-') || !take_number(&text, 2, ":", &hours) ||
		!take_number(&text, 2, "", &minutes) || *text)
		return false;
	*ret_ms = (hours * 60 + minutes) * INT64_C(60000) * (sign == '-' ? -1 : 1);
	return true;
}

static bool parse_time(const char *text, struct tm *parts, int64_t *ret_fraction_ms)
{
	int64_t offset_ms;

	if (!take_number(&text, 2, ":", &parts->tm_hour) ||
		!take_number(&text, 2, ":", &parts->tm_min) ||
		!take_number(&text, 2, "", &parts->tm_sec))
		return false;
	if (!parse_offset(parse_fraction(text, ret_fraction_ms), &offset_ms))
		return false;
	*ret_fraction_ms -= offset_ms;
	return true;
}

bool clock_parse(const char *text, int64_t *ret_ms, bool *ret_date_only)
{
	struct tm parts = {0};
	int64_t fraction_ms = 0;
	bool date_only;

	if (!text || !take_number(&text, 4, "-", &parts.tm_year) ||
		!take_number(&text, 2, "-", &parts.tm_mon) ||
		!take_number(&text, 2, "", &parts.tm_mday))
		return false;
	date_only = !*text;
	if (!date_only &&
		((*text != 'T' && *text != 't' && *text != ' ') ||
			!parse_time(text + 1, &parts, &fraction_ms)))
		return false;
	parts.tm_year -= 1900;
	parts.tm_mon -= 1;
	*ret_ms = (int64_t)timegm(&parts) * 1000 + fraction_ms;
	if (ret_date_only)
		*ret_date_only = date_only;
	return true;
}

static GTimeZone *zone_of(const char *time_zone)
{
	return time_zone ? g_time_zone_new_identifier(time_zone) : NULL;
}

bool clock_zone_known(const char *time_zone)
{
	GTimeZone *zone = zone_of(time_zone);

	if (zone)
		g_time_zone_unref(zone);
	return zone;
}

static void forget_zone(void *zone)
{
	g_time_zone_unref(zone);
}

void clock_zone_hold(struct arena *arena, const char *time_zone)
{
	arena_defer(arena, forget_zone, zone_of(time_zone));
}

int64_t clock_offset_s(int64_t at_ms, const char *time_zone)
{
	GTimeZone *zone = zone_of(time_zone);
	int64_t offset = 0;

	if (!zone)
		return 0;
	offset = g_time_zone_get_offset(
		zone, g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, at_ms / 1000));
	g_time_zone_unref(zone);
	return offset;
}

char *clock_local(struct arena *arena, int64_t at_ms, const char *time_zone)
{
	int64_t offset_s = clock_offset_s(at_ms, time_zone);
	int64_t minutes = offset_s / 60;
	char *local = clock_iso(arena, at_ms + offset_s * 1000);

	if (!offset_s)
		return local;
	local[strlen(local) - 1] = '\0';
	return arena_printf(arena, "%s%c%02d:%02d", local, minutes < 0 ? '-' : '+',
		(int)((minutes < 0 ? -minutes : minutes) / 60),
		(int)((minutes < 0 ? -minutes : minutes) % 60));
}

int64_t clock_from_local(int64_t local_ms, const char *time_zone)
{
	int64_t guess_ms = local_ms - clock_offset_s(local_ms, time_zone) * 1000;

	return local_ms - clock_offset_s(guess_ms, time_zone) * 1000;
}
