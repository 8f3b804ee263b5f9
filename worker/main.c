/* care-worker: runs the work that outlives a request. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/core/log.h"
#include "worker/consumer.h"
#include "worker/dispatcher.h"
#include "worker/housekeeper.h"
#include "worker/lease.h"
#include "worker/ops.h"
#include "worker/startup.h"

enum { DRAIN_S = 20 };

struct crew {
	struct worker *worker;
	struct housekeeper housekeeper;
	pthread_t dispatcher, housekeeping;
};

static void start_thread(pthread_t *ret, void *(*run)(void *), void *argument)
{
	if (pthread_create(ret, NULL, run, argument) != 0)
		abort();
}

static void start(struct crew *crew)
{
	struct worker *worker = crew->worker;

	crew->housekeeper.worker = worker;
	bell_init(&crew->housekeeper.bell);
	start_thread(&crew->dispatcher, dispatcher_main, worker);
	start_thread(&crew->housekeeping, housekeeper_main, &crew->housekeeper);
	for (int i = 0; i < worker->slot_count; i++)
		start_thread(&worker->slots[i].thread, consumer_main, &worker->slots[i]);
	log_event(LOG_LEVEL_INFO, "worker_started", "instance", worker->instance, NULL);
}

/* Until we are told to end, or a job holds its thread for ever. */
static void wait_for_end(const struct worker *worker, const sigset_t *signals)
{
	const struct timespec second = {.tv_sec = 1};

	while (!atomic_load(&worker->wedged)) {
		if (sigtimedwait(signals, NULL, &second) > 0)
			return;
	}
}

/* False when a job is still running at the deadline. */
static bool join_consumers(struct worker *worker)
{
	struct timespec deadline;
	bool all = true;

	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += DRAIN_S;
	for (int i = 0; i < worker->slot_count; i++)
		all &= pthread_timedjoin_np(worker->slots[i].thread, NULL, &deadline) == 0;
	return all;
}

/* A thread that will not end cannot be freed from under it: the process goes as it is. What it ran
 * is given back, unless something here runs for ever: its count of deaths must stand. */
static void leave_running(struct worker *worker)
{
	bool wedged = atomic_load(&worker->wedged);
	struct arena *arena = arena_new();

	if (!wedged)
		lease_hand_back(worker, arena);
	log_event(LOG_LEVEL_WARNING, "worker_ended", "error", "a job was still running", NULL);
	_exit(wedged ? EXIT_FAILURE : EXIT_SUCCESS);
}

static void drain(struct crew *crew)
{
	struct worker *worker = crew->worker;

	log_event(LOG_LEVEL_INFO, "worker_draining", NULL);
	worker_stop(worker);
	pthread_join(crew->dispatcher, NULL);
	if (!join_consumers(worker))
		leave_running(worker);
	atomic_store(&crew->housekeeper.done, true);
	bell_ring(&crew->housekeeper.bell);
	pthread_join(crew->housekeeping, NULL);
	bell_done(&crew->housekeeper.bell);
}

/* One line, whatever libpq says in how many. */
static int complain(const char *complaint)
{
	fputs("care-worker: ", stderr);
	for (const char *at = complaint; *at; at++) {
		if (*at != '\n' || at[1])
			fputc(*at == '\n' || *at == '\t' ? ' ' : *at, stderr);
	}
	fputc('\n', stderr);
	return EXIT_FAILURE;
}

static int run(struct worker *worker, const sigset_t *signals)
{
	struct crew crew = {.worker = worker};
	const char *complaint;
	struct ops *ops = ops_start(worker, &complaint);

	if (!ops)
		return complain(complaint);
	start(&crew);
	wait_for_end(worker, signals);
	drain(&crew);
	ops_stop(ops);
	log_event(LOG_LEVEL_INFO, "worker_ended", NULL);
	return atomic_load(&worker->wedged) ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Every thread inherits the mask; only wait_for_end takes them. */
static void block_signals(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGTERM);
	sigaddset(ret, SIGINT);
	pthread_sigmask(SIG_BLOCK, ret, NULL);
}

int main(void)
{
	struct config config;
	struct worker worker;
	const char *complaint;
	sigset_t signals;
	int status;

	if (!config_load(CONFIG_WORKER, stderr, &config))
		return EXIT_FAILURE;
	block_signals(&signals);
	log_open("care-worker", config.log_level);
	status = worker_open(&worker, &config, &complaint) ? run(&worker, &signals)
							   : complain(complaint);
	worker_close(&worker);
	log_close();
	return status;
}
