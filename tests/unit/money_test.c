/* Money: decimals, writing, and rounding half to even. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/domain/money.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void decimals_follow_iso_4217(void **state)
{
	static const struct {
		const char *currency;
		int decimals;
	} rows[] = {{"NGN", 2}, {"USD", 2}, {"ZWG", 2}, {"AED", 2}, {"JPY", 0}, {"BIF", 0},
		{"XPF", 0}, {"XOF", 0}, {"BHD", 3}, {"KWD", 3}, {"TND", 3}, {"XXX", -1},
		{"ngn", -1}, {"NG", -1}, {"NGNN", -1}, {"", -1}, {NULL, -1}, {"N N", -1},
		{" NG", -1}, {"GN ", -1}};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (money_decimals(rows[i].currency) != rows[i].decimals)
			fail_msg("%s has %d", rows[i].currency, money_decimals(rows[i].currency));
	(void)state;
}

static void amounts_are_written(void **state)
{
	static const struct {
		int64_t amount_minor;
		const char *currency, *format, *decimal;
	} rows[] = {
		{2500000, "NGN", "₦25,000.00", "25000.00"},
		{123450, "USD", "$1,234.50", "1234.50"},
		{500, "XOF", "CFA 500", "500"},
		{0, "GBP", "£0.00", "0.00"},
		{5, "EUR", "€0.05", "0.05"},
		{-5, "EUR", "-€0.05", "-0.05"},
		{99999, "GHS", "GH₵999.99", "999.99"},
		{100000, "KES", "KSh 1,000.00", "1000.00"},
		{1000000, "JPY", "¥1,000,000", "1000000"},
		{0, "JPY", "¥0", "0"},
		{1234567, "KWD", "KWD 1,234.567", "1234.567"},
		{-1, "KWD", "-KWD 0.001", "-0.001"},
		{INT64_MAX, "NGN", "₦92,233,720,368,547,758.07", "92233720368547758.07"},
		{INT64_MIN, "NGN", "-₦92,233,720,368,547,758.08", "-92233720368547758.08"},
		{INT64_MIN, "JPY", "-¥9,223,372,036,854,775,808", "-9223372036854775808"},
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t amount = rows[i].amount_minor;

		assert_string_equal(money_format(arena, amount, rows[i].currency), rows[i].format);
		assert_string_equal(
			money_decimal(arena, amount, rows[i].currency), rows[i].decimal);
	}
	assert_null(money_format(arena, 1, "XXX"));
	assert_null(money_decimal(arena, 1, "XXX"));
	assert_null(money_format(arena, 1, NULL));
	arena_free(arena);
	(void)state;
}

static void scaling_rounds_half_to_even(void **state)
{
	static const struct {
		int64_t amount_minor, numerator, denominator, expected;
	} rows[] = {
		{1000, 75, 1000, 75}, /* 7.5 % */
		{1, 1, 2, 0},
		{3, 1, 2, 2},
		{5, 1, 2, 2},
		{-1, 1, 2, 0},
		{-3, 1, 2, -2},
		{-5, 1, 2, -2},
		{7, -1, 2, -4},
		{1, 1, 3, 0},
		{2, 1, 3, 1},
		{-2, 1, 3, -1},
		{10, 0, 7, 0},
		{INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX},
		{INT64_MIN, INT64_MAX, INT64_MAX, INT64_MIN},
		{INT64_MIN, 1, 1, INT64_MIN},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t scaled = 42;

		assert_true(money_scale(
			rows[i].amount_minor, rows[i].numerator, rows[i].denominator, &scaled));
		if (scaled != rows[i].expected)
			fail_msg("row %zu gave %" PRId64, i, scaled);
	}
	(void)state;
}

static void scaling_refuses_what_does_not_fit(void **state)
{
	static const struct {
		int64_t amount_minor, numerator, denominator;
	} rows[] = {
		{1, 1, 0},
		{1, 1, -1},
		{1, 1, INT64_MIN},
		{INT64_MAX, 2, 1},
		{INT64_MIN, -1, 1},
		{INT64_MIN, INT64_MIN, 1},
		{INT64_MIN, INT64_MIN, INT64_MAX},
		{INT64_MAX, 3, 2},
	};
	int64_t scaled = 42;

	for (size_t i = 0; i < COUNT(rows); i++)
		if (money_scale(
			    rows[i].amount_minor, rows[i].numerator, rows[i].denominator, &scaled))
			fail_msg("row %zu gave %" PRId64, i, scaled);
	assert_int_equal(scaled, 42);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decimals_follow_iso_4217),
		cmocka_unit_test(amounts_are_written),
		cmocka_unit_test(scaling_rounds_half_to_even),
		cmocka_unit_test(scaling_refuses_what_does_not_fit),
	};

	return cmocka_run_group_tests_name("money", tests, NULL, NULL);
}
