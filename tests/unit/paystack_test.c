/* What Paystack's replies become: each oddity of its wire is a row or a test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/canned.h"

#include "lib/provider/paystack_reply.h"

#define CHECKOUT(data)                                                                             \
	"{\"status\":true,\"message\":\"Authorization URL created\",\"data\":" data "}"
#define VERIFIED(data) "{\"status\":true,\"message\":\"Verification successful\",\"data\":" data "}"
#define WHOLE                                                                                      \
	"\"id\":4099260516,\"domain\":\"test\",\"status\":\"failed\",\"reference\":\"BK-1\","      \
	"\"amount\":40333,\"currency\":\"NGN\",\"requested_amount\":30050,\"fees\":10283,"         \
	"\"paid_at\":null,\"gateway_response\":\"Declined\",\"channel\":\"card\""

/* What any of the calls makes of a reply that is no success; code NULL is not looked at. */
static const struct {
	int status;
	enum outcome outcome;
	const char *body;
	const char *code;
} failures[] = {
	{401, OUTCOME_CONFIG, "{\"status\":false,\"message\":\"Invalid key\"}", "invalid_key"},
	{400, OUTCOME_CONFIG, "{\"status\":false,\"message\":\"Invalid key\"}", NULL},
	{403, OUTCOME_CONFIG, "<html>", NULL},
	{404, OUTCOME_CONFIG, "", NULL},
	{400, OUTCOME_UNKNOWN, "<html>Bad Request</html>", NULL},
	{400, OUTCOME_REFUSED,
		"{\"status\":false,\"message\":\"Duplicate Transaction Reference\","
		"\"type\":\"validation_error\",\"code\":\"duplicate_reference\"}",
		"duplicate_reference"},
	{400, OUTCOME_REFUSED, "{\"status\":false,\"message\":\"Duplicate Transaction Reference\"}",
		"duplicate_reference"},
	{400, OUTCOME_REFUSED,
		"{\"status\":false,\"message\":\"Currency not supported by merchant\"}",
		"unsupported_currency"},
	{400, OUTCOME_REFUSED,
		"{\"status\":false,\"message\":\"Transaction has been fully reversed\","
		"\"type\":\"api_error\",\"code\":\"transaction_reversed\"}",
		"transaction_reversed"},
	{422, OUTCOME_REFUSED,
		"{\"status\":false,\"message\":\"Invalid Refund "
		"state\",\"code\":\"invalid_params\"}",
		"invalid_params"},
	{429, OUTCOME_BUSY,
		"{\"status\":false,\"message\":\"Rate limit exceeded!\",\"code\":\"rate_limited\"}",
		"rate_limited"},
	{429, OUTCOME_BUSY, "", NULL},
	{408, OUTCOME_UNKNOWN, "{\"status\":false,\"message\":\"Request timeout\"}", NULL},
	{500, OUTCOME_UNKNOWN, "{\"status\":false,\"message\":\"Internal error\"}", NULL},
	{502, OUTCOME_UNKNOWN, "<html><h1>502 Bad Gateway</h1></html>", NULL},
	{302, OUTCOME_UNKNOWN, "", NULL},
	{200, OUTCOME_UNKNOWN, "", NULL},
	{200, OUTCOME_UNKNOWN, "{\"status\":false,\"message\":\"No\",\"data\":{" WHOLE "}}", NULL},
	{200, OUTCOME_UNKNOWN, "{\"status\":\"false\",\"data\":{" WHOLE "}}", NULL},
	{200, OUTCOME_UNKNOWN, "{\"status\":true,\"status\":true,\"data\":{" WHOLE "}}", NULL},
	{200, OUTCOME_UNKNOWN, VERIFIED("{" WHOLE ",\"ratio\":NaN}"), NULL},
	{200, OUTCOME_UNKNOWN, VERIFIED("{" WHOLE ",\"ratio\":1e999}"), NULL},
	{200, OUTCOME_UNKNOWN, VERIFIED("{" WHOLE ",\"name\":\"\xc3\x28\"}"), NULL},
	{200, OUTCOME_UNKNOWN, VERIFIED("{" WHOLE), NULL},
	{200, OUTCOME_UNKNOWN, "\x1f\x8b\x08", NULL},
};

static void failures_become_outcomes(void **state)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		struct reply *reply = canned(*state, failures[i].status, failures[i].body);
		struct payment_checkout checkout;
		struct payment_facts facts;
		struct refund_facts refund;

		assert_int_equal(
			paystack_read_checkout(reply, "BK-1", &checkout), failures[i].outcome);
		assert_int_equal(paystack_read_facts(reply, "BK-1", &facts), failures[i].outcome);
		assert_int_equal(paystack_read_refund(reply, "BK-1", &refund), failures[i].outcome);
		assert_int_equal(reply->error->status, failures[i].status);
		if (failures[i].code)
			assert_string_equal(reply->error->code, failures[i].code);
	}
}

static void no_answer_is_busy_only_when_nothing_was_sent(void **state)
{
	static const struct {
		enum http_failure failure;
		enum outcome outcome;
		const char *code;
	} rows[] = {
		{HTTP_NOT_SENT, OUTCOME_BUSY, "not_sent"},
		{HTTP_LOST, OUTCOME_UNKNOWN, "lost"},
		{HTTP_TOO_LARGE, OUTCOME_UNKNOWN, "too_large"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reply *reply = canned_failure(*state, rows[i].failure);
		struct payment_checkout ret;

		assert_int_equal(paystack_read_checkout(reply, "BK-1", &ret), rows[i].outcome);
		assert_string_equal(reply->error->code, rows[i].code);
		assert_string_equal(reply->error->message, "Timeout was reached");
	}
}

static void rate_limits_say_when_to_come_back(void **state)
{
	struct reply *reply = canned(*state, 429, "{\"status\":false,\"message\":\"Rate limit\"}");
	struct payment_facts facts;

	reply->answer.retry_after_s = 42;
	assert_int_equal(paystack_read_facts(reply, "BK-1", &facts), OUTCOME_BUSY);
	assert_int_equal(reply->error->retry_after_s, 42);
}

static void a_checkout_is_of_our_reference_and_on_the_web(void **state)
{
	static const struct {
		const char *body;
		enum outcome outcome;
	} rows[] = {
		{CHECKOUT("{\"authorization_url\":\"https://checkout.paystack.com/x\","
			  "\"access_code\":\"x\",\"reference\":\"BK-1\"}"),
			OUTCOME_OK},
		{CHECKOUT("{\"authorization_url\":\"https://checkout.paystack.com/x\","
			  "\"access_code\":\"x\",\"reference\":\"BK-2\"}"),
			OUTCOME_UNKNOWN},
		{CHECKOUT("{\"authorization_url\":\"javascript:alert(1)\","
			  "\"access_code\":\"x\",\"reference\":\"BK-1\"}"),
			OUTCOME_UNKNOWN},
		{CHECKOUT("{\"access_code\":\"x\",\"reference\":\"BK-1\"}"), OUTCOME_UNKNOWN},
		{CHECKOUT("[]"), OUTCOME_UNKNOWN},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct payment_checkout ret = {0};

		assert_int_equal(
			paystack_read_checkout(canned(*state, 200, rows[i].body), "BK-1", &ret),
			rows[i].outcome);
		if (rows[i].outcome == OUTCOME_OK)
			assert_string_equal(ret.access_code, "x");
		else
			assert_null(ret.authorization_url);
	}
}

/* The envelope is true and the payment failed: the status handed on is the payment's. */
static void the_status_is_the_payments(void **state)
{
	struct payment_facts facts;

	assert_int_equal(
		paystack_read_facts(canned(*state, 200, VERIFIED("{" WHOLE "}")), "BK-1", &facts),
		OUTCOME_OK);
	assert_string_equal(facts.status, "failed");
	assert_string_equal(facts.transaction_id, "4099260516");
	assert_string_equal(facts.domain, "test");
	assert_int_equal(facts.amount_minor, 40333);
	assert_int_equal(facts.requested_amount_minor, 30050);
	assert_int_equal(facts.fees_minor, 10283);
	assert_null(facts.paid_at);
	assert_string_equal(facts.gateway_response, "Declined");
}

static const char *transaction(struct arena *arena, const char *id, const char *amount)
{
	return arena_printf(arena,
		VERIFIED("{\"id\":%s,\"status\":\"success\",\"reference\":\"BK-1\",\"amount\":%s,"
			 "\"currency\":\"NGN\"}"),
		id, amount);
}

static void ids_are_exact_to_64_bits(void **state)
{
	static const struct {
		const char *id, *text;
	} rows[] = {
		{"4294967296", "4294967296"},
		{"9007199254740993", "9007199254740993"},
		{"9223372036854775807", "9223372036854775807"},
		{"18446744073709551615", "18446744073709551615"},
		{"\"16074284\"", "16074284"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct payment_facts facts;

		assert_int_equal(paystack_read_facts(
					 canned(*state, 200, transaction(*state, rows[i].id, "1")),
					 "BK-1", &facts),
			OUTCOME_OK);
		assert_string_equal(facts.transaction_id, rows[i].text);
	}
}

static void amounts_are_integers_in_either_spelling(void **state)
{
	static const struct {
		const char *amount;
		enum outcome outcome;
		int64_t minor;
	} rows[] = {
		{"10000", OUTCOME_OK, 10000},
		{"\"10000\"", OUTCOME_OK, 10000},
		{"9223372036854775807", OUTCOME_OK, INT64_MAX},
		{"9223372036854775808", OUTCOME_UNKNOWN, 0},
		{"99999999999999999999999999", OUTCOME_UNKNOWN, 0},
		{"-1", OUTCOME_UNKNOWN, 0},
		{"100.5", OUTCOME_UNKNOWN, 0},
		{"1e4", OUTCOME_UNKNOWN, 0},
		{"\"100.00\"", OUTCOME_UNKNOWN, 0},
		{"\"\"", OUTCOME_UNKNOWN, 0},
		{"null", OUTCOME_UNKNOWN, 0},
		{"{}", OUTCOME_UNKNOWN, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *body = transaction(*state, "1", rows[i].amount);
		struct payment_facts facts = {0};

		assert_int_equal(paystack_read_facts(canned(*state, 200, body), "BK-1", &facts),
			rows[i].outcome);
		assert_int_equal(facts.amount_minor, rows[i].minor);
	}
}

static void an_unknown_reference_is_not_found(void **state)
{
	static const struct {
		int status;
		enum outcome outcome;
		const char *body;
	} rows[] = {
		{400, OUTCOME_NOT_FOUND,
			"{\"status\":false,\"message\":\"Transaction reference not found\"}"},
		{404, OUTCOME_NOT_FOUND,
			"{\"status\":false,\"message\":\"Transaction reference not found\"}"},
		{400, OUTCOME_NOT_FOUND,
			"{\"status\":false,\"message\":\"x\",\"code\":\"transaction_not_found\"}"},
		{400, OUTCOME_REFUSED, "{\"status\":false,\"message\":\"Something else\"}"},
		{404, OUTCOME_CONFIG, ""},
		{500, OUTCOME_UNKNOWN,
			"{\"status\":false,\"message\":\"Transaction reference not found\"}"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reply *reply = canned(*state, rows[i].status, rows[i].body);
		struct payment_facts facts;

		assert_int_equal(paystack_read_facts(reply, "BK-1", &facts), rows[i].outcome);
	}
}

static void a_transaction_of_another_reference_is_not_ours(void **state)
{
	struct reply *reply = canned(*state, 200, VERIFIED("{" WHOLE "}"));
	struct payment_facts facts = {0};

	assert_int_equal(paystack_read_facts(reply, "BK-2", &facts), OUTCOME_UNKNOWN);
	assert_string_equal(reply->error->code, "malformed_reply");
	assert_null(facts.status);
}

static void deep_nesting_is_refused_before_it_is_parsed(void **state)
{
	size_t length = 100000;
	char *body = arena_alloc(*state, length);
	struct payment_facts facts;

	memset(body, '[', length);
	assert_int_equal(
		paystack_read_facts(canned_bytes(*state, 200, body, length), "BK-1", &facts),
		OUTCOME_UNKNOWN);
}

#define REFUND(id, of, note)                                                                       \
	"{\"id\":" id ",\"transaction\":" of ",\"amount\":\"500\",\"currency\":\"NGN\","           \
	"\"status\":\"processed\",\"merchant_note\":" note "}"
#define REFUNDS(rows, meta) "{\"status\":true,\"message\":\"Refunds\",\"data\":[" rows "]" meta "}"

static void a_refund_is_found_by_its_note(void **state)
{
	static const struct {
		const char *body, *id;
		enum outcome outcome;
		bool more;
	} rows[] = {
		{REFUNDS(REFUND("7", "55", "\"other\"") "," REFUND("8", "55", "\"ours\""), ""), "8",
			OUTCOME_OK, false},
		{REFUNDS(REFUND("8", "{\"id\":55}", "\"ours\""), ""), "8", OUTCOME_OK, false},
		{REFUNDS(REFUND("\"16074284\"", "55", "\"ours\""), ""), "16074284", OUTCOME_OK,
			false},
		{REFUNDS(REFUND("8", "56", "\"ours\""), ""), NULL, OUTCOME_NOT_FOUND, false},
		{REFUNDS(REFUND("8", "55", "null"), ",\"meta\":{\"page\":1,\"pageCount\":3}"), NULL,
			OUTCOME_NOT_FOUND, true},
		{REFUNDS("", ",\"meta\":{\"page\":1,\"pageCount\":3}"), NULL, OUTCOME_NOT_FOUND,
			false},
		{REFUNDS("{\"transaction\":55,\"merchant_note\":\"ours\"}", ""), NULL,
			OUTCOME_UNKNOWN, false},
		{"{\"status\":true,\"data\":{}}", NULL, OUTCOME_UNKNOWN, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct paystack_search search = {
			.transaction_id = "55", .note = "ours", .page = 1, .per_page = 100};
		struct refund_facts refund = {0};

		assert_int_equal(
			paystack_read_refunds(canned(*state, 200, rows[i].body), &search, &refund),
			rows[i].outcome);
		assert_int_equal(search.more, rows[i].more);
		if (rows[i].id)
			assert_string_equal(refund.refund_id, rows[i].id);
		else
			assert_null(refund.refund_id);
	}
}

/* Codes and words are kept; what we sent is not. */
static void messages_are_masked(void **state)
{
	struct reply *reply = canned(*state, 400,
		"{\"status\":false,\"code\":\"invalid params\",\"message\":"
		"\"\\\"ada@example.com\\\" and +2348012345678 and uid=abc are bad\\u0007 "
		"\xc3\xa9\"}");
	struct payment_checkout ret;

	assert_int_equal(paystack_read_checkout(reply, "BK-1", &ret), OUTCOME_REFUSED);
	assert_string_equal(reply->error->code, "invalid_params");
	assert_string_equal(reply->error->message, "\"[...]\" and [...] and [...] are bad? ??");
}

static void published_samples_are_read(void **state)
{
	struct payment_checkout checkout;
	struct payment_facts facts;
	struct refund_facts refund;
	size_t length;
	const char *body = sample(*state, "paystack/bodies/transaction.verify.200.json", &length);

	if (!body)
		skip();
	assert_int_equal(
		paystack_read_facts(canned_bytes(*state, 200, body, length), "re4lyvq3s3", &facts),
		OUTCOME_OK);
	assert_string_equal(facts.paid_at, "2024-08-22T09:15:02.000Z");
	assert_int_equal(facts.requested_amount_minor, 30050);
	body = sample(*state, "paystack/bodies/transaction.initialize.200.json", &length);
	assert_int_equal(paystack_read_checkout(
				 canned_bytes(*state, 200, body, length), "re4lyvq3s3", &checkout),
		OUTCOME_OK);
	assert_string_equal(
		checkout.authorization_url, "https://checkout.paystack.com/3ni8kdavz62431k");
	body = sample(*state, "paystack/bodies/refund.create.200.json", &length);
	assert_int_equal(paystack_read_refund(canned_bytes(*state, 200, body, length),
				 "T685312322670591", &refund),
		OUTCOME_OK);
	assert_string_equal(refund.refund_id, "3018284");
	assert_int_equal(paystack_read_refund(canned_bytes(*state, 200, body, length),
				 "T685312322670592", &refund),
		OUTCOME_UNKNOWN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_become_outcomes),
		cmocka_unit_test(no_answer_is_busy_only_when_nothing_was_sent),
		cmocka_unit_test(rate_limits_say_when_to_come_back),
		cmocka_unit_test(a_checkout_is_of_our_reference_and_on_the_web),
		cmocka_unit_test(the_status_is_the_payments),
		cmocka_unit_test(ids_are_exact_to_64_bits),
		cmocka_unit_test(amounts_are_integers_in_either_spelling),
		cmocka_unit_test(an_unknown_reference_is_not_found),
		cmocka_unit_test(a_transaction_of_another_reference_is_not_ours),
		cmocka_unit_test(deep_nesting_is_refused_before_it_is_parsed),
		cmocka_unit_test(a_refund_is_found_by_its_note),
		cmocka_unit_test(messages_are_masked),
		cmocka_unit_test(published_samples_are_read),
	};

	return cmocka_run_group_tests(tests, canned_open, canned_close);
}
