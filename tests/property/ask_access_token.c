/* Signs and verifies access tokens with the key file named on the command line, one line for each
 * line: "jwks"; "sign issued_at lifetime subject session role scope…"; "verify now token". Claims
 * are answered as their fields with a tab between, a refusal as its name. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/security/access_token.h"
#include "tests/property/fields.h"

static bool read_role(const char *name, enum access_role *ret)
{
	for (enum access_role role = ACCESS_CLIENT; role <= ACCESS_INTEGRATOR; role++) {
		if (strcmp(access_role_name(role), name) != 0)
			continue;
		*ret = role;
		return true;
	}
	return false;
}

static void answer_sign(
	const struct access_token_keys *keys, const int64_t *numbers, const char *words)
{
	struct access_claims claims = {
		.issued_at_s = numbers[0], .expires_at_s = numbers[0] + numbers[1]};
	struct arena *arena = arena_new();
	const char *token = NULL;
	char role[16];
	int at = 0;

	if (sscanf(words, "%36s %36s %15s %n", claims.subject, claims.session_id, role, &at) == 3 &&
		read_role(role, &claims.role)) {
		snprintf(claims.scope, sizeof(claims.scope), "%s", words + at);
		token = access_token_sign(arena, keys, &claims);
	}
	puts(token ? token : "refused");
	arena_free(arena);
}

static void answer_verify(const struct access_token_keys *keys, int64_t now_s, const char *token)
{
	struct access_claims claims;
	enum access_result result = access_token_verify(keys, token, now_s, &claims);

	if (result != ACCESS_OK)
		puts(access_result_name(result));
	else
		printf("ok\t%s\t%s\t%s\t%s\t%s\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\n",
			claims.subject, claims.session_id, access_role_name(claims.role),
			claims.scope, claims.id, claims.issued_at_s, claims.not_before_s,
			claims.expires_at_s);
}

static void answer_jwks(const struct access_token_keys *keys)
{
	struct arena *arena = arena_new();

	puts(access_token_jwks(arena, keys));
	arena_free(arena);
}

static bool answer(const struct access_token_keys *keys, char *line)
{
	int64_t numbers[2];
	const char *rest;

	if (fields_read(line, "verify", numbers, 1, &rest))
		answer_verify(keys, numbers[0], rest);
	else if (fields_read(line, "sign", numbers, 2, &rest))
		answer_sign(keys, numbers, rest);
	else if (fields_read(line, "jwks", numbers, 0, &rest))
		answer_jwks(keys);
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	char line[16384], complaint[256] = "needs a key file, an issuer and an audience";
	struct access_token_keys *keys = NULL;
	bool understood = true;

	if (argc == 4)
		keys = access_token_keys_load(
			argv[1], argv[2], argv[3], complaint, sizeof(complaint));
	if (!keys) {
		fprintf(stderr, "%s\n", complaint);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (understood && fgets(line, sizeof(line), stdin))
		understood = answer(keys, line);
	access_token_keys_free(keys);
	return understood ? 0 : 1;
}
