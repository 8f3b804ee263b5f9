/* The names of outcomes, for logs. */
#include "lib/provider/outcome.h"

const char *outcome_name(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_OK:
		return "ok";
	case OUTCOME_NOT_FOUND:
		return "not_found";
	case OUTCOME_REFUSED:
		return "refused";
	case OUTCOME_BUSY:
		return "busy";
	case OUTCOME_UNKNOWN:
		return "unknown";
	case OUTCOME_CONFIG:
		return "config";
	}
	return "unknown";
}
