/* Money: an integer of minor units and an ISO 4217 currency. No floating point anywhere. */
#ifndef CARE_DOMAIN_MONEY_H
#define CARE_DOMAIN_MONEY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/core/arena.h"

/* Decimals of a currency: 0 (JPY, XOF …), 2 or 3 (KWD …); -1 for one we do not know, NULL, or a
 * code that is not three capital letters. */
int money_decimals(const char *currency);

/* "₦25,000.00", "-$1,234.50", "CFA 500" (sign or code, thousands separated); NULL for an unknown
 * currency. INT64_MIN is handled. */
char *money_format(struct arena *arena, int64_t amount_minor, const char *currency);

/* "25000.00", "-0.05": plain decimal, for machines. NULL for an unknown currency. */
char *money_decimal(struct arena *arena, int64_t amount_minor, const char *currency);

/* a × numerator ÷ denominator, rounded half to even; false on overflow or denominator <= 0. */
bool money_scale(int64_t amount_minor, int64_t numerator, int64_t denominator, int64_t *ret);

#endif
