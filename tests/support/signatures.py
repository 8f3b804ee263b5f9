"""Webhooks as the providers sign them: over the raw bytes, in hex."""
import hashlib
import hmac


def paystack(stack, body):
    key = stack.settings["CARE_PAYSTACK_SECRET_KEY"].encode()
    return {"x-paystack-signature": hmac.new(key, body, hashlib.sha512).hexdigest()}


def calcom(stack, body):
    key = stack.settings["CARE_CALCOM_WEBHOOK_SECRET"].encode()
    return {"X-Cal-Signature-256": hmac.new(key, body, hashlib.sha256).hexdigest()}


SIGNED = {"webhook_paystack": paystack, "webhook_calcom": calcom}
