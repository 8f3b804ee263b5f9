/* Everything the simulator knows, behind one lock, and the small helpers all vendors use. */
#ifndef CARE_SIM_STATE_H
#define CARE_SIM_STATE_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/core/text.h"
#include "tests/sim/collections.h"

struct later;
struct sender;
struct hook_rules;
struct messages;
struct rates;
struct paystack;
struct calcom;
struct twilio;
struct mandrill;

/* What one process simulates. Handlers and timed callbacks run with lock held; later and sender
 * have locks of their own, taken after this one, never before it. */
struct sim {
	struct arena *own_arena; /* of this very struct */
	pthread_mutex_t lock;
	struct arena *arena;             /* of all below, until a reset */
	uint64_t sequence;               /* the last number given out; survives resets */
	_Atomic int64_t clock_offset_ms; /* simulated minus real time */
	const char *own_base;            /* http://127.0.0.1:PORT */
	json_t *settings;                /* survives resets */
	json_t *faults;                  /* array of what POST /_sim/faults was given */
	struct list requests;            /* of char *, one JSON object each */
	struct messages *messages;
	struct rates *rates;
	struct hook_rules *hook_rules;
	struct paystack *paystack;
	struct calcom *calcom;
	struct twilio *twilio;
	struct mandrill *mandrill;
	struct later *later;
	struct sender *sender;
};

struct sim *sim_new(void);

/* Lets go of connections that wait; then the server can stop, and after it the rest be freed. */
void sim_stop(struct sim *sim);
void sim_free(struct sim *sim);

/* Forgets everything but the settings, and the clock's offset too. Call with the lock held. */
void sim_reset(struct sim *sim);

uint64_t sim_next(struct sim *sim);

/* prefix and count random characters of alphabet. */
char *sim_token(struct arena *arena, const char *prefix, const char *alphabet, size_t count);
extern const char ALPHABET_HEX[], ALPHABET_LOWER[], ALPHABET_MIXED[];

/* Compact JSON text of value in arena; flags as for json_dumps. */
struct text *json_text(struct arena *arena, const json_t *value, size_t flags);

/* A JSON value that lives until the next reset. */
json_t *sim_keep(struct sim *sim, json_t *value);

/* Settings. Unknown names are a mistake of ours and give "", 0, false. */
const char *setting_text(const struct sim *sim, const char *name);
long setting_long(const struct sim *sim, const char *name);
double setting_real(const struct sim *sim, const char *name);
bool setting_true(const struct sim *sim, const char *name);

/* True when item is one of the comma-separated words of the setting. */
bool setting_lists(const struct sim *sim, const char *name, const char *item);

/* Takes over the known names of changes; the name of the first unknown or mistyped one, or NULL. */
const char *settings_change(struct sim *sim, const json_t *changes);

/* A new reference to the settings with the keys masked. */
json_t *settings_shown(const struct sim *sim);

#endif
