/* The intake form's own rules, beyond what the contract's schema can say. */
#ifndef CARE_API_INTAKE_FORM_H
#define CARE_API_INTAKE_FORM_H

#include "lib/core/text.h"
#include "lib/http/request.h"

/* A form that can be filled in: keys differ, choices have options and nothing else has. */
enum problem intake_form_check(struct request *rq, const json_t *fields);

/* The answers against the form: P_VALIDATION_FAILED with a complaint for each fault, pointing at
 * /answers/<key>. */
enum problem intake_answers_check(struct request *rq, const json_t *fields, const json_t *answers);

/* A JSON value as compact text in the arena. */
const char *json_text(struct arena *arena, const json_t *value);

#endif
