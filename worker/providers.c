/* Which vendor does what, and our accounts with them. */
#include "worker/providers.h"

void providers_choose(const struct config *config, struct providers *ret)
{
	*ret = (struct providers){
		.payment = &paystack,
		.gateway = {config->paystack_base_url, config->paystack_secret_key},
		.scheduler = &calcom,
		.scheduler_account = {config->calcom_base_url, config->calcom_api_key},
		.sms = &twilio,
		.sms_account = {config->twilio_base_url, config->twilio_account_sid,
			config->twilio_auth_token, config->twilio_from},
		.email = &mandrill,
		.email_account = {config->mandrill_base_url, config->mandrill_api_key,
			config->email_from, config->email_from_name},
	};
}
