/* Money on integers. */
#include "lib/domain/money.h"

#include <inttypes.h>
#include <string.h>

#include "lib/core/text.h"

/* A product of two int64_t always fits. */
__extension__ typedef __int128 wide;

/* Active currencies of ISO 4217 by their decimals. The funds codes and those with four decimals
 * (CLF, UYW) are left out: nobody pays a carer with them. */
static const char decimals_0[] =
	" BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF ";
static const char decimals_2[] =
	" AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN"
	" BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS"
	" GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR"
	" LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD"
	" PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN"
	" SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW ZWG ";
static const char decimals_3[] = " BHD IQD JOD KWD LYD OMR TND ";

/* The currencies our families pay in get their sign; the others their code. */
static const struct {
	const char *currency;
	const char *sign;
} signs[] = {
	{"AUD", "A$"},
	{"CAD", "CA$"},
	{"EUR", "€"},
	{"GBP", "£"},
	{"GHS", "GH₵"},
	{"JPY", "¥"},
	{"KES", "KSh "},
	{"NGN", "₦"},
	{"USD", "$"},
	{"XAF", "FCFA "},
	{"XOF", "CFA "},
	{"ZAR", "R"},
};

static bool is_listed(const char *list, const char *currency)
{
	char word[] = {' ', currency[0], currency[1], currency[2], ' ', '\0'};

	return strstr(list, word) != NULL;
}

static bool is_code(const char *currency)
{
	size_t length = currency ? strnlen(currency, 4) : 0;

	return length == 3 && strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
}

int money_decimals(const char *currency)
{
	if (!is_code(currency))
		return -1;
	if (is_listed(decimals_2, currency))
		return 2;
	if (is_listed(decimals_0, currency))
		return 0;
	return is_listed(decimals_3, currency) ? 3 : -1;
}

/* The digits of an amount, padded so that one stands before the decimals. Works on the unsigned
 * magnitude, since -INT64_MIN is no int64_t. */
static char *digits_of(struct arena *arena, int64_t amount_minor, int decimals)
{
	uint64_t magnitude = (uint64_t)amount_minor;

	if (amount_minor < 0)
		magnitude = -magnitude;
	return arena_printf(arena, "%0*" PRIu64, decimals + 1, magnitude);
}

/* separator is written between groups of three digits; "" for none. */
static void add_amount(struct text *text, const char *digits, int decimals, const char *separator)
{
	size_t whole = strlen(digits) - (size_t)decimals;

	for (size_t i = 0; i < whole; i++) {
		if (i && (whole - i) % 3 == 0)
			text_add(text, separator);
		text_add_bytes(text, digits + i, 1);
	}
	if (decimals)
		text_addf(text, ".%s", digits + whole);
}

static void add_sign(struct text *text, const char *currency)
{
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (text_equal(signs[i].currency, currency)) {
			text_add(text, signs[i].sign);
			return;
		}
	}
	text_addf(text, "%s ", currency);
}

char *money_format(struct arena *arena, int64_t amount_minor, const char *currency)
{
	int decimals = money_decimals(currency);
	struct text *text;

	if (decimals < 0)
		return NULL;
	text = text_new(arena);
	if (amount_minor < 0)
		text_add(text, "-");
	add_sign(text, currency);
	add_amount(text, digits_of(arena, amount_minor, decimals), decimals, ",");
	return text->data;
}

char *money_decimal(struct arena *arena, int64_t amount_minor, const char *currency)
{
	int decimals = money_decimals(currency);
	struct text *text;

	if (decimals < 0)
		return NULL;
	text = text_new(arena);
	if (amount_minor < 0)
		text_add(text, "-");
	add_amount(text, digits_of(arena, amount_minor, decimals), decimals, "");
	return text->data;
}

bool money_scale(int64_t amount_minor, int64_t numerator, int64_t denominator, int64_t *ret)
{
	wide product = (wide)amount_minor * numerator;
	wide quotient, rest;

	if (denominator <= 0)
		return false;
	/* C cuts towards zero; the rest has the product's sign. */
	quotient = product / denominator;
	rest = 2 * (product % denominator);
	if (rest > denominator || (rest == denominator && quotient % 2))
		quotient++;
	if (rest < -(wide)denominator || (rest == -(wide)denominator && quotient % 2))
		quotient--;
	if (quotient < INT64_MIN || quotient > INT64_MAX)
		return false;
	*ret = (int64_t)quotient;
	return true;
}
