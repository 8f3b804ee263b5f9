/* Browser, then edge, then the region of the first language, then the care zone. */
#include "lib/domain/visitor_zone.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "lib/core/instant.h"

/* Where families live: for a country with several zones, the one most of its diaspora is in. */
static const struct {
	char region[3];
	const char *zone;
} regions[] = {
	{"AE", "Asia/Dubai"},
	{"AU", "Australia/Sydney"},
	{"BE", "Europe/Brussels"},
	{"CA", "America/Toronto"},
	{"CH", "Europe/Zurich"},
	{"DE", "Europe/Berlin"},
	{"ES", "Europe/Madrid"},
	{"FR", "Europe/Paris"},
	{"GB", "Europe/London"},
	{"GH", "Africa/Accra"},
	{"IE", "Europe/Dublin"},
	{"IT", "Europe/Rome"},
	{"KE", "Africa/Nairobi"},
	{"NG", "Africa/Lagos"},
	{"NL", "Europe/Amsterdam"},
	{"NZ", "Pacific/Auckland"},
	{"SE", "Europe/Stockholm"},
	{"US", "America/New_York"},
	{"ZA", "Africa/Johannesburg"},
};

static const char *zone_of_region(const char *code)
{
	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++) {
		if (toupper((unsigned char)code[0]) == regions[i].region[0] &&
			toupper((unsigned char)code[1]) == regions[i].region[1])
			return regions[i].zone;
	}
	return NULL;
}

/* "yo, en-GB;q=0.8": the first tag with a two-letter region that we know (RFC 9110 12.5.4; browsers
 * list them best first). */
static const char *zone_of_languages(const char *languages)
{
	for (const char *at = languages; *at; at++) {
		if (*at == '-' && isalpha((unsigned char)at[1]) && isalpha((unsigned char)at[2]) &&
			!isalnum((unsigned char)at[3])) {
			const char *zone = zone_of_region(at + 1);

			if (zone)
				return zone;
		}
	}
	return NULL;
}

struct visitor_zone visitor_zone_choose(
	const char *browser, const char *edge, const char *languages, const char *care)
{
	const char *guess = languages ? zone_of_languages(languages) : NULL;

	if (browser && zone_is_known(browser))
		return (struct visitor_zone){browser, "browser"};
	if (edge && zone_is_known(edge))
		return (struct visitor_zone){edge, "edge"};
	if (guess)
		return (struct visitor_zone){guess, "language"};
	return (struct visitor_zone){care, "care"};
}
