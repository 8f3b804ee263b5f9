/* carectl user: the first admin has to come from somewhere. */
#include <stdio.h>
#include <string.h>

#include "ctl/verb.h"
#include "lib/core/instant.h"
#include "lib/security/password.h"

struct new_user {
	const char *email, *role, *name, *time_zone;
	bool password_stdin;
};

/* The address as the API will look it up. */
static const char add_sql[] =
	"INSERT INTO app_user (email, role, name, time_zone, password_hash) "
	"VALUES (lower(normalize($1, NFKC)), $2, $3, $4, $5) RETURNING user_id";

static bool is_role(const char *role)
{
	return strcmp(role, "client") == 0 || strcmp(role, "staff") == 0 ||
		strcmp(role, "admin") == 0;
}

static bool is_email(const char *email)
{
	const char *at = strchr(email, '@');

	return at && at != email && at[1] && !strchr(at + 1, '@') && strlen(email) <= 254 &&
		!strpbrk(email, " \t\r\n<>,;");
}

/* The first line of stdin, without its line feed. */
static bool read_password(char *ret, size_t size)
{
	char *end;

	if (!fgets(ret, (int)size, stdin))
		return false;
	end = strchr(ret, '\n');
	if (end)
		*end = '\0';
	else if (strlen(ret) == size - 1)
		return false;
	return *ret != '\0';
}

static const char *hash(struct call *call, const char *password)
{
	const struct password_limits limits = {.at_once = 1, .waiting_max = 1, .wait_ms_max = 5000};
	struct password_gate *gate = password_gate_new(&limits);
	const char *encoded = NULL;

	if (gate &&
		password_hash(gate, call->arena, password, strlen(password), &encoded) !=
			PASSWORD_OK)
		encoded = NULL;
	password_gate_free(gate);
	return encoded;
}

static int insert(
	struct call *call, const char *url, const struct new_user *user, const char *encoded)
{
	const char *const values[] = {
		user->email, user->role, user->name, user->time_zone, encoded};
	PGconn *pg = owner_connect(call, url);
	PGresult *result = pg ? owner_query(call, pg, add_sql, 5, values) : NULL;

	if (!result)
		return STATUS_FAILED;
	printf("%s\n", PQgetvalue(result, 0, 0));
	return STATUS_OK;
}

static int add(struct call *call, const char *url, const struct new_user *user)
{
	char password[PASSWORD_LENGTH_MAX + 2];
	const char *encoded;

	if (!read_password(password, sizeof(password)))
		return call_misused("the password is the first line of standard input, up to %d "
				    "bytes",
			PASSWORD_LENGTH_MAX);
	encoded = hash(call, password);
	explicit_bzero(password, sizeof(password));
	if (!encoded)
		return call_failed("the password could not be hashed: it needs %d to %d bytes",
			PASSWORD_LENGTH_MIN, PASSWORD_LENGTH_MAX);
	return insert(call, url, user, encoded);
}

static int check(const struct new_user *user)
{
	if (!user->email || !is_email(user->email))
		return call_misused("--email wants an address");
	if (!user->role || !is_role(user->role))
		return call_misused("--role wants admin, staff or client");
	if (!user->name || !*user->name)
		return call_misused("--name wants a name");
	if (!zone_is_known(user->time_zone))
		return call_misused("--time-zone wants an IANA name such as Africa/Lagos");
	/* Never as a word: other users of the machine can read those. */
	if (!user->password_stdin)
		return call_misused("--password-stdin is missing");
	return STATUS_OK;
}

int user_run(struct call *call)
{
	struct new_user user = {.time_zone = "Africa/Lagos"};
	const char *url = NULL, *word;
	const struct choice choices[] = {
		{"--url", &url, NULL},
		{"--email", &user.email, NULL},
		{"--role", &user.role, NULL},
		{"--name", &user.name, NULL},
		{"--time-zone", &user.time_zone, NULL},
		{"--password-stdin", NULL, &user.password_stdin},
		{NULL, NULL, NULL},
	};
	int status;

	if (!call_options(call, choices))
		return STATUS_USAGE;
	word = call_word(call);
	if (!word || strcmp(word, "add") != 0 || call->count)
		return call_misused("user wants add and its options");
	status = check(&user);
	return status == STATUS_OK ? add(call, url, &user) : status;
}
