/* The table of settings: name, where it goes, how it is checked, its default. */
#include "lib/core/config.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/instant.h"

enum kind { TEXT, NUMBER, FLAG };

struct setting {
	const char *name;
	enum kind kind;
	size_t offset;
	unsigned needed_by; /* programs that cannot start without it */
	const char *fallback;
	bool (*check)(const char *value);
	const char *wanted; /* "a … such as …", for the complaint and the README */
	long minimum, maximum;
};

#define AT(field) offsetof(struct config, field)
enum { BOTH = CONFIG_API | CONFIG_WORKER };

static bool is_any(const char *value)
{
	return *value != '\0';
}

static bool is_url(const char *value)
{
	size_t length = strlen(value);

	return (strncmp(value, "http://", 7) == 0 || strncmp(value, "https://", 8) == 0) &&
		value[length - 1] != '/' && !strpbrk(value, " \t\r\n\"'<>#?");
}

static bool is_listen(const char *value)
{
	const char *colon = strrchr(value, ':');
	char *end;
	long port;

	if (!colon || colon == value)
		return false;
	port = strtol(colon + 1, &end, 10);
	return *end == '\0' && end != colon + 1 && port > 0 && port < 65536;
}

static bool is_secret_key(const char *value)
{
	return strlen(value) == 64 && strspn(value, "0123456789abcdef") == 64;
}

static bool is_redis_url(const char *value)
{
	return strncmp(value, "redis://", 8) == 0 || strncmp(value, "unix:/", 6) == 0;
}

static bool is_database_url(const char *value)
{
	return strncmp(value, "postgresql://", 13) == 0 || strncmp(value, "postgres://", 11) == 0;
}

static bool is_log_level(const char *value)
{
	static const char *const levels[] = {"debug", "info", "warning", "error"};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(value, levels[i]) == 0)
			return true;
	}
	return false;
}

static bool is_email(const char *value)
{
	const char *at = strchr(value, '@');

	return at && at != value && at[1] && !strchr(at + 1, '@') && !strpbrk(value, " \t\r\n<>,;");
}

static const struct setting settings[] = {
	{"CARE_LISTEN", TEXT, AT(listen), 0, "127.0.0.1:8080", is_listen, "host:port of the API", 0,
		0},
	{"CARE_OPS_LISTEN", TEXT, AT(ops_listen), 0, "127.0.0.1:8081", is_listen,
		"host:port of care-api's health and metrics", 0, 0},
	{"CARE_WORKER_OPS_LISTEN", TEXT, AT(worker_ops_listen), 0, "127.0.0.1:8082", is_listen,
		"host:port of care-worker's health and metrics", 0, 0},
	{"CARE_PUBLIC_URL", TEXT, AT(public_url), BOTH, NULL, is_url,
		"our own base URL as callers see it, such as https://api.example.org", 0, 0},
	{"CARE_SITE_URL", TEXT, AT(site_url), BOTH, NULL, is_url,
		"the front end's base URL, such as https://www.example.org", 0, 0},
	{"CARE_CORS_ORIGINS", TEXT, AT(cors_origins), 0, "", NULL,
		"exact origins that browsers may call from, comma-separated", 0, 0},
	{"CARE_TRUSTED_PROXIES", TEXT, AT(trusted_proxies), 0, "", NULL,
		"addresses whose X-Forwarded-For is believed, comma-separated", 0, 0},
	{"CARE_THREADS", NUMBER, AT(threads), 0, "4", NULL, "request threads", 1, 64},
	{"CARE_CONNECTIONS_MAX", NUMBER, AT(connections_max), 0, "12000", NULL,
		"open HTTP connections", 16, 100000},
	{"CARE_DATABASE_URL", TEXT, AT(database_url), BOTH, NULL, is_database_url,
		"the login role's PostgreSQL URL, such as postgresql://care_api@db/care", 0, 0},
	{"CARE_REDIS_URL", TEXT, AT(redis_url), BOTH, NULL, is_redis_url,
		"redis://host:port or unix:/path", 0, 0},
	{"CARE_SECRET_KEY", TEXT, AT(secret_key), BOTH, NULL, is_secret_key,
		"64 lower-case hex digits, made by: openssl rand -hex 32", 0, 0},
	{"CARE_JWT_KEY_FILE", TEXT, AT(jwt_key_file), CONFIG_API, NULL, is_any,
		"an RSA private key that only we can read, made by: carectl key generate", 0, 0},
	{"CARE_JWT_ISSUER", TEXT, AT(jwt_issuer), 0, "care", is_any, "the iss of access tokens", 0,
		0},
	{"CARE_ORGANISATION_NAME", TEXT, AT(organisation_name), 0, "Care Organisation", is_any,
		"the name on messages and invoices", 0, 0},
	{"CARE_ORGANISATION_ADDRESS", TEXT, AT(organisation_address), 0, "", NULL,
		"the address on invoices, lines separated by |", 0, 0},
	{"CARE_ORGANISATION_TIME_ZONE", TEXT, AT(organisation_time_zone), 0, "Africa/Lagos",
		zone_is_known, "the care zone, an IANA name", 0, 0},
	{"CARE_PAYSTACK_BASE_URL", TEXT, AT(paystack_base_url), 0, "https://api.paystack.co",
		is_url, "Paystack's API", 0, 0},
	{"CARE_PAYSTACK_SECRET_KEY", TEXT, AT(paystack_secret_key), BOTH, NULL, is_any,
		"Paystack's secret key; it also signs webhooks", 0, 0},
	{"CARE_PAYSTACK_SECRET_KEY_OLD", TEXT, AT(paystack_secret_key_old), 0, "", NULL,
		"the key before, still accepted on webhooks while keys rotate", 0, 0},
	{"CARE_CALCOM_BASE_URL", TEXT, AT(calcom_base_url), 0, "https://api.cal.com/v2", is_url,
		"Cal.com's API v2", 0, 0},
	{"CARE_CALCOM_API_KEY", TEXT, AT(calcom_api_key), CONFIG_WORKER, NULL, is_any,
		"Cal.com's API key", 0, 0},
	{"CARE_CALCOM_WEBHOOK_SECRET", TEXT, AT(calcom_webhook_secret), CONFIG_API, NULL, is_any,
		"the secret of Cal.com's webhook subscription", 0, 0},
	{"CARE_TWILIO_BASE_URL", TEXT, AT(twilio_base_url), 0, "https://api.twilio.com", is_url,
		"Twilio's API", 0, 0},
	{"CARE_TWILIO_ACCOUNT_SID", TEXT, AT(twilio_account_sid), CONFIG_WORKER, NULL, is_any,
		"Twilio's account SID", 0, 0},
	{"CARE_TWILIO_AUTH_TOKEN", TEXT, AT(twilio_auth_token), CONFIG_WORKER, NULL, is_any,
		"Twilio's auth token", 0, 0},
	{"CARE_TWILIO_FROM", TEXT, AT(twilio_from), CONFIG_WORKER, NULL, is_any,
		"a number, an alphanumeric sender or a messaging service (MG…)", 0, 0},
	{"CARE_MANDRILL_BASE_URL", TEXT, AT(mandrill_base_url), 0,
		"https://mandrillapp.com/api/1.0", is_url, "Mailchimp Transactional's API", 0, 0},
	{"CARE_MANDRILL_API_KEY", TEXT, AT(mandrill_api_key), CONFIG_WORKER, NULL, is_any,
		"Mailchimp Transactional's API key", 0, 0},
	{"CARE_EMAIL_FROM", TEXT, AT(email_from), BOTH, NULL, is_email,
		"the sender's address, on a verified domain", 0, 0},
	{"CARE_EMAIL_FROM_NAME", TEXT, AT(email_from_name), 0, "Care team", is_any,
		"the sender's name", 0, 0},
	{"CARE_HOLD_MINUTES", NUMBER, AT(hold_minutes), 0, "20", NULL,
		"minutes that a time is held for payment", 1, 1440},
	{"CARE_WORKER_THREADS", NUMBER, AT(worker_threads), 0, "4", NULL, "jobs run at once", 1,
		64},
	{"CARE_CLOCK_MOVABLE", FLAG, AT(clock_movable), 0, "false", NULL,
		"true lets carectl clock move business time: test installations only", 0, 0},
	{"CARE_LOG_LEVEL", TEXT, AT(log_level), 0, "info", is_log_level,
		"debug, info, warning or error", 0, 0},
};

enum { SETTING_COUNT = sizeof(settings) / sizeof(settings[0]) };

static bool complain(FILE *out, const struct setting *setting, const char *why)
{
	fprintf(out, "%s %s: it wants %s\n", setting->name, why, setting->wanted);
	return false;
}

static bool load_number(const struct setting *setting, const char *value, FILE *out, long *ret)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(value, &end, 10);
	if (errno || *end || end == value || number < setting->minimum ||
		number > setting->maximum) {
		fprintf(out, "%s is not a whole number from %ld to %ld: it wants %s\n",
			setting->name, setting->minimum, setting->maximum, setting->wanted);
		return false;
	}
	*ret = number;
	return true;
}

static bool load_flag(const struct setting *setting, const char *value, FILE *out, bool *ret)
{
	if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return complain(out, setting, "is neither true nor false");
	*ret = strcmp(value, "true") == 0;
	return true;
}

static bool load_one(
	const struct setting *setting, enum config_user user, FILE *out, struct config *ret)
{
	const char *value = getenv(setting->name);
	char *field = (char *)ret + setting->offset;

	if (!value || !*value) {
		if (!setting->fallback && (setting->needed_by & user))
			return complain(out, setting, "is not set");
		value = setting->fallback ? setting->fallback : "";
	} else if (setting->check && !setting->check(value)) {
		return complain(out, setting, "is not right");
	}
	switch (setting->kind) {
	case NUMBER:
		return load_number(setting, value, out, (long *)(void *)field);
	case FLAG:
		return load_flag(setting, value, out, (bool *)(void *)field);
	default:
		*(const char **)(void *)field = value;
		return true;
	}
}

bool config_load(enum config_user user, FILE *complaints, struct config *ret)
{
	bool good = true;

	for (size_t i = 0; i < SETTING_COUNT; i++)
		good = load_one(&settings[i], user, complaints, ret) && good;
	return good;
}

void config_print_table(FILE *out)
{
	fprintf(out, "| variable | what | default |\n|---|---|---|\n");
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		fprintf(out, "| `%s` | %s | %s%s%s |\n", settings[i].name, settings[i].wanted,
			settings[i].fallback && *settings[i].fallback ? "`" : "",
			settings[i].fallback ? settings[i].fallback : "required",
			settings[i].fallback && *settings[i].fallback ? "`" : "");
	}
}
