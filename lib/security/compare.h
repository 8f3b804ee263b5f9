/* Comparing secrets: the time taken tells nothing about where two of them differ. */
#ifndef CARE_SECURITY_COMPARE_H
#define CARE_SECURITY_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

/* True when both have the same length and the same bytes. The length itself is no secret: compare
 * MACs, digests and tokens of a known length, or their digests. NULL is allowed with length 0. */
bool secret_equal(const char *a, size_t a_length, const char *b, size_t b_length);

/* The same for NUL-terminated text. A NULL is equal to nothing, not even to NULL: a secret that was
 * never configured must not match a header that was never sent. */
bool secret_equal_text(const char *a, const char *b);

#endif
