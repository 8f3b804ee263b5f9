/* What Twilio's replies become: the table of its error codes, and the search after a lost reply. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/canned.h"

#include "lib/provider/twilio_reply.h"

#define ERROR(code)                                                                                \
	"{\"status\":400,\"message\":\"To number: +15005550009, is bad\",\"code\":" #code ","      \
	"\"more_info\":\"https://www.twilio.com/docs/errors/" #code "\"}"

enum { SENT_S = 1445238423 /* Mon, 19 Oct 2015 07:07:03 +0000 */ };

static const struct {
	int status;
	enum outcome outcome;
	const char *body;
	const char *code;
} failures[] = {
	{401, OUTCOME_CONFIG, ERROR(20003), "20003"},
	{404, OUTCOME_CONFIG, ERROR(20404), "20404"},
	{429, OUTCOME_BUSY, ERROR(20429), "20429"},
	{400, OUTCOME_REFUSED, ERROR(21201), "21201"},
	{400, OUTCOME_REFUSED, ERROR(21211), "21211"},
	{400, OUTCOME_CONFIG, ERROR(21212), "21212"},
	{400, OUTCOME_CONFIG, ERROR(21408), "21408"},
	{400, OUTCOME_REFUSED, ERROR(21602), "21602"},
	{400, OUTCOME_REFUSED, ERROR(21604), "21604"},
	{400, OUTCOME_CONFIG, ERROR(21606), "21606"},
	{400, OUTCOME_CONFIG, ERROR(21608), "21608"},
	{400, OUTCOME_REFUSED, ERROR(21610), "21610"},
	{400, OUTCOME_BUSY, ERROR(21611), "21611"},
	{400, OUTCOME_REFUSED, ERROR(21612), "21612"},
	{400, OUTCOME_REFUSED, ERROR(21614), "21614"},
	{400, OUTCOME_REFUSED, ERROR(21617), "21617"},
	{400, OUTCOME_REFUSED, ERROR(21635), "21635"},
	{400, OUTCOME_REFUSED, ERROR(35114), "35114"},
	{400, OUTCOME_BUSY, ERROR(63017), "63017"},
	{400, OUTCOME_UNKNOWN, ERROR(null), ""},
	{400, OUTCOME_UNKNOWN, "<html>Bad Request</html>", ""},
	{429, OUTCOME_BUSY, "", ""},
	{401, OUTCOME_CONFIG, "", ""},
	{500, OUTCOME_UNKNOWN, ERROR(20500), "20500"},
	{503, OUTCOME_UNKNOWN, ERROR(20429), "20429"},
	{307, OUTCOME_UNKNOWN, "", ""},
	{201, OUTCOME_UNKNOWN, "", ""},
	{201, OUTCOME_UNKNOWN, "{}", "malformed_reply"},
	{201, OUTCOME_UNKNOWN, "{\"sid\":\"\",\"status\":\"queued\"}", "malformed_reply"},
	{201, OUTCOME_UNKNOWN, "{\"sid\":7,\"status\":\"queued\"}", "malformed_reply"},
	{201, OUTCOME_UNKNOWN, "{\"sid\":\"SM1\",\"sid\":\"SM2\",\"status\":\"queued\"}", ""},
};

static void codes_become_outcomes(void **state)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		struct reply *reply = canned(*state, failures[i].status, failures[i].body);
		struct sms_facts facts = {0};

		assert_int_equal(twilio_read_message(reply, &facts), failures[i].outcome);
		assert_string_equal(reply->error->code, failures[i].code);
		assert_null(facts.sid);
		assert_null(strstr(reply->error->message, "5005550009"));
	}
}

static void no_answer_is_busy_only_when_nothing_was_sent(void **state)
{
	struct sms_facts facts;

	assert_int_equal(
		twilio_read_message(canned_failure(*state, HTTP_NOT_SENT), &facts), OUTCOME_BUSY);
	assert_int_equal(
		twilio_read_message(canned_failure(*state, HTTP_LOST), &facts), OUTCOME_UNKNOWN);
}

static void a_message_is_its_sid_and_status(void **state)
{
	struct sms_facts facts;

	assert_int_equal(twilio_read_message(canned(*state, 201,
						     "{\"sid\":\"SM1\",\"status\":\"accepted\","
						     "\"from\":null,\"error_code\":null}"),
				 &facts),
		OUTCOME_OK);
	assert_string_equal(facts.sid, "SM1");
	assert_string_equal(facts.status, "accepted");
	assert_null(facts.error_code);
	assert_int_equal(twilio_read_message(canned(*state, 200,
						     "{\"sid\":\"SM1\",\"status\":\"failed\","
						     "\"error_code\":30007}"),
				 &facts),
		OUTCOME_OK);
	assert_string_equal(facts.error_code, "30007");
}

static void instants_are_rfc_2822(void **state)
{
	static const char *const bad[] = {"", "2015-10-19T07:07:03Z",
		"Mon, 19 Oct 2015 07:07:03 +0100", "Mon, 19 Xyz 2015 07:07:03 +0000",
		"Mon, 19 anF 2015 07:07:03 +0000", "Mon, 32 Oct 2015 07:07:03 +0000",
		"Mon, 19 Oct 2015 07:07:03 +0000 "};
	int64_t instant_s = 0;

	assert_true(twilio_instant(*state, "Mon, 19 Oct 2015 07:07:03 +0000", &instant_s));
	assert_int_equal(instant_s, SENT_S);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(twilio_instant(*state, bad[i], &instant_s));
}

#define ROW(sid, to, body, direction, created)                                                     \
	"{\"sid\":\"" sid "\",\"status\":\"sent\",\"to\":\"" to "\",\"body\":\"" body "\","        \
	"\"direction\":\"" direction "\",\"date_created\":\"" created "\",\"date_sent\":null}"
#define LIST(rows, next) "{\"messages\":[" rows "],\"next_page_uri\":" next "}"
#define NOW "Mon, 19 Oct 2015 07:07:03 +0000"
#define LONG_AGO "Mon, 19 Oct 2015 06:07:03 +0000"
#define TRIAL "Sent from your Twilio trial account - "
#define NEXT "\"/2010-04-01/Accounts/AC1/Messages.json?Page=1\""

static const struct {
	const char *body, *sid;
	enum outcome outcome;
	bool more;
} searches[] = {
	{LIST(ROW("SM1", "+1", "other", "outbound-api", NOW) "," ROW(
		      "SM2", "+1", "hello", "outbound-api", NOW),
		 "null"),
		"SM2", OUTCOME_OK, false},
	{LIST(ROW("SM1", "+1", TRIAL "hello", "outbound-api", NOW), "null"), "SM1", OUTCOME_OK,
		false},
	{LIST(ROW("SM1", "+2", "hello", "outbound-api", NOW), "null"), NULL, OUTCOME_NOT_FOUND,
		false},
	{LIST(ROW("SM1", "+1", "hello", "inbound", NOW), NEXT), NULL, OUTCOME_NOT_FOUND, true},
	{LIST(ROW("SM1", "+1", "hello", "outbound-api", LONG_AGO), NEXT), NULL, OUTCOME_NOT_FOUND,
		false},
	{LIST(ROW("SM1", "+1", "x", "outbound-api", NOW), "\"https://evil.example/\""), NULL,
		OUTCOME_NOT_FOUND, false},
	{LIST("", "null"), NULL, OUTCOME_NOT_FOUND, false},
	{LIST("{\"to\":\"+1\",\"body\":\"hello\"}", "null"), NULL, OUTCOME_UNKNOWN, false},
	{"{}", NULL, OUTCOME_UNKNOWN, false},
	{"[]", NULL, OUTCOME_UNKNOWN, false},
};

static void a_lost_message_is_found_by_number_time_and_body(void **state)
{
	for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
		struct twilio_search search = {.to = "+1", .body = "hello", .since_s = SENT_S};
		struct sms_facts facts = {0};

		assert_int_equal(twilio_read_messages(
					 canned(*state, 200, searches[i].body), &search, &facts),
			searches[i].outcome);
		assert_int_equal(search.next_path != NULL, searches[i].more);
		if (searches[i].sid)
			assert_string_equal(facts.sid, searches[i].sid);
		else
			assert_null(facts.sid);
	}
}

static void published_samples_are_read(void **state)
{
	struct reply *reply;
	struct sms_facts facts;
	size_t length;
	const char *body =
		sample(*state, "twilio/create-response-messaging-service-accepted.json", &length);

	if (!body)
		skip();
	reply = canned_bytes(*state, 201, body, length);
	assert_int_equal(twilio_read_message(reply, &facts), OUTCOME_OK);
	assert_string_equal(facts.sid, "SM18c9444687c240caa8b54dc9a22e14d8");
	body = sample(*state, "twilio/create-response-from-number-queued.json.txt", &length);
	reply = canned_bytes(*state, 201, body, length);
	assert_int_equal(twilio_read_message(reply, &facts), OUTCOME_UNKNOWN);
	body = sample(*state, "twilio/error-21614.json", &length);
	reply = canned_bytes(*state, 400, body, length);
	assert_int_equal(twilio_read_message(reply, &facts), OUTCOME_REFUSED);
	assert_string_equal(reply->error->message, "To is not a mobile number");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_become_outcomes),
		cmocka_unit_test(no_answer_is_busy_only_when_nothing_was_sent),
		cmocka_unit_test(a_message_is_its_sid_and_status),
		cmocka_unit_test(instants_are_rfc_2822),
		cmocka_unit_test(a_lost_message_is_found_by_number_time_and_body),
		cmocka_unit_test(published_samples_are_read),
	};

	return cmocka_run_group_tests(tests, canned_open, canned_close);
}
