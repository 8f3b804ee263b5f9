/* Version 7 UUIDs from the clock and the kernel's randomness. */
#include "lib/core/uuid.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

void uuid_v7_make(char ret_text[UUID_TEXT])
{
	static const int hyphens[] = {4, 6, 8, 10};
	unsigned char bytes[16];
	struct timespec now;
	uint64_t ms;
	size_t at = 0, hyphen = 0;

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		abort();
	clock_gettime(CLOCK_REALTIME, &now);
	ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	for (int i = 0; i < 6; i++)
		bytes[i] = (unsigned char)(ms >> (40 - 8 * i));
	bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x70);
	bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
	for (int i = 0; i < 16; i++) {
		if (hyphen < 4 && i == hyphens[hyphen]) {
			ret_text[at++] = '-';
			hyphen++;
		}
		snprintf(ret_text + at, 3, "%02x", bytes[i]);
		at += 2;
	}
}

bool uuid_is_valid(const char *text)
{
	if (!text || strlen(text) != UUID_TEXT - 1)
		return false;
	for (size_t i = 0; i < UUID_TEXT - 1; i++) {
		bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;

		if (hyphen ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
	}
	return true;
}
