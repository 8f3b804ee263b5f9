/* Cal.com: the list of bookings, with its filters, orders and pages. */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/calcom.h"
#include "tests/sim/clock.h"

/* True when text is one of the comma-separated words, or nothing was asked. */
static bool asked_for(const char *words, const char *text)
{
	size_t length = strlen(text);

	if (!words)
		return true;
	while (*words) {
		size_t word = strcspn(words, ",");

		if (word == length && !strncmp(words, text, length))
			return true;
		words += word + (words[word] == ',');
	}
	return false;
}

static bool has_status(const struct call *call, const struct booking *booking)
{
	const char *wanted = call_query(call, "status");
	bool accepted = !strcmp(booking->status, "accepted");

	if (!wanted)
		return true;
	if (booking->end_ms >= clock_now(call->sim) && accepted && asked_for(wanted, "upcoming"))
		return true;
	if (booking->end_ms < clock_now(call->sim) && accepted && asked_for(wanted, "past"))
		return true;
	if (!strcmp(booking->status, "pending") && asked_for(wanted, "unconfirmed"))
		return true;
	return (!strcmp(booking->status, "cancelled") || !strcmp(booking->status, "rejected")) &&
		asked_for(wanted, "cancelled");
}

static bool in_time(const struct call *call, const char *after, const char *before, int64_t at_ms)
{
	int64_t limit_ms;

	if (clock_parse(call_query(call, after), &limit_ms, NULL) && at_ms < limit_ms)
		return false;
	return !clock_parse(call_query(call, before), &limit_ms, NULL) || at_ms <= limit_ms;
}

static bool is_asked(const struct call *call, const struct booking *booking)
{
	const char *email = call_query(call, "attendeeEmail"),
		   *uid = call_query(call, "bookingUid");
	const char *name = call_query(call, "attendeeName");
	const char *id = arena_printf(call->arena, "%ld", booking->type->id);

	if (email && strcasecmp(email, booking->email) != 0)
		return false;
	if ((uid && strcmp(uid, booking->uid) != 0) || (name && !strcasestr(booking->name, name)))
		return false;
	return asked_for(call_query(call, "eventTypeId"), id) &&
		asked_for(call_query(call, "eventTypeIds"), id) && has_status(call, booking) &&
		in_time(call, "afterStart", "beforeStart", booking->start_ms) &&
		in_time(call, "afterEnd", "beforeEnd", booking->end_ms) &&
		in_time(call, "afterCreatedAt", "beforeCreatedAt", booking->created_ms) &&
		in_time(call, "afterUpdatedAt", "beforeUpdatedAt", booking->updated_ms);
}

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_start(const void *a, const void *b)
{
	const struct booking *x = *(const struct booking *const *)a;
	const struct booking *y = *(const struct booking *const *)b;

	return x->start_ms != y->start_ms ? compare(x->start_ms, y->start_ms)
					  : compare(x->id, y->id);
}

static int by_end(const void *a, const void *b)
{
	const struct booking *x = *(const struct booking *const *)a;
	const struct booking *y = *(const struct booking *const *)b;

	return x->end_ms != y->end_ms ? compare(x->end_ms, y->end_ms) : compare(x->id, y->id);
}

static int by_id(const void *a, const void *b)
{
	return compare(
		(*(const struct booking *const *)a)->id, (*(const struct booking *const *)b)->id);
}

static int by_update(const void *a, const void *b)
{
	const struct booking *x = *(const struct booking *const *)a;
	const struct booking *y = *(const struct booking *const *)b;

	return x->updated_ms != y->updated_ms ? compare(x->updated_ms, y->updated_ms)
					      : compare(x->id, y->id);
}

static void reverse(struct list *list)
{
	for (size_t i = 0; i < list->count / 2; i++) {
		void *kept = list->items[i];

		list->items[i] = list->items[list->count - 1 - i];
		list->items[list->count - 1 - i] = kept;
	}
}

static void sort(const struct call *call, struct list *found)
{
	static const struct {
		const char *query;
		int (*order)(const void *, const void *);
	} orders[] = {{"sortUpdatedAt", by_update}, {"sortStart", by_start}, {"sortEnd", by_end},
		{"sortCreated", by_id}};

	if (!found->count)
		return;
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		const char *direction = call_query(call, orders[i].query);

		if (!direction)
			continue;
		qsort(found->items, found->count, sizeof(*found->items), orders[i].order);
		if (!strcmp(direction, "desc"))
			reverse(found);
		return;
	}
	qsort(found->items, found->count, sizeof(*found->items), by_start);
}

static json_t *pagination(long total, long skip, long take, long returned)
{
	long pages = (total + take - 1) / take, page = skip / take + 1;
	long left = total - skip - returned;

	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:b}", "totalItems", (json_int_t)total,
		"remainingItems", (json_int_t)(left > 0 ? left : 0), "returnedItems",
		(json_int_t)returned, "itemsPerPage", (json_int_t)take, "currentPage",
		(json_int_t)page, "totalPages", (json_int_t)pages, "hasNextPage", left > 0,
		"hasPreviousPage", skip > 0);
}

static void show_page(struct call *call, const struct list *found)
{
	long take = call_query_long(call, "take", 100), skip = call_query_long(call, "skip", 0);
	bool old = !calcom_versioned(call, "2024-08-13") && !calcom_versioned(call, "2026-02-25");
	json_t *data = json_array();

	for (size_t i = (size_t)skip; i < found->count && i < (size_t)(skip + take); i++)
		json_array_append_new(data,
			old ? calcom_view_old(call->arena, found->items[i])
			    : calcom_view(call->arena, found->items[i]));
	if (old) {
		calcom_succeed(call, 200,
			json_pack(
				"{s:o,s:[],s:n}", "bookings", data, "recurringInfo", "nextCursor"));
		return;
	}
	reply_json(call, 200,
		json_pack("{s:s,s:o,s:o}", "status", "success", "data", data, "pagination",
			pagination((long)found->count, skip, take, (long)json_array_size(data))));
}

void calcom_list(struct call *call)
{
	const struct list *all = &call->sim->calcom->booking_list;
	struct list found = {.arena = call->arena};
	long take = call_query_long(call, "take", 100);

	if (take < 1 || take > 250) {
		calcom_invalid(call, "take", "take must not be greater than 250");
		return;
	}
	for (size_t i = 0; i < all->count; i++) {
		if (is_asked(call, all->items[i]))
			list_add(&found, all->items[i]);
	}
	sort(call, &found);
	show_page(call, &found);
}
