/* Instants, zones and civil time. The only file that knows calendars; it stands on GLib's
 * GTimeZone, which reads the system's tzdata and is safe in threads. */
#ifndef CARE_CORE_INSTANT_H
#define CARE_CORE_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/core/arena.h"

struct civil {
	int year, month, day, hour, minute, second;
};

/* Real time, Unix seconds and milliseconds. Business time comes from the database (care_now). */
int64_t instant_now_s(void);
int64_t instant_now_ms(void);

/* True for an IANA identifier the system's tzdata has ("Africa/Lagos"); false for offsets,
 * "local", paths and anything longer than 64 characters. */
bool zone_is_known(const char *zone);

/* RFC 3339: date-time with Z or an offset, fractions allowed and cut off. Leap second 60 is
 * refused. */
bool instant_parse(const char *rfc3339, int64_t *ret_s);

/* "2026-11-22T09:00:00Z" */
char *instant_format_utc(struct arena *arena, int64_t instant_s);

/* "2026-11-22T10:00:00+01:00"; NULL for an unknown zone. */
char *instant_format_zone(struct arena *arena, int64_t instant_s, const char *zone);

/* For people: "Sunday 22 November 2026, 10:00 (WAT)"; NULL for an unknown zone. */
char *instant_format_person(struct arena *arena, int64_t instant_s, const char *zone);

/* The civil time at an instant in a zone; false for an unknown zone. */
bool instant_to_civil(int64_t instant_s, const char *zone, struct civil *ret);

/* The instant of a civil time. A time in a gap moves forward by the gap's length; of a time that
 * happens twice the first is taken. False for an unknown zone or an impossible date. */
bool instant_from_civil(const struct civil *civil, const char *zone, int64_t *ret_s);

#endif
