/* Configuration: environment variables, read and checked once at start.
 *
 * Every variable stands in one table (config.c) with its check, its default and the sentence that
 * is printed when it is wrong; the README's table is made from it. */
#ifndef CARE_CORE_CONFIG_H
#define CARE_CORE_CONFIG_H

#include <stdbool.h>
#include <stdio.h>

/* Which programs need a setting: an absent one is a mistake only for those. */
enum config_user { CONFIG_API = 1, CONFIG_WORKER = 2, CONFIG_CTL = 4 };

struct config {
	/* care-api */
	const char *listen;     /* host:port of the API, loopback by default */
	const char *ops_listen; /* host:port of health and metrics */
	const char *worker_ops_listen;
	const char *public_url;   /* our own base URL as callers see it, no trailing slash */
	const char *site_url;     /* the front end's base URL, for links in messages */
	const char *cors_origins; /* comma-separated exact origins */
	const char
		*trusted_proxies; /* comma-separated addresses whose X-Forwarded-For is believed */
	long threads;
	long connections_max;

	/* stores */
	const char *database_url;
	const char *redis_url; /* redis://host:port/db or unix:/path */

	/* keys */
	const char *secret_key;   /* 64 hex characters: root of derived keys */
	const char *jwt_key_file; /* RSA private key, PEM, not world-readable */
	const char *jwt_issuer;

	/* the organisation */
	const char *organisation_name;
	const char *organisation_address;
	const char *organisation_time_zone; /* the care zone, IANA */

	/* providers */
	const char *paystack_base_url;
	const char *paystack_secret_key;
	const char *paystack_secret_key_old; /* still accepted on webhooks while keys rotate */
	const char *calcom_base_url;
	const char *calcom_api_key;
	const char *calcom_webhook_secret;
	const char *twilio_base_url;
	const char *twilio_account_sid;
	const char *twilio_auth_token;
	const char *twilio_from; /* E.164, alphanumeric id, or MG… messaging service */
	const char *mandrill_base_url;
	const char *mandrill_api_key;
	const char *email_from;
	const char *email_from_name;

	/* rules */
	long hold_minutes; /* how long an unpaid slot is held */
	long worker_threads;
	bool clock_movable;    /* carectl clock may move care_now(); never in production */
	const char *log_level; /* debug, info, warning, error */
};

/* Fills ret from the environment. Every mistake is one line on complaints that names the variable.
 * False when there was one. The strings live as long as the process. */
bool config_load(enum config_user user, FILE *complaints, struct config *ret);

/* Prints the settings as a Markdown table for the README. */
void config_print_table(FILE *out);

#endif
