/* A consumer takes due jobs, one at a time, and runs them. */
#ifndef CARE_WORKER_CONSUMER_H
#define CARE_WORKER_CONSUMER_H

/* A thread's function; slot is its struct slot. Ends when the worker stops. */
void *consumer_main(void *slot);

#endif
