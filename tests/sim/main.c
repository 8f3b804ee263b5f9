/* care-sim: Paystack, Cal.com, Twilio and Mailchimp Transactional on one port, for tests and demos.
 */
#include <curl/curl.h>
#include <getopt.h>
#include <gnutls/gnutls.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ulfius.h>

#include "tests/sim/server.h"
#include "tests/sim/state.h"

struct options {
	const char *address;
	const char *port_file;
	int port;
};

static int usage(void)
{
	fputs("usage: care-sim [--port N] [--port-file FILE] [--bind ADDRESS]\n", stderr);
	return 2;
}

static bool read_options(int argc, char **argv, struct options *ret_options)
{
	static const struct option names[] = {
		{"port", required_argument, NULL, 'p'},
		{"port-file", required_argument, NULL, 'f'},
		{"bind", required_argument, NULL, 'b'},
		{NULL, 0, NULL, 0},
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "", names, NULL)) >= 0) {
		if (letter == 'p')
			ret_options->port = (int)strtol(optarg, NULL, 10);
		else if (letter == 'f')
			ret_options->port_file = optarg;
		else if (letter == 'b')
			ret_options->address = optarg;
		else
			return false;
	}
	return optind == argc && ret_options->port >= 0 && ret_options->port < 65536;
}

/* Readers see the whole number or no file. */
static bool write_port(const char *path, int port)
{
	struct arena *arena = arena_new();
	const char *fresh = arena_printf(arena, "%s.new", path);
	FILE *file = fopen(fresh, "w");
	bool written = file && fprintf(file, "%d\n", port) > 0;

	if (file)
		written = fclose(file) == 0 && written;
	written = written && rename(fresh, path) == 0;
	if (!written)
		perror("care-sim: port file");
	arena_free(arena);
	return written;
}

static void announce(const struct sim *sim, int port)
{
	printf("{\"port\":%d,\"base\":\"%s\",\"paystack\":\"%s/paystack\",\"calcom\":\"%s/calcom/"
	       "v2\","
	       "\"twilio\":\"%s/twilio\",\"mandrill\":\"%s/mandrill/api/1.0\"}\n",
		port, sim->own_base, sim->own_base, sim->own_base, sim->own_base, sim->own_base);
	fflush(stdout);
}

static int run(const struct options *options, const sigset_t *signals)
{
	struct sim *sim = sim_new();
	struct server *server = server_start(sim, options->address, options->port);
	int status = 1, signal;

	if (server &&
		(!options->port_file || write_port(options->port_file, server_port(server)))) {
		announce(sim, server_port(server));
		sigwait(signals, &signal);
		status = 0;
	}
	sim_stop(sim);
	if (server)
		server_stop(server);
	sim_free(sim);
	return status;
}

int main(int argc, char **argv)
{
	struct options options = {.address = "127.0.0.1"};
	sigset_t signals;
	int status;

	if (!read_options(argc, argv, &options))
		return usage();
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	y_init_logs("care-sim", Y_LOG_MODE_CONSOLE, Y_LOG_LEVEL_ERROR, NULL, NULL);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	status = run(&options, &signals);
	curl_global_cleanup();
	y_close_logs();
	return status;
}
