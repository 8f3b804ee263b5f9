/* Invoices: a whole PDF, the same bytes every time, as many pages as the lines need. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/core/text.h"
#include "lib/document/invoice_pdf.h"

/* Fontconfig loses 288 bytes while it reads its configuration; ours are still looked for. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig";
}

struct pdf {
	const char *bytes;
	size_t length;
};

static int open_arena(void **state)
{
	*state = arena_new();
	return 0;
}

static int close_arena(void **state)
{
	arena_free(*state);
	return 0;
}

static struct invoice_document invoice_of(struct arena *arena, size_t line_count)
{
	struct invoice_line *lines = arena_alloc(arena, line_count * sizeof(*lines));

	for (size_t i = 0; i < line_count; i++)
		lines[i] = (struct invoice_line){"Home visit, Ọ̀ṣun Àgbà Ṣadé", 2, 1250000, 2500000};
	return (struct invoice_document){
		.number = "INV-2026-000001",
		.title = "Invoice",
		.organisation_name = "Ìtọ́jú Home Care",
		.organisation_address = "14 Adéọlá Ọdẹ́kù Street\nLagos",
		.customer_name = "Ṣadé Àgbà",
		.issued_on = "22 November 2026",
		.status = "Due",
		.currency = "NGN",
		.created_at_s = 1795341600,
		.subtotal_minor = 2500000,
		.total_minor = 2500000,
		.lines = lines,
		.line_count = line_count,
	};
}

static struct pdf render(struct arena *arena, const struct invoice_document *invoice)
{
	struct pdf pdf = {0};
	const char *error = NULL;

	if (!invoice_pdf_render(arena, invoice, &pdf.bytes, &pdf.length, &error))
		fail_msg("not drawn: %s", error);
	return pdf;
}

static size_t count_of(const struct pdf *pdf, const char *part)
{
	const char *at = pdf->bytes, *end = pdf->bytes + pdf->length;
	size_t count = 0;

	while ((at = memmem(at, (size_t)(end - at), part, strlen(part)))) {
		count++;
		at += strlen(part);
	}
	return count;
}

/* Cairo 1.16 writes page objects in the clear; the tree's own object is /Pages. */
static size_t pages_of(const struct pdf *pdf)
{
	return count_of(pdf, "/Type /Page") - count_of(pdf, "/Type /Pages");
}

static void assert_same(const struct pdf *a, const struct pdf *b)
{
	assert_int_equal(a->length, b->length);
	assert_memory_equal(a->bytes, b->bytes, a->length);
}

static void it_is_a_pdf_with_its_fonts(void **state)
{
	struct invoice_document invoice = invoice_of(*state, 1);
	struct pdf pdf = render(*state, &invoice);

	assert_memory_equal(pdf.bytes, "%PDF-1.", 7);
	assert_memory_equal(pdf.bytes + pdf.length - 6, "%%EOF\n", 6);
	assert_int_equal(pages_of(&pdf), 1);
	assert_in_range(count_of(&pdf, "/FontFile"), 2, 20);
	assert_int_equal(count_of(&pdf, "/FontFile"), count_of(&pdf, "/Type /FontDescriptor"));
	assert_int_equal(count_of(&pdf, "/CreationDate (D:20261122100000Z)"), 1);
}

static void pages_grow_with_the_lines(void **state)
{
	struct invoice_document few = invoice_of(*state, 3), many = invoice_of(*state, 120);
	struct invoice_document none = invoice_of(*state, 0);
	struct pdf few_pdf = render(*state, &few), many_pdf = render(*state, &many);
	struct pdf none_pdf = render(*state, &none);

	assert_int_equal(pages_of(&none_pdf), 1);
	assert_int_equal(pages_of(&few_pdf), 1);
	assert_in_range(pages_of(&many_pdf), 5, 8);
}

static void a_long_description_breaks_over_pages(void **state)
{
	struct invoice_document invoice = invoice_of(*state, 1);
	struct invoice_line line = invoice.lines[0];
	struct text *description = text_new(*state);
	struct pdf pdf;

	for (int i = 0; i < 2000; i++)
		text_addf(description, "item %d, ", i);
	line.description = description->data;
	invoice.lines = &line;
	pdf = render(*state, &invoice);
	assert_in_range(pages_of(&pdf), 5, 20);
}

static void the_same_input_gives_the_same_bytes(void **state)
{
	struct invoice_document invoice = invoice_of(*state, 40);
	struct pdf first = render(*state, &invoice), second = render(*state, &invoice);
	struct pdf later;

	assert_same(&first, &second);
	invoice.created_at_s += 60;
	later = render(*state, &invoice);
	assert_int_equal(later.length, first.length);
	assert_memory_not_equal(later.bytes, first.bytes, first.length);
}

static void draw_elsewhere(struct arena *arena, const struct invoice_document *invoice, int out)
{
	struct pdf pdf;

	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	pdf = render(arena, invoice);
	_exit(write(out, pdf.bytes, pdf.length) == (ssize_t)pdf.length ? 0 : 1);
}

/* Another process with other addresses in its heap and another zone. It forks before this one has
 * drawn: fontconfig's threads do not survive a fork. */
static void another_process_gives_the_same_bytes(void **state)
{
	struct invoice_document invoice = invoice_of(*state, 3);
	struct text *theirs = text_new(*state);
	struct pdf ours, other;
	char buffer[4096];
	int ends[2], status;
	ssize_t got;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		draw_elsewhere(*state, &invoice, ends[1]);
	close(ends[1]);
	while ((got = read(ends[0], buffer, sizeof(buffer))) > 0)
		text_add_bytes(theirs, buffer, (size_t)got);
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	ours = render(*state, &invoice);
	other = (struct pdf){theirs->data, theirs->length};
	assert_same(&ours, &other);
}

static void any_script_and_any_length_is_drawn(void **state)
{
	static const struct invoice_line lines[] = {
		{"עברית עם ABC 123 و عربي مرحبا", 1, 1, 1},
		{"😀👩🏽‍⚕️ 中文 हिन्दी አማርኛ ꧁ \xff\xfe "
		 "\x1b[31m\t\r\n",
			INT64_MAX, INT64_MAX, INT64_MIN},
		{"", 0, 0, 0},
	};
	struct invoice_document invoice = invoice_of(*state, 0);
	struct text *name = text_new(*state);
	struct pdf pdf;

	for (int i = 0; i < 200; i++)
		text_add(name, "Ọ̀ṣunÀgbàṢadé\n");
	invoice.lines = lines;
	invoice.line_count = 3;
	invoice.organisation_name = invoice.customer_name = invoice.status = name->data;
	invoice.customer_email = invoice.payment_reference = name->data;
	invoice.organisation_address = invoice.due_on = name->data;
	pdf = render(*state, &invoice);
	assert_int_equal(pages_of(&pdf), 1);
}

static void text_makes_no_action(void **state)
{
	struct invoice_document invoice = invoice_of(*state, 1);
	struct pdf pdf;

	invoice.number = "N) /OpenAction << /S /URI /URI (http://evil) >> (";
	invoice.organisation_name = "https://evil.example <</JS (app.alert(1))>>";
	pdf = render(*state, &invoice);
	assert_int_equal(count_of(&pdf, "/Title <FEFF"), 1);
	assert_int_equal(count_of(&pdf, "/OpenAction"), 0);
	assert_int_equal(count_of(&pdf, "/Annots"), 0);
	assert_int_equal(count_of(&pdf, "/JS"), 0);
}

static void assert_refused(
	struct arena *arena, const struct invoice_document *invoice, const char *why)
{
	const char *bytes = NULL, *error = NULL;
	size_t length = 0;

	assert_false(invoice_pdf_render(arena, invoice, &bytes, &length, &error));
	assert_string_equal(error, why);
	assert_null(bytes);
	assert_int_equal(length, 0);
}

static void what_cannot_be_written_is_refused(void **state)
{
	struct invoice_document invoice = invoice_of(*state, 1);

	invoice.currency = "ZZZ";
	assert_refused(*state, &invoice, "unknown currency");
	invoice.currency = "NGN";
	invoice.total_minor = INT64_MAX;
	invoice.paid_minor = -1;
	assert_refused(*state, &invoice, "amounts out of range");
}

#define IN_ARENA(test) cmocka_unit_test_setup_teardown(test, open_arena, close_arena)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ARENA(another_process_gives_the_same_bytes),
		IN_ARENA(it_is_a_pdf_with_its_fonts),
		IN_ARENA(pages_grow_with_the_lines),
		IN_ARENA(a_long_description_breaks_over_pages),
		IN_ARENA(the_same_input_gives_the_same_bytes),
		IN_ARENA(any_script_and_any_length_is_drawn),
		IN_ARENA(text_makes_no_action),
		IN_ARENA(what_cannot_be_written_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
