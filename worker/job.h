/* What a job's file sees. One file per kind; jobs.c holds the table. */
#ifndef CARE_WORKER_JOB_H
#define CARE_WORKER_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/core/config.h"
#include "lib/data/work.h"
#include "lib/provider/email.h"
#include "lib/provider/payment.h"
#include "lib/provider/scheduler.h"
#include "lib/provider/sms.h"

/* The vendors in use and our accounts with them. */
struct providers {
	const struct payment_provider *payment;
	struct payment_gateway gateway;
	const struct scheduler_provider *scheduler;
	struct scheduler_account scheduler_account;
	const struct sms_provider *sms;
	struct sms_account sms_account;
	const struct email_provider *email;
	struct email_account email_account;
};

struct redis;

/* Derived from CARE_SECRET_KEY (security/digest.h). */
struct job_keys {
	unsigned char link[32];      /* "link_token" */
	unsigned char reference[32]; /* "booking_reference" */
};

enum job_result {
	JOB_DONE,
	JOB_RETRY, /* again after the back-off (or retry_after_s), until attempts_max: then dead */
	JOB_DEAD,  /* never again: a person must look; say why in error */
	JOB_LATER, /* not a failure: again after retry_after_s, the attempt is not counted */
};

struct job {
	struct work work; /* outside a transaction when the job starts and when it returns */
	const struct config *config;
	const struct providers *providers;
	const struct job_keys *keys;
	struct redis *redis;
	const char *job_id;
	const char *kind;
	const char *subject_id; /* uuid the job is about; "" when none */
	json_t *payload;        /* never NULL: {} when there is none */
	int attempt;            /* 1 on the first run, and again when that did not count */
	int attempts_max;
	bool repeated;      /* a run before this one may have reached the provider: ask first */
	long retry_after_s; /* set by the job for JOB_RETRY and JOB_LATER */
	const char *error;  /* set by the job for JOB_RETRY and JOB_DEAD: no personal data */
};

struct job_kind {
	const char *name;
	const char *stream; /* care:reminders, care:invoicing, care:webhooks, care:notifications */
	enum job_result (*run)(struct job *job);
	int attempts_max;
	int timeout_s; /* below the lease of 60 s */
	long every_s;  /* > 0: a periodic job; the worker keeps one planned */
};

/* Ends with a NULL name, alphabetical. */
extern const struct job_kind job_kinds[];

/* JOB_RETRY with a sentence. */
enum job_result job_retry(struct job *job, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
enum job_result job_dead(struct job *job, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What a query's problem means for a job: P_NOT_FOUND is not passed here. */
enum job_result job_problem(struct job *job, enum problem p);

#endif
