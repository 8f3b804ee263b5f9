/* The simulator's state, its settings, and the tokens it invents. */
#include "tests/sim/state.h"

#include <gnutls/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/calcom.h"
#include "tests/sim/fault.h"
#include "tests/sim/later.h"
#include "tests/sim/mandrill.h"
#include "tests/sim/messages.h"
#include "tests/sim/paystack.h"
#include "tests/sim/rate.h"
#include "tests/sim/sender.h"
#include "tests/sim/twilio.h"
#include "tests/sim/webhook.h"

const char ALPHABET_HEX[] = "0123456789abcdef";
const char ALPHABET_LOWER[] = "0123456789abcdefghijklmnopqrstuvwxyz";
const char ALPHABET_MIXED[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

struct setting {
	const char *name;
	const char *environment; /* NULL: only at run time */
	const char *start;       /* JSON */
	bool secret;
};

/* clang-format off */
static const struct setting settings[] = {
	{"public_base", "CARE_SIM_PUBLIC_BASE", "null", false},
	{"webhook_base", "CARE_SIM_WEBHOOK_BASE", "\"\"", false},
	{"webhook_retry_scale", "CARE_SIM_WEBHOOK_RETRY_SCALE", "0.0016666666666666668", false},
	{"webhook_timeout_ms", NULL, "5000", false},
	{"paystack_secret_key", "CARE_SIM_PAYSTACK_SECRET_KEY", "\"sk_test_care_sim\"", true},
	{"paystack_not_found_status", NULL, "400", false},
	{"paystack_rate_per_minute", NULL, "0", false},
	{"paystack_currencies", NULL, "\"NGN,USD\"", false},
	{"paystack_callback_url", NULL, "null", false},
	{"paystack_charge_outcome", NULL, "\"success\"", false},
	{"paystack_late_ms", NULL, "1000", false},
	{"paystack_refund_outcome", NULL, "\"processed\"", false},
	{"paystack_refund_step_ms", NULL, "100", false},
	{"paystack_refund_webhook_ids", NULL, "true", false},
	{"paystack_reversal_pending_status", NULL, "null", false},
	{"paystack_partial_reverses", NULL, "false", false},
	{"calcom_api_key", "CARE_SIM_CALCOM_API_KEY", "\"cal_test_care_sim\"", true},
	{"calcom_webhook_secret", "CARE_SIM_CALCOM_WEBHOOK_SECRET", "\"cal_webhook_care_sim\"",
		true},
	{"calcom_webhook_active", NULL, "true", false},
	{"calcom_webhook_version", NULL, "\"2021-10-20\"", false},
	{"calcom_generation", "CARE_SIM_CALCOM_GENERATION", "\"G1\"", false},
	{"calcom_rate_per_minute", NULL, "0", false},
	{"calcom_time_zone", NULL, "\"Africa/Lagos\"", false},
	{"twilio_account_sid", "CARE_SIM_TWILIO_ACCOUNT_SID",
		"\"ACca5e51b0000000000000000000000000\"", false},
	{"twilio_auth_token", "CARE_SIM_TWILIO_AUTH_TOKEN", "\"twilio_token_care_sim\"", true},
	{"twilio_rate_per_minute", NULL, "0", false},
	{"twilio_inbound_url", "CARE_SIM_TWILIO_INBOUND_URL", "null", false},
	{"twilio_sent_ms", NULL, "20", false},
	{"twilio_delivered_ms", NULL, "60", false},
	{"mandrill_api_key", "CARE_SIM_MANDRILL_API_KEY", "\"md-care-sim\"", true},
	{"mandrill_webhook_key", "CARE_SIM_MANDRILL_WEBHOOK_KEY", "\"mandrill_webhook_care_sim\"",
		true},
	{"mandrill_key_error_status", NULL, "401", false},
	{"mandrill_rate_per_minute", NULL, "0", false},
	{"mandrill_subaccounts", NULL, "\"\"", false},
	{"mandrill_batch_ms", NULL, "50", false},
	{"mandrill_search_lag_ms", NULL, "0", false},
	{"attachment_budget_bytes", NULL, "268435456", false},
};
/* clang-format on */

#define SETTING_COUNT (sizeof(settings) / sizeof(*settings))

static const struct setting *find_setting(const char *name)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		if (!strcmp(settings[i].name, name))
			return &settings[i];
	}
	return NULL;
}

/* An environment variable is read as the type its setting starts with. */
static json_t *start_value(const struct setting *setting)
{
	json_t *start = json_loads(setting->start, JSON_DECODE_ANY, NULL);
	const char *given = setting->environment ? getenv(setting->environment) : NULL;
	json_t *value = NULL;

	if (!given || !*given)
		return start;
	if (json_is_number(start))
		value = json_loads(given, JSON_DECODE_ANY, NULL);
	else
		value = json_string(given);
	json_decref(start);
	return value ? value : json_null();
}

static json_t *settings_from_environment(void)
{
	json_t *values = json_object();

	for (size_t i = 0; i < SETTING_COUNT; i++)
		json_object_set_new(values, settings[i].name, start_value(&settings[i]));
	return values;
}

const char *setting_text(const struct sim *sim, const char *name)
{
	const char *text = json_string_value(json_object_get(sim->settings, name));

	return text ? text : "";
}

long setting_long(const struct sim *sim, const char *name)
{
	return (long)setting_real(sim, name);
}

double setting_real(const struct sim *sim, const char *name)
{
	return json_number_value(json_object_get(sim->settings, name));
}

bool setting_true(const struct sim *sim, const char *name)
{
	return json_is_true(json_object_get(sim->settings, name));
}

bool setting_lists(const struct sim *sim, const char *name, const char *item)
{
	const char *at = setting_text(sim, name);
	size_t length = strlen(item);

	while (*at) {
		size_t word = strcspn(at, ",");

		if (word == length && !strncmp(at, item, length))
			return true;
		at += word + (at[word] == ',');
	}
	return false;
}

/* Numbers stay numbers and booleans booleans; texts may be null. */
static bool fits(const struct setting *setting, const json_t *value)
{
	if (setting->start[0] == '"' || setting->start[0] == 'n')
		return json_is_string(value) || json_is_null(value);
	if (setting->start[0] == 't' || setting->start[0] == 'f')
		return json_is_boolean(value);
	return json_is_number(value);
}

const char *settings_change(struct sim *sim, const json_t *changes)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)changes, name, value)
	{
		const struct setting *setting = find_setting(name);

		if (!setting || !fits(setting, value))
			return name;
	}
	json_object_update(sim->settings, (json_t *)changes);
	return NULL;
}

json_t *settings_shown(const struct sim *sim)
{
	json_t *shown = json_copy(sim->settings);

	for (size_t i = 0; i < SETTING_COUNT; i++) {
		if (settings[i].secret)
			json_object_set_new(shown, settings[i].name, json_string("***"));
	}
	return shown;
}

static void forget_json(void *value)
{
	json_decref(value);
}

json_t *sim_keep(struct sim *sim, json_t *value)
{
	arena_defer(sim->arena, forget_json, value);
	return value;
}

static int add_bytes(const char *bytes, size_t length, void *text)
{
	text_add_bytes(text, bytes, length);
	return 0;
}

struct text *json_text(struct arena *arena, const json_t *value, size_t flags)
{
	struct text *text = text_new(arena);

	json_dump_callback(value, add_bytes, text, flags | JSON_COMPACT | JSON_ENCODE_ANY);
	return text;
}

uint64_t sim_next(struct sim *sim)
{
	return ++sim->sequence;
}

char *sim_token(struct arena *arena, const char *prefix, const char *alphabet, size_t count)
{
	size_t start = strlen(prefix), letters = strlen(alphabet);
	char *token = arena_printf(arena, "%s%*s", prefix, (int)count, "");

	gnutls_rnd(GNUTLS_RND_NONCE, token + start, count);
	for (size_t i = start; i < start + count; i++)
		token[i] = alphabet[(unsigned char)token[i] % letters];
	return token;
}

static void start_state(struct sim *sim)
{
	sim->arena = arena_new();
	sim->clock_offset_ms = 0;
	sim->faults = sim_keep(sim, json_array());
	sim->requests = (struct list){.arena = sim->arena};
	sim->messages = messages_new(sim);
	sim->rates = rates_new(sim);
	sim->hook_rules = hook_rules_new(sim);
	sim->paystack = paystack_new(sim);
	sim->calcom = calcom_new(sim);
	sim->twilio = twilio_new(sim);
	sim->mandrill = mandrill_new(sim);
}

struct sim *sim_new(void)
{
	struct arena *arena = arena_new();
	struct sim *sim = arena_alloc(arena, sizeof(*sim));

	sim->own_arena = arena;
	pthread_mutex_init(&sim->lock, NULL);
	json_object_seed(0);
	sim->settings = settings_from_environment();
	sim->later = later_start(sim);
	sim->sender = sender_start(sim);
	start_state(sim);
	return sim;
}

void sim_reset(struct sim *sim)
{
	sender_reset(sim->sender);
	later_clear(sim);
	arena_free(sim->arena);
	start_state(sim);
}

void sim_stop(struct sim *sim)
{
	later_stop(sim->later);
}

void sim_free(struct sim *sim)
{
	sender_stop(sim->sender);
	later_free(sim->later);
	sender_free(sim->sender);
	arena_free(sim->arena);
	json_decref(sim->settings);
	pthread_mutex_destroy(&sim->lock);
	arena_free(sim->own_arena);
}
