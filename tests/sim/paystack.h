/* Paystack: transactions, the checkout page, customers, refunds. Money is integers of minor units.
 */
#ifndef CARE_SIM_PAYSTACK_H
#define CARE_SIM_PAYSTACK_H

#include "tests/sim/call.h"

/* Wire objects are kept as JSON. A transaction holds what verify shows; what is ours alone stands
 * in the struct. */
struct transaction {
	json_t *shown; /* id, status, reference, amount, … customer, authorization */
	const char *access_code;
	const char *callback_url, *cancel_url; /* NULL allowed */
	const char *email;
	int64_t created_ms;
	int64_t refunded;    /* sum of refunds that were not refused */
	int64_t late_amount; /* paid by pay_late */
	bool has_metadata;
	struct list refunds; /* of json_t */
};

struct paystack {
	struct map *by_reference, *by_access_code, *by_id;
	struct list transactions; /* oldest first */
	struct map *customers;    /* by email and by code, of json_t */
	struct list customer_list;
	struct map *authorizations; /* by code, of json_t with "_email" */
	struct map *refunds;        /* by id, of json_t */
	struct list refund_list;
};

/* What a payer, or a stored card, does to a transaction. 0 and NULL: as asked. */
struct payment {
	int64_t amount, fees;
	const char *currency;
	const char *status;   /* success, failed, ongoing, processing */
	const char *response; /* gateway_response */
};

struct paystack *paystack_new(struct sim *sim);

/* paystack.c */
void paystack_fail(struct call *call, int status, const char *code, const char *message);
struct transaction *paystack_find(const struct sim *sim, const char *reference_or_id);

/* paystack_views.c: the same transaction as each endpoint shows it; new references. */
json_t *paystack_view_verify(const struct transaction *transaction);
json_t *paystack_view_fetch(const struct transaction *transaction);
json_t *paystack_view_list(const struct transaction *transaction);
json_t *paystack_view_charge(const struct transaction *transaction);
json_t *paystack_view_event(const struct transaction *transaction);
json_t *paystack_view_refunded(const struct transaction *transaction);

/* paystack_charge.c */
void paystack_initialize(struct call *call);
void paystack_charge(struct call *call);
void paystack_pay(struct sim *sim, struct transaction *transaction, const struct payment *payment);
void paystack_pay_late(struct sim *sim, struct transaction *transaction, long delay_ms);

/* paystack_customer.c */
json_t *paystack_customer(struct sim *sim, const char *email);      /* found or made; borrowed */
json_t *paystack_authorization(struct sim *sim, const char *email); /* borrowed */
void paystack_customer_create(struct call *call);
void paystack_customer_fetch(struct call *call);
void paystack_customer_list(struct call *call);

/* paystack_refund.c */
void paystack_refund_create(struct call *call);
void paystack_refund_fetch(struct call *call);
void paystack_refund_list(struct call *call);
void paystack_refund_retry(struct call *call);

/* Moves a refund to a status, with its webhook and what it does to the transaction. */
void paystack_refund_move(struct sim *sim, json_t *refund, const char *status);

#endif
