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

static int open_arena(void **state)
{
	*state = arena_new();
	return 0;
}

static int close_arena(void **state)
{
	arena_free(*state);
	return 0;
}

static const struct {
	int status;
	const char *body;
	enum outcome outcome;
	const char *code;
} failures[] = {
	{401, ERROR(20003), OUTCOME_CONFIG, "20003"},
	{404, ERROR(20404), OUTCOME_CONFIG, "20404"},
	{429, ERROR(20429), OUTCOME_BUSY, "20429"},
	{400, ERROR(21201), OUTCOME_REFUSED, "21201"},
	{400, ERROR(21211), OUTCOME_REFUSED, "21211"},
	{400, ERROR(21212), OUTCOME_CONFIG, "21212"},
	{400, ERROR(21408), OUTCOME_CONFIG, "21408"},
	{400, ERROR(21602), OUTCOME_REFUSED, "21602"},
	{400, ERROR(21604), OUTCOME_REFUSED, "21604"},
	{400, ERROR(21606), OUTCOME_CONFIG, "21606"},
	{400, ERROR(21608), OUTCOME_CONFIG, "21608"},
	{400, ERROR(21610), OUTCOME_REFUSED, "21610"},
	{400, ERROR(21611), OUTCOME_BUSY, "21611"},
	{400, ERROR(21612), OUTCOME_REFUSED, "21612"},
	{400, ERROR(21614), OUTCOME_REFUSED, "21614"},
	{400, ERROR(21617), OUTCOME_REFUSED, "21617"},
	{400, ERROR(21635), OUTCOME_REFUSED, "21635"},
	{400, ERROR(35114), OUTCOME_REFUSED, "35114"},
	{400, ERROR(63017), OUTCOME_BUSY, "63017"},
	{400, ERROR(null), OUTCOME_UNKNOWN, ""},
	{400, "<html>Bad Request</html>", OUTCOME_UNKNOWN, ""},
	{429, "", OUTCOME_BUSY, ""},
	{401, "", OUTCOME_CONFIG, ""},
	{500, ERROR(20500), OUTCOME_UNKNOWN, "20500"},
	{503, ERROR(20429), OUTCOME_UNKNOWN, "20429"},
	{307, "", OUTCOME_UNKNOWN, ""},
	{201, "", OUTCOME_UNKNOWN, ""},
	{201, "{}", OUTCOME_UNKNOWN, "malformed_reply"},
	{201, "{\"sid\":\"\",\"status\":\"queued\"}", OUTCOME_UNKNOWN, "malformed_reply"},
	{201, "{\"sid\":7,\"status\":\"queued\"}", OUTCOME_UNKNOWN, "malformed_reply"},
	{201, "{\"sid\":\"SM1\",\"sid\":\"SM2\",\"status\":\"queued\"}", OUTCOME_UNKNOWN, ""},
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
	const char *body;
	enum outcome outcome;
	const char *sid;
	bool more;
} searches[] = {
	{LIST(ROW("SM1", "+1", "other", "outbound-api", NOW) "," ROW(
		      "SM2", "+1", "hello", "outbound-api", NOW),
		 "null"),
		OUTCOME_OK, "SM2", false},
	{LIST(ROW("SM1", "+1", TRIAL "hello", "outbound-api", NOW), "null"), OUTCOME_OK, "SM1",
		false},
	{LIST(ROW("SM1", "+2", "hello", "outbound-api", NOW), "null"), OUTCOME_NOT_FOUND, NULL,
		false},
	{LIST(ROW("SM1", "+1", "hello", "inbound", NOW), NEXT), OUTCOME_NOT_FOUND, NULL, true},
	{LIST(ROW("SM1", "+1", "hello", "outbound-api", LONG_AGO), NEXT), OUTCOME_NOT_FOUND, NULL,
		false},
	{LIST(ROW("SM1", "+1", "x", "outbound-api", NOW), "\"https://evil.example/\""),
		OUTCOME_NOT_FOUND, NULL, false},
	{LIST("", "null"), OUTCOME_NOT_FOUND, NULL, false},
	{LIST("{\"to\":\"+1\",\"body\":\"hello\"}", "null"), OUTCOME_UNKNOWN, NULL, false},
	{"{}", OUTCOME_UNKNOWN, NULL, false},
	{"[]", OUTCOME_UNKNOWN, NULL, false},
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

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
