/* The one port: Ulfius in front, our own tables behind it. */
#ifndef CARE_SIM_SERVER_H
#define CARE_SIM_SERVER_H

#include "tests/sim/state.h"

struct server;

/* Listens on address and port (0: the kernel picks); NULL and a line on stderr when it cannot. */
struct server *server_start(struct sim *sim, const char *address, int port);
int server_port(const struct server *server);

/* Call sim_stop first. */
void server_stop(struct server *server);

#endif
