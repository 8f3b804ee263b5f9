/* What Mandrill's replies become: errors by name, a verdict for each recipient. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/canned.h"

#include "lib/provider/mandrill_reply.h"

#define ERROR(name)                                                                                \
	"{\"status\":\"error\",\"code\":-1,\"name\":\"" name "\",\"message\":\"about "             \
	"a@b.example\"}"
#define VERDICT(members) "[{\"email\":\"A@b.example\",\"_id\":\"id1\"," members "}]"

static const struct {
	int status;
	enum outcome outcome;
	const char *body;
	const char *code;
} failures[] = {
	{500, OUTCOME_CONFIG, ERROR("Invalid_Key"), "Invalid_Key"},
	{401, OUTCOME_CONFIG, ERROR("Invalid_Key"), "Invalid_Key"},
	{500, OUTCOME_REFUSED, ERROR("ValidationError"), "ValidationError"},
	{500, OUTCOME_CONFIG, ERROR("PaymentRequired"), "PaymentRequired"},
	{500, OUTCOME_CONFIG, ERROR("Unknown_Subaccount"), "Unknown_Subaccount"},
	{500, OUTCOME_CONFIG, ERROR("Unknown_MetadataField"), "Unknown_MetadataField"},
	{500, OUTCOME_NOT_FOUND, ERROR("Unknown_Message"), "Unknown_Message"},
	{500, OUTCOME_REFUSED, ERROR("Invalid_Tag_Name"), "Invalid_Tag_Name"},
	{500, OUTCOME_CONFIG, ERROR("PoorReputation"), "PoorReputation"},
	{500, OUTCOME_UNKNOWN, ERROR("GeneralError"), "GeneralError"},
	{503, OUTCOME_UNKNOWN, ERROR("ServiceUnavailable"), "ServiceUnavailable"},
	{500, OUTCOME_UNKNOWN, ERROR("SomethingNew"), "SomethingNew"},
	{400, OUTCOME_REFUSED, ERROR("SomethingNew"), "SomethingNew"},
	{429, OUTCOME_BUSY, ERROR("GeneralError"), "GeneralError"},
	{429, OUTCOME_BUSY, "", ""},
	{502, OUTCOME_UNKNOWN, "<html>", ""},
	{400, OUTCOME_UNKNOWN, "<html>", ""},
	{302, OUTCOME_UNKNOWN, "", ""},
	{200, OUTCOME_UNKNOWN, ERROR("Invalid_Key"), "Invalid_Key"},
	{200, OUTCOME_UNKNOWN, "", ""},
	{200, OUTCOME_UNKNOWN, "[]", "malformed_reply"},
	{200, OUTCOME_UNKNOWN, "[{\"email\":\"x@y.example\",\"_id\":\"id1\",\"status\":\"sent\"}]",
		"malformed_reply"},
	{200, OUTCOME_UNKNOWN, VERDICT("\"reject_reason\":null"), "malformed_reply"},
	{200, OUTCOME_UNKNOWN, VERDICT("\"status\":\"eaten\""), "malformed_reply"},
	{200, OUTCOME_UNKNOWN, "[{\"email\":\"a@b.example\",\"status\":\"sent\"}]",
		"malformed_reply"},
	{200, OUTCOME_REFUSED, VERDICT("\"status\":\"rejected\",\"reject_reason\":\"hard-bounce\""),
		"hard-bounce"},
	{200, OUTCOME_REFUSED, VERDICT("\"status\":\"rejected\",\"reject_reason\":\"soft_bounce\""),
		"soft-bounce"},
	{200, OUTCOME_REFUSED, VERDICT("\"status\":\"rejected\",\"reject_reason\":null"),
		"rejected"},
	{200, OUTCOME_REFUSED, VERDICT("\"status\":\"invalid\",\"reject_reason\":null"), "invalid"},
	{200, OUTCOME_CONFIG, VERDICT("\"status\":\"rejected\",\"reject_reason\":\"unsigned\""),
		"unsigned"},
	{200, OUTCOME_CONFIG,
		VERDICT("\"status\":\"rejected\",\"reject_reason\":\"invalid_sender\""),
		"invalid-sender"},
};

static void failures_become_outcomes(void **state)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		struct reply *reply = canned(*state, failures[i].status, failures[i].body);
		struct email_facts facts = {0};

		assert_int_equal(
			mandrill_read_sent(reply, "a@b.example", &facts), failures[i].outcome);
		assert_string_equal(reply->error->code, failures[i].code);
		assert_null(facts.status);
		assert_null(strstr(reply->error->message, "a@b.example"));
	}
}

static void no_answer_is_busy_only_when_nothing_was_sent(void **state)
{
	struct email_facts facts;

	assert_int_equal(mandrill_read_sent(canned_failure(*state, HTTP_NOT_SENT), "a@b", &facts),
		OUTCOME_BUSY);
	assert_int_equal(mandrill_read_sent(canned_failure(*state, HTTP_LOST), "a@b", &facts),
		OUTCOME_UNKNOWN);
}

static void a_sent_message_has_an_id_and_perhaps_a_reason(void **state)
{
	struct email_facts facts;

	assert_int_equal(mandrill_read_sent(canned(*state, 200, VERDICT("\"status\":\"sent\"")),
				 "a@b.example", &facts),
		OUTCOME_OK);
	assert_string_equal(facts.provider_id, "id1");
	assert_string_equal(facts.status, "sent");
	assert_null(facts.reason);
	assert_int_equal(
		mandrill_read_sent(canned(*state, 200,
					   VERDICT("\"status\":\"queued\","
						   "\"queued_reason\":\"hourly-quota-exhausted\"")),
			"a@b.example", &facts),
		OUTCOME_OK);
	assert_string_equal(facts.reason, "hourly-quota-exhausted");
}

static void a_lost_message_is_found_by_its_metadata(void **state)
{
	static const struct {
		const char *body;
		enum outcome outcome;
	} rows[] = {
		{"[{\"_id\":\"a\",\"state\":\"sent\",\"metadata\":{\"message_id\":\"m2\"}},"
		 "{\"_id\":\"b\",\"state\":\"sent\",\"metadata\":{\"message_id\":\"m1\"}}]",
			OUTCOME_OK},
		{"[{\"_id\":\"a\",\"state\":\"sent\",\"metadata\":{\"message_id\":\"m2\"}}]",
			OUTCOME_NOT_FOUND},
		{"[]", OUTCOME_NOT_FOUND},
		{"[{\"_id\":\"b\",\"state\":\"sent\",\"metadata\":null}]", OUTCOME_UNKNOWN},
		{"[{\"_id\":\"b\",\"metadata\":{\"message_id\":\"m1\"}}]", OUTCOME_UNKNOWN},
		{"{}", OUTCOME_UNKNOWN},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct email_facts facts = {0};

		assert_int_equal(
			mandrill_read_search(canned(*state, 200, rows[i].body), "m1", &facts),
			rows[i].outcome);
		if (rows[i].outcome == OUTCOME_OK)
			assert_string_equal(facts.provider_id, "b");
	}
}

static void published_samples_are_read(void **state)
{
	struct reply *reply;
	struct email_facts facts;
	size_t length;
	const char *body = sample(*state, "mandrill/error-unknown-subaccount.json", &length);

	if (!body)
		skip();
	reply = canned_bytes(*state, 500, body, length);
	assert_int_equal(mandrill_read_sent(reply, "a@b.example", &facts), OUTCOME_CONFIG);
	assert_string_equal(reply->error->code, "Unknown_Subaccount");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_become_outcomes),
		cmocka_unit_test(no_answer_is_busy_only_when_nothing_was_sent),
		cmocka_unit_test(a_sent_message_has_an_id_and_perhaps_a_reason),
		cmocka_unit_test(a_lost_message_is_found_by_its_metadata),
		cmocka_unit_test(published_samples_are_read),
	};

	return cmocka_run_group_tests(tests, canned_open, canned_close);
}
