/* The contract, as JSON and as a page: made at build time, sent as it is. */
#include <string.h>

#include "api.gen.h"
#include "api/embedded.h"

struct document {
	const char *type, *bytes, *packed;
	size_t length, packed_length;
};

/* The packed copy saves compressing the same bytes for every caller. */
static enum problem reply_document(struct request *rq, const struct document *document)
{
	const char *accepted = request_header(rq, "Accept-Encoding");

	reply_header(rq, "Cache-Control", "public, max-age=300");
	if (!accepted || !strstr(accepted, "gzip") || strstr(accepted, "gzip;q=0"))
		return reply_bytes(rq, document->type, document->bytes, document->length);
	reply_header(rq, "Content-Encoding", "gzip");
	return reply_bytes(rq, document->type, document->packed, document->packed_length);
}

enum problem openapi_json(struct request *rq)
{
	const struct document document = {"application/json", (const char *)openapi_document,
		(const char *)openapi_document_gzip, openapi_document_length,
		openapi_document_gzip_length};

	return reply_document(rq, &document);
}

enum problem docs(struct request *rq)
{
	const struct document document = {"text/html; charset=utf-8", (const char *)docs_page,
		(const char *)docs_page_gzip, docs_page_length, docs_page_gzip_length};

	reply_header(rq, "Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
	return reply_document(rq, &document);
}
