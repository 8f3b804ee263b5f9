/* Comparison in constant time, on GnuTLS. */
#include "lib/security/compare.h"

#include <string.h>

#include <gnutls/gnutls.h>

bool secret_equal(const char *a, size_t a_length, const char *b, size_t b_length)
{
	if (a_length != b_length)
		return false;
	return a_length == 0 || gnutls_memcmp(a, b, a_length) == 0;
}

bool secret_equal_text(const char *a, const char *b)
{
	return a && b && secret_equal(a, strlen(a), b, strlen(b));
}
