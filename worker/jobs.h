/* The jobs' functions, one file each. */
#ifndef CARE_WORKER_JOBS_H
#define CARE_WORKER_JOBS_H

#include "worker/job.h"

enum job_result availability_refresh(struct job *job);
enum job_result booking_cancel(struct job *job);
enum job_result booking_decide(struct job *job);
enum job_result booking_ended(struct job *job);
enum job_result booking_reschedule(struct job *job);
enum job_result booking_schedule(struct job *job);
enum job_result calcom_event(struct job *job);
enum job_result calcom_poll(struct job *job);
enum job_result hold_release(struct job *job);
enum job_result invoice_render(struct job *job);
enum job_result maintenance(struct job *job);
enum job_result message_send(struct job *job);
enum job_result payment_initialize(struct job *job);
enum job_result payment_verify(struct job *job);
enum job_result paystack_event(struct job *job);
enum job_result refund_create(struct job *job);

#endif
