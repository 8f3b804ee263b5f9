/* What must hold before a time is claimed. */
#ifndef CARE_API_SLOTS_H
#define CARE_API_SLOTS_H

#include "lib/http/request.h"

/* P_NOT_FOUND for an intake that is not the caller's, else P_OK or the 409 that says why the time
 * cannot be had. Whether somebody holds it is for the constraint to say. */
enum problem slot_check(struct request *rq, const char *intake_submission_id, const char *start_at);

#endif
