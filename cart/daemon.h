/*
 * daemon - talk to the cart that runs, by HTTP.
 *
 * Threads: a Daemon belongs to one thread at a time.
 */
#pragma once

#include "publish.h"
#include "status.h"

#include <jansson.h>

typedef struct Daemon Daemon;

/* url: "http://host:port"; "": where this configuration has it listen. Nothing is sent yet. */
MUST_USE Status daemon_open(Daemon **out, const PublishConfig *config, const char *url);

const char *daemon_url(const Daemon *daemon);

/* One call; body NULL: a GET, else a POST of that JSON. *out is yours. E_NOT_FOUND: nobody listens
 * there. E_INVALID: it refuses, in its own words. E_IO, E_CORRUPT: something else is wrong. */
MUST_USE Status daemon_call(Daemon *daemon, const char *path, const char *body, json_t **out);

/* NULL is fine. */
void daemon_close(Daemon *daemon);
