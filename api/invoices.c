/* Invoices and their PDFs. */
#include <string.h>

#include "api.gen.h"
#include "lib/data/db.h"
#include "lib/security/encode.h"
#include "queries.gen.h"

enum problem invoice_list(struct request *rq, const struct invoice_list_args *args)
{
	const char *json;
	enum problem p = q_invoice_list(&rq->work, &json, args->limit, args->starting_after);

	return p ? p : reply_json(rq, 200, json);
}

enum problem invoice_get(struct request *rq, const struct invoice_get_args *args)
{
	const char *json;
	enum problem p = q_invoice_get(&rq->work, &json, args->invoice_id);

	return p ? p : reply_json(rq, 200, json);
}

enum problem invoice_pdf(struct request *rq, const struct invoice_pdf_args *args)
{
	struct rows rows;
	const char *hex;
	unsigned char *bytes;
	size_t length;
	enum problem p = q_invoice_pdf(&rq->work, &rows, args->invoice_id);

	if (p)
		return p;
	if (rows.count == 0)
		return P_NOT_FOUND;
	hex = rows_text(&rows, 0, "hex");
	if (!hex) {
		rq->work.retry_after_s = 1;
		return fail(
			&rq->work, P_CONFLICT, "The PDF is being drawn; try again in a second.");
	}
	length = strlen(hex) / 2;
	bytes = arena_alloc(rq->work.arena, length);
	if (!hex_decode(hex, bytes, length))
		return fail(&rq->work, P_INTERNAL, "the stored PDF is not hex");
	reply_header(rq, "Content-Disposition",
		arena_printf(rq->work.arena, "attachment; filename=\"%s.pdf\"",
			rows_text(&rows, 0, "number")));
	return reply_bytes(rq, "application/pdf", (const char *)bytes, length);
}
