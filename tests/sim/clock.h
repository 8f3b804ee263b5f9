/* Real and simulated time, and the vendors' ways of writing instants. Milliseconds since 1970. */
#ifndef CARE_SIM_CLOCK_H
#define CARE_SIM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/sim/state.h"

int64_t clock_real_ms(void);
int64_t clock_monotonic_ms(void);
int64_t clock_now(const struct sim *sim);

/* 2026-01-02T03:04:05.678Z */
char *clock_iso(struct arena *arena, int64_t at_ms);

/* 2026-01-02T03:04:05 and then suffix: "Z", ".000Z", "+00:00". */
char *clock_iso_seconds(struct arena *arena, int64_t at_ms, const char *suffix);

/* Thu, 01 Jan 2026 00:00:00 +0000 (RFC 2822). */
char *clock_rfc2822(struct arena *arena, int64_t at_ms);

/* 2026-01-02 03:04:05 in UTC, as Mandrill writes it. */
char *clock_plain(struct arena *arena, int64_t at_ms);

/* Understands dates and instants of ISO 8601 with Z, an offset, or nothing (UTC). A date alone is
 * its first millisecond, ret_date_only tells (NULL allowed). */
bool clock_parse(const char *text, int64_t *ret_ms, bool *ret_date_only);

/* Local time with its offset in an IANA zone: 2050-09-05T09:00:00.000+02:00, UTC as ...Z. */
char *clock_local(struct arena *arena, int64_t at_ms, const char *time_zone);

bool clock_zone_known(const char *time_zone);

/* Keeps the zone's rules in memory as long as the arena, for many calls in a row. */
void clock_zone_hold(struct arena *arena, const char *time_zone);

int64_t clock_offset_s(int64_t at_ms, const char *time_zone);
/* The instant at which clocks in the zone show local_ms, written as if it were UTC. */
int64_t clock_from_local(int64_t local_ms, const char *time_zone);

#endif
