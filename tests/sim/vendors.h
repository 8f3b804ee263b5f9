/* Who speaks on the port. */
#ifndef CARE_SIM_VENDORS_H
#define CARE_SIM_VENDORS_H

#include "tests/sim/call.h"

extern const struct vendor vendor_paystack, vendor_checkout, vendor_calcom, vendor_twilio,
	vendor_mandrill, vendor_control;

#endif
