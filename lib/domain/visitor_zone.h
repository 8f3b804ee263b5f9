/* Which time zone a visitor is in, from the best witness there is. */
#ifndef CARE_DOMAIN_VISITOR_ZONE_H
#define CARE_DOMAIN_VISITOR_ZONE_H

struct visitor_zone {
	const char *zone;
	const char *source; /* browser, edge, language or care */
};

/* browser: what the page said, checked before; edge: the CDN's header; languages: Accept-Language,
 * whose regions with one zone of note are believed; care: the organisation's zone. Any but care
 * may be NULL or nonsense. The result points into the arguments or at constants. */
struct visitor_zone visitor_zone_choose(
	const char *browser, const char *edge, const char *languages, const char *care);

#endif
