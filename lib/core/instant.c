/* Instants, zones and civil time on GLib's GTimeZone. */
#include "lib/core/instant.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <glib.h>

#define ZONE_LENGTH_MAX 64

/* No zone's clock is or was further from UTC, local mean times included: so long before and after a
 * civil time, read as if it were UTC, are certainly before and after its instants. */
#define OFFSET_MAX_S ((int64_t)16 * 3600)

/* Zones that were asked for, kept until the process ends. The table cannot grow beyond tzdata. */
static pthread_mutex_t zones_lock = PTHREAD_MUTEX_INITIALIZER;
static GHashTable *zones;

static const char *const day_names[] = {
	"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

static const char *const month_names[] = {"January", "February", "March", "April", "May", "June",
	"July", "August", "September", "October", "November", "December"};

int64_t instant_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t instant_now_s(void)
{
	return instant_now_ms() / 1000;
}

/* IANA names start with a capital letter, which keeps out the folders posix and right and the
 * tables that lie beside them; no dot and no leading slash keeps out every other file. */
static bool is_zone_shaped(const char *zone)
{
	size_t length = strnlen(zone, ZONE_LENGTH_MAX + 1);

	if (length > ZONE_LENGTH_MAX || !g_ascii_isupper(zone[0]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!g_ascii_isalnum(zone[i]) && !strchr("_+-/", zone[i]))
			return false;
	return true;
}

/* GLib also takes offsets and POSIX rules for names, so we look for the file ourselves. */
static bool is_zone_file(const char *path)
{
	char magic[4] = "";
	FILE *file = fopen(path, "rbe");
	bool is_zone;

	if (!file)
		return false;
	is_zone = fread(magic, 1, sizeof(magic), file) == sizeof(magic) &&
		memcmp(magic, "TZif", sizeof(magic)) == 0;
	fclose(file);
	return is_zone;
}

static GTimeZone *zone_load(const char *zone)
{
	const char *folder = getenv("TZDIR");
	char *path = g_strconcat(folder ? folder : "/usr/share/zoneinfo", "/", zone, NULL);
	GTimeZone *loaded = is_zone_file(path) ? g_time_zone_new_identifier(path) : NULL;

	g_free(path);
	return loaded;
}

/* The zone, which the table owns; NULL for an unknown one. */
static GTimeZone *zone_find(const char *zone)
{
	GTimeZone *found;

	if (!zone || !is_zone_shaped(zone))
		return NULL;
	pthread_mutex_lock(&zones_lock);
	if (!zones)
		zones = g_hash_table_new(g_str_hash, g_str_equal);
	found = g_hash_table_lookup(zones, zone);
	if (!found) {
		found = zone_load(zone);
		if (found)
			g_hash_table_insert(zones, g_strdup(zone), found);
	}
	pthread_mutex_unlock(&zones_lock);
	return found;
}

bool zone_is_known(const char *zone)
{
	return zone_find(zone) != NULL;
}

static int64_t offset_at(GTimeZone *zone, int64_t instant_s)
{
	int interval = g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, instant_s);

	return g_time_zone_get_offset(zone, interval);
}

static bool is_in_range(int64_t instant_s)
{
	return instant_s >= INSTANT_MIN_S && instant_s <= INSTANT_MAX_S;
}

/* Seconds since 1970 as if the civil time were UTC; false for an impossible date or time. */
static bool civil_count(const struct civil *civil, int64_t *ret_s)
{
	GDateTime *date = g_date_time_new_utc(
		civil->year, civil->month, civil->day, civil->hour, civil->minute, civil->second);

	if (!date)
		return false;
	*ret_s = g_date_time_to_unix(date);
	g_date_time_unref(date);
	return true;
}

static struct civil civil_of(GDateTime *date)
{
	struct civil civil = {.hour = g_date_time_get_hour(date),
		.minute = g_date_time_get_minute(date),
		.second = g_date_time_get_second(date)};

	g_date_time_get_ymd(date, &civil.year, &civil.month, &civil.day);
	return civil;
}

/* Where an instant lies: its civil time at an offset, and the day of the week, 0 is Monday. */
static bool civil_at(int64_t instant_s, int64_t offset_s, struct civil *ret, int *ret_weekday)
{
	GDateTime *date;

	if (!is_in_range(instant_s) || !is_in_range(instant_s + offset_s))
		return false;
	date = g_date_time_new_from_unix_utc(instant_s + offset_s);
	*ret = civil_of(date);
	*ret_weekday = g_date_time_get_day_of_week(date) - 1;
	g_date_time_unref(date);
	return true;
}

bool instant_to_civil(int64_t instant_s, const char *zone, struct civil *ret)
{
	GTimeZone *found = zone_find(zone);
	int weekday;

	return found && civil_at(instant_s, offset_at(found, instant_s), ret, &weekday);
}

bool instant_from_civil(const struct civil *civil, const char *zone, int64_t *ret_s)
{
	GTimeZone *found = zone_find(zone);
	int64_t local, before, after, result;

	if (!found || !civil_count(civil, &local))
		return false;
	before = offset_at(found, local - OFFSET_MAX_S);
	after = offset_at(found, local + OFFSET_MAX_S);
	result = local - before;
	/* Right by the old clock, or in a gap, where the old clock goes on; else by the new. */
	if (offset_at(found, result) != before && offset_at(found, local - after) == after)
		result = local - after;
	if (!is_in_range(result))
		return false;
	*ret_s = result;
	return true;
}

/* The date and time of RFC 3339 at an offset that is written behind it. */
static char *format_civil(struct arena *arena, const struct civil *civil, const char *offset)
{
	return arena_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02d%s", civil->year, civil->month,
		civil->day, civil->hour, civil->minute, civil->second, offset);
}

char *instant_format_utc(struct arena *arena, int64_t instant_s)
{
	struct civil civil;
	int weekday;

	if (!civil_at(CLAMP(instant_s, INSTANT_MIN_S, INSTANT_MAX_S), 0, &civil, &weekday))
		abort();
	return format_civil(arena, &civil, "Z");
}

/* "+05:45"; offsets of old local mean times lose their seconds, which RFC 3339 cannot write. */
static char *format_offset(struct arena *arena, int64_t offset_s)
{
	int minutes = abs((int)(offset_s / 60));

	return arena_printf(
		arena, "%c%02d:%02d", offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

char *instant_format_zone(struct arena *arena, int64_t instant_s, const char *zone)
{
	GTimeZone *found = zone_find(zone);
	struct civil civil;
	int64_t offset_s;
	int weekday;

	if (!found)
		return NULL;
	/* Whole minutes, so that what is written is the same instant. */
	offset_s = offset_at(found, instant_s) / 60 * 60;
	if (!civil_at(instant_s, offset_s, &civil, &weekday))
		return NULL;
	return format_civil(arena, &civil, format_offset(arena, offset_s));
}

/* "WAT"; zones without a name of their own ("+0545") are written "UTC+05:45". */
static const char *zone_name_at(struct arena *arena, GTimeZone *zone, int64_t instant_s)
{
	int interval = g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, instant_s);
	const char *name = g_time_zone_get_abbreviation(zone, interval);

	if (g_ascii_isalpha(name[0]))
		return name;
	return arena_printf(
		arena, "UTC%s", format_offset(arena, g_time_zone_get_offset(zone, interval)));
}

char *instant_format_person(struct arena *arena, int64_t instant_s, const char *zone)
{
	GTimeZone *found = zone_find(zone);
	struct civil civil;
	int weekday;

	if (!found || !civil_at(instant_s, offset_at(found, instant_s), &civil, &weekday))
		return NULL;
	return arena_printf(arena, "%s %d %s %04d, %02d:%02d (%s)", day_names[weekday], civil.day,
		month_names[civil.month - 1], civil.year, civil.hour, civil.minute,
		zone_name_at(arena, found, instant_s));
}

/* Reads exactly count digits; -1 when there are fewer. Moves *at behind them. */
static int read_digits(const char **at, int count)
{
	int value = 0;

	for (int i = 0; i < count; i++, (*at)++) {
		if (!g_ascii_isdigit(**at))
			return -1;
		value = value * 10 + (**at - '0');
	}
	return value;
}

static bool read_char(const char **at, const char *allowed)
{
	if (**at == '\0' || !strchr(allowed, **at))
		return false;
	(*at)++;
	return true;
}

/* A run of two-digit numbers with a separator between them. */
static bool read_pairs(const char **at, const char *separator, int *values, int count)
{
	for (int i = 0; i < count; i++) {
		if (i && !read_char(at, separator))
			return false;
		values[i] = read_digits(at, 2);
		if (values[i] < 0)
			return false;
	}
	return true;
}

static bool read_civil(const char **at, struct civil *ret)
{
	int date[2], clock[3];

	ret->year = read_digits(at, 4);
	if (ret->year < 0 || !read_char(at, "-") || !read_pairs(at, "-", date, 2))
		return false;
	if (!read_char(at, "Tt") || !read_pairs(at, ":", clock, 3))
		return false;
	ret->month = date[0];
	ret->day = date[1];
	ret->hour = clock[0];
	ret->minute = clock[1];
	ret->second = clock[2];
	return true;
}

static bool skip_fraction(const char **at)
{
	if (!read_char(at, "."))
		return true;
	if (!g_ascii_isdigit(**at))
		return false;
	while (g_ascii_isdigit(**at))
		(*at)++;
	return true;
}

static bool read_offset(const char **at, int64_t *ret_s)
{
	int clock[2];
	int sign = **at == '-' ? -1 : 1;

	*ret_s = 0;
	if (read_char(at, "Zz"))
		return true;
	if (!read_char(at, "+-") || !read_pairs(at, ":", clock, 2))
		return false;
	if (clock[0] > 23 || clock[1] > 59)
		return false;
	*ret_s = sign * (clock[0] * (int64_t)3600 + clock[1] * (int64_t)60);
	return true;
}

bool instant_parse(const char *rfc3339, int64_t *ret_s)
{
	const char *at = rfc3339;
	struct civil civil;
	int64_t local, offset;

	if (!at || !read_civil(&at, &civil) || !skip_fraction(&at) || !read_offset(&at, &offset))
		return false;
	if (*at != '\0' || !civil_count(&civil, &local) || !is_in_range(local - offset))
		return false;
	*ret_s = local - offset;
	return true;
}
