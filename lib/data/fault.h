/* What PostgreSQL's errors mean. Only lib/data includes this. */
#ifndef CARE_DATA_FAULT_H
#define CARE_DATA_FAULT_H

#include "lib/data/connection.h"

/* How much longer than statement_timeout an answer may take before the connection is given up. */
enum { REPLY_MS = 500 };

/* The problem of a failed result, or of a lost connection when result is NULL. Fills work->detail,
 * work->fault and work->retry_after_s. */
enum problem fault_problem(
	struct work *work, const struct db_connection *connection, const PGresult *result);

#endif
