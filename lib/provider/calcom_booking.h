/* A booking in any of the shapes Cal.com gives it. */
#ifndef CARE_PROVIDER_CALCOM_BOOKING_H
#define CARE_PROVIDER_CALCOM_BOOKING_H

#include <jansson.h>
#include <stdbool.h>

#include "lib/provider/scheduler.h"

/* The slug of the hidden booking field that carries our reference. */
#define CALCOM_REFERENCE_FIELD "intake-ref"

/* The key of our reference in a booking's metadata. */
#define CALCOM_REFERENCE_KEY "reference"

/* Fills ret from an API booking (start, id, lower-case status), a webhook's payload (startTime,
 * bookingId, upper-case status) or a flat MEETING_* body. What is missing is NULL or 0. */
void calcom_booking(struct arena *arena, const json_t *object, struct scheduler_booking *ret);

/* True when it has what every API booking has: uid, status and start. */
bool calcom_booking_is_whole(const struct scheduler_booking *booking);

#endif
