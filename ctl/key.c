/* carectl key: the RSA key that access tokens are signed with. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "ctl/verb.h"

enum { RSA_BITS = 3072 };

/* PEM of a new key; to be freed with gnutls_free. False when GnuTLS fails. */
static bool make_key(gnutls_datum_t *ret_pem)
{
	gnutls_x509_privkey_t key;
	int result;

	if (gnutls_x509_privkey_init(&key) < 0)
		return false;
	result = gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, RSA_BITS, 0);
	if (result >= 0)
		result = gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, ret_pem);
	gnutls_x509_privkey_deinit(key);
	return result >= 0;
}

static bool write_all(int fd, const unsigned char *bytes, size_t length)
{
	while (length) {
		ssize_t written = write(fd, bytes, length);

		if (written < 0 && errno != EINTR)
			return false;
		if (written > 0) {
			bytes += written;
			length -= (size_t)written;
		}
	}
	return fsync(fd) == 0;
}

/* Never over a file that is there: it may be the key of a running system. */
static int write_key(const char *path, const gnutls_datum_t *pem)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good;

	if (fd < 0)
		return call_failed("%s: %s", path, strerror(errno));
	good = write_all(fd, pem->data, pem->size);
	if (close(fd) != 0 || !good) {
		unlink(path);
		return call_failed("%s could not be written", path);
	}
	printf("%s\n", path);
	return STATUS_OK;
}

static int generate(const char *path)
{
	gnutls_datum_t pem;
	int status;

	if (!make_key(&pem))
		return call_failed("GnuTLS could not make a key");
	status = write_key(path, &pem);
	gnutls_memset(pem.data, 0, pem.size);
	gnutls_free(pem.data);
	return status;
}

int key_run(struct call *call)
{
	const char *out = NULL, *word;
	const struct choice choices[] = {{"--out", &out, NULL}, {NULL, NULL, NULL}};

	if (!call_options(call, choices))
		return STATUS_USAGE;
	word = call_word(call);
	if (!word || strcmp(word, "generate") != 0 || call->count || !out)
		return call_misused("key wants generate --out FILE");
	return generate(out);
}
