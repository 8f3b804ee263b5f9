/* What every answer gets: entity tag, compression, CORS, and the headers of a careful server. */
#ifndef CARE_API_FINISH_H
#define CARE_API_FINISH_H

#include "api/server.h"

/* Completes rq->reply after dispatch. */
void finish(struct server *server, struct request *rq);

#endif
