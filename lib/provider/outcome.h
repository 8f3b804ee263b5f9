/* How a call to a provider ended, in the only terms that decide what to do next. */
#ifndef CARE_PROVIDER_OUTCOME_H
#define CARE_PROVIDER_OUTCOME_H

enum outcome {
	OUTCOME_OK,
	OUTCOME_NOT_FOUND, /* the provider answered that it knows no such thing */
	OUTCOME_REFUSED, /* a definite no: nothing happened, the same call will be refused again */
	OUTCOME_BUSY,    /* nothing happened, and it may be tried again (429, connect failure) */
	OUTCOME_UNKNOWN, /* it may have happened: ask the provider before doing it again */
	OUTCOME_CONFIG,  /* our key or account is wrong: alarm, retrying is pointless for now */
};

struct provider_error {
	int status;         /* HTTP status, 0 when there was no answer */
	char code[64];      /* the provider's code or name, "" when it gave none */
	char message[256];  /* for logs and staff: never holds what we sent */
	long retry_after_s; /* 0 when the provider did not say; capped at an hour */
};

const char *outcome_name(enum outcome outcome);

#endif
