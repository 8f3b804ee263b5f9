/* Instants, zones and civil time. The only file that knows calendars; it stands on GLib's
 * GTimeZone, which reads the system's tzdata and is safe in threads. A zone is read once in a
 * process: new tzdata needs a restart. Held against Python's zoneinfo for every zone from 1970 to
 * 2037, where the tables of tzdata end (tests/property). */
#ifndef CARE_CORE_INSTANT_H
#define CARE_CORE_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/core/arena.h"

/* The years 0001 to 9999: what RFC 3339 and GLib can both write. */
#define INSTANT_MIN_S INT64_C(-62135596800)
#define INSTANT_MAX_S INT64_C(253402300799)

struct civil {
	int year, month, day, hour, minute, second;
};

/* Real time, Unix seconds and milliseconds. Business time comes from the database (care_now). */
int64_t instant_now_s(void);
int64_t instant_now_ms(void);

/* True for an IANA identifier the system's tzdata has ("Africa/Lagos"); false for NULL, offsets,
 * "local", paths and anything longer than 64 characters. */
bool zone_is_known(const char *zone);

/* RFC 3339: date-time with Z or an offset, fractions allowed and cut off, T and Z in either case.
 * Leap second 60, and what lies outside of INSTANT_MIN_S to INSTANT_MAX_S, is refused. */
bool instant_parse(const char *rfc3339, int64_t *ret_s);

/* "2026-11-22T09:00:00Z". Never NULL: an instant out of range is written as the nearest in it. */
char *instant_format_utc(struct arena *arena, int64_t instant_s);

/* "2026-11-22T10:00:00+01:00"; NULL for an unknown zone or an instant out of range. */
char *instant_format_zone(struct arena *arena, int64_t instant_s, const char *zone);

/* For people: "Sunday 22 November 2026, 10:00 (WAT)", or "(UTC+05:45)" where the zone has no name
 * for its clock; NULL for an unknown zone or an instant out of range. */
char *instant_format_person(struct arena *arena, int64_t instant_s, const char *zone);

/* The civil time at an instant in a zone; false for an unknown zone or an instant out of range. */
bool instant_to_civil(int64_t instant_s, const char *zone, struct civil *ret);

/* The instant of a civil time. A time in a gap moves forward by the gap's length; of a time that
 * happens twice the first is taken. False for an unknown zone or an impossible date. */
bool instant_from_civil(const struct civil *civil, const char *zone, int64_t *ret_s);

#endif
