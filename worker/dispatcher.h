/* The dispatcher hands due rows to the streams. */
#ifndef CARE_WORKER_DISPATCHER_H
#define CARE_WORKER_DISPATCHER_H

/* A thread's function; worker is its struct worker. Ends when the worker stops. */
void *dispatcher_main(void *worker);

#endif
