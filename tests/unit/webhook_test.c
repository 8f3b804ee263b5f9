/* Inbound webhooks: published and recomputed signatures, and what events say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/canned.h"

#include "lib/core/text.h"
#include "lib/provider/webhook.h"
#include "lib/provider/wire.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PAYSTACK_KEY "sk_test_0123456789abcdef0123456789abcdef01234567"

static const char paystack_body[] =
	"{\"event\":\"charge.success\",\"data\":{\"id\":1,\"reference\":\"BK-1\"}}";
static const char paystack_signature[] =
	"941df02a81032135a68b42e7f422a61ef6ba130b13224daf49dc56e4c0e1ec6d"
	"feba43aedaedcf7c8ec623eefd7e7cef89858e49e341e24a22a7808dbf4bf1f8";

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

static bool paystack_believes(const char *signature)
{
	return webhook_paystack_is_genuine(
		paystack_body, strlen(paystack_body), signature, PAYSTACK_KEY, NULL);
}

static void paystack_signs_the_raw_bytes(void **state)
{
	static const char accented[] =
		"{\"event\":\"charge.success\",\"data\":{\"id\":1,\"customer\":{\"first_name\":"
		"\"\xe1\xb9\xa2"
		"ad\xc3\xa9\",\"note\":\"a/b\"}}}";

	assert_true(paystack_believes(paystack_signature));
	assert_int_equal(strlen(accented), 91);
	assert_true(webhook_paystack_is_genuine(accented, strlen(accented),
		"9233bb14ffc4e231d18cab093714ff149d9329e667ab4e6d16e8ba0251b50aa9"
		"2a478b3f3febdc45e06de0ac9f1bdab015f1888a912fdac083ceb8032bfd8155",
		PAYSTACK_KEY, NULL));
	(void)state;
}

/* Each of the 512 bits of the digest, in the hex that carries it. */
static void one_flipped_bit_is_a_forgery(void **state)
{
	static const char digits[] = "0123456789abcdef";
	char forged[sizeof(paystack_signature)];

	for (size_t bit = 0; bit < 512; bit++) {
		const char *digit = strchr(digits, paystack_signature[bit / 4]);

		memcpy(forged, paystack_signature, sizeof(forged));
		forged[bit / 4] = digits[(size_t)(digit - digits) ^ (1U << bit % 4)];
		assert_false(paystack_believes(forged));
	}
	(void)state;
}

static void paystack_accepts_one_spelling_only(void **state)
{
	char *upper = arena_strdup(*state, paystack_signature);

	for (char *c = upper; *c; c++)
		*c = (char)(*c >= 'a' ? *c - 32 : *c);
	assert_false(paystack_believes(upper));
	assert_false(paystack_believes(NULL));
	assert_false(paystack_believes(""));
	assert_false(paystack_believes(arena_printf(*state, "%s ", paystack_signature)));
	assert_false(paystack_believes(arena_printf(*state, "sha512=%s", paystack_signature)));
	assert_false(paystack_believes(arena_strndup(*state, paystack_signature, 127)));
}

static void paystack_keys_may_rotate(void **state)
{
	static const struct {
		const char *key, *old_key;
		bool genuine;
	} rows[] = {
		{PAYSTACK_KEY, NULL, true},
		{"sk_test_new", PAYSTACK_KEY, true},
		{"sk_test_new", "sk_test_newer", false},
		{"sk_test_new", NULL, false},
		{"", "", false},
		{NULL, NULL, false},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(webhook_paystack_is_genuine(paystack_body, strlen(paystack_body),
					 paystack_signature, rows[i].key, rows[i].old_key),
			rows[i].genuine);
	(void)state;
}

/* HMAC-SHA256 of RFC 4231, test case 2. */
static void calcom_may_prefix_its_signature(void **state)
{
	static const char body[] = "what do ya want for nothing?";
	static const char hex[] =
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
	static const struct {
		const char *signature, *secret;
		bool genuine;
	} rows[] = {
		{hex, "Jefe", true},
		{"sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", "Jefe",
			true},
		{"sha256=", "Jefe", false},
		{"no-secret-provided", "Jefe", false},
		{"no-secret-provided", "", false},
		{"no-secret-provided", NULL, false},
		{hex, "jefe", false},
		{NULL, "Jefe", false},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(webhook_calcom_is_genuine(
					 body, strlen(body), rows[i].signature, rows[i].secret),
			rows[i].genuine);
	(void)state;
}

#define CALL                                                                                       \
	"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309"          \
	"&To=%2B18005551212"

static void twilio_signs_the_url_and_the_sorted_fields(void **state)
{
	static const char url[] = "https://mycompany.com/myapp.php?foo=1&bar=2";
	static const struct {
		const char *url, *form, *signature;
		bool genuine;
	} rows[] = {
		{url, CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", true},
		{url, CALL, "kvajT1Ptam85bY51eRf/AJRuM3w=", true},
		{"https://mycompany.com/myapp.php?foo=1&bar=2#rc=3", CALL,
			"RSOYDt4T1cUTdK1PDd93/VVr8B8=", true},
		{"https://mycompany.com:443/myapp.php?foo=1&bar=2", CALL,
			"RSOYDt4T1cUTdK1PDd93/VVr8B8=", true},
		{"http://mycompany.com/myapp.php?foo=1&bar=2", CALL,
			"0ZXoZLH/DfblKGATFgpif+LLRf4=", true},
		{url, "Digits=5678&Digits=1234&Digits=1234&Sid=CA123&SidAccount=AC123",
			"IK+Dwps556ElfBT0I3Rgjkr1wJU=", true},
		{"https://mycompany.com/myapp.php?foo=1&bar=2&Body=It's+amazing", CALL,
			"TfZzewPq8wqrGlMfyAud8+/IvJ0=", true},
		{url, CALL "&More=1", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", false},
		{"https://mycompany.com/other", CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", false},
		{url, CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8", false},
		{url, CALL, "", false},
		{url, CALL, NULL, false},
		{url, "", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", false},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(webhook_twilio_is_genuine(rows[i].url, rows[i].form,
					 strlen(rows[i].form), rows[i].signature, "12345"),
			rows[i].genuine);
	assert_false(webhook_twilio_is_genuine(url, CALL, strlen(CALL), rows[0].signature, ""));
	(void)state;
}

/* A vector's parameters as the form that carries them; a list is a repeated name. */
static const char *form_of(struct arena *arena, json_t *params)
{
	struct text *form = text_new(arena);
	json_t *value, *item;
	const char *name;
	size_t at;

	json_object_foreach(params, name, value)
	{
		json_t *list = json_is_array(value) ? json_incref(value) : json_pack("[O]", value);

		json_array_foreach(list, at, item)
		{
			text_add(form, form->length ? "&" : "");
			text_add_url(form, name);
			text_add(form, "=");
			text_add_url(form, json_string_value(item));
		}
		json_decref(list);
	}
	return form->data;
}

static void twilios_own_vectors_hold(void **state)
{
	size_t length, at;
	const char *body = sample(*state, "twilio/signature-vectors.json", &length);
	json_t *vector;

	if (!body)
		skip();
	json_array_foreach(json_object_get(wire_parse(*state, body, length), "vectors"), at, vector)
	{
		const char *form = form_of(*state, json_object_get(vector, "params"));
		const char *token = wire_string(*state, vector, "auth_token");

		assert_true(webhook_twilio_is_genuine(wire_string(*state, vector, "configured_url"),
			form, strlen(form), wire_string(*state, vector, "signature"), token));
		assert_false(
			webhook_twilio_is_genuine(wire_string(*state, vector, "configured_url"),
				form, strlen(form), "95+Bu0JVPi0r/SsESZCVf0dWAjw=", token));
	}
	assert_int_equal(at, 14);
}

static void twilios_recorded_forms_hold(void **state)
{
	size_t length, at;
	const char *body = sample(*state, "twilio/computed-signatures-for-forms.json", &length);
	json_t *fixture;

	if (!body)
		skip();
	json_array_foreach(
		json_object_get(wire_parse(*state, body, length), "fixtures"), at, fixture)
	{
		size_t form_length;
		const char *form = sample(*state,
			arena_printf(*state, "twilio/%s", wire_string(*state, fixture, "form")),
			&form_length);

		/* The files end with a line feed, the requests did not. */
		while (form_length && form[form_length - 1] == '\n')
			form_length--;
		assert_true(webhook_twilio_is_genuine(wire_string(*state, fixture, "url"), form,
			form_length, wire_string(*state, fixture, "x_twilio_signature"),
			wire_string(*state, fixture, "auth_token")));
	}
	assert_int_equal(at, 5);
}

/* A real delivery, captured with its key. */
static void mandrill_signs_the_decoded_value(void **state)
{
	static const char url[] = "http://requestb.in/q9a918q9";
	static const char key[] = "ntynTMaFpM_octE5R1DKAw";
	size_t length;
	const char *body = sample(*state, "mandrill/click_with_signature.body.form", &length);

	if (!body)
		skip();
	assert_int_equal(length, 4091);
	assert_true(webhook_mandrill_is_genuine(
		url, body, length, "7rUa4lNJitlb178MgGOcHO6T4Bg=", key));
	assert_false(webhook_mandrill_is_genuine(
		url, body, length, "5ppuHvUxAHxzm2UuoOtwidQcEoU=", key));
	assert_false(webhook_mandrill_is_genuine(
		url, body, length - 1, "7rUa4lNJitlb178MgGOcHO6T4Bg=", key));
	assert_false(webhook_mandrill_is_genuine(
		url, body, length, "7rUa4lNJitlb178MgGOcHO6T4Bg=", "test-webhook"));
}

/* The check Mandrill makes when a webhook is created, recomputed with openssl(1). */
static void mandrills_first_post_is_genuine(void **state)
{
	static const char body[] = "mandrill_events=%5B%5D";

	assert_true(webhook_mandrill_is_genuine("https://care.example/v1/webhooks/mandrill", body,
		strlen(body), "gp0Sn2Cg3+GS004mf3Rlvoy0cas=", "test-webhook"));
	(void)state;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(paystack_signs_the_raw_bytes),
		cmocka_unit_test(one_flipped_bit_is_a_forgery),
		cmocka_unit_test(paystack_accepts_one_spelling_only),
		cmocka_unit_test(paystack_keys_may_rotate),
		cmocka_unit_test(calcom_may_prefix_its_signature),
		cmocka_unit_test(twilio_signs_the_url_and_the_sorted_fields),
		cmocka_unit_test(twilios_own_vectors_hold),
		cmocka_unit_test(twilios_recorded_forms_hold),
		cmocka_unit_test(mandrill_signs_the_decoded_value),
		cmocka_unit_test(mandrills_first_post_is_genuine),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
