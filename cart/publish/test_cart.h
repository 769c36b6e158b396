/*
 * test_cart.h - a publisher without a cart behind it, and a browser without a window.
 *
 * The catalogue has apple, larkfield-oat, oat-flakes and plain; the page is in FOLDER/web.
 */
#pragma once

#include "publish.h"

#include <jansson.h>

enum { REPLY_BYTES = 1 << 20 };

extern char folder[];
extern const Catalog catalog;
extern Metrics *metrics;
extern Ring *commands; /* room for 4 */
extern Publisher *publisher;

bool cart_prepare(void);
void cart_remove(void);

PublishConfig test_config(void);
PublishSources test_sources(void);
void begin_with(const PublishConfig *config);
void begin(void);
void end(void);

/* Lines 1 (larkfield-oat, 2 pieces) and 2 (oat-flakes), and prompt 9. */
Basket two_lines(void);

extern char reply[REPLY_BYTES]; /* what was heard last, NUL-terminated */
extern size_t reply_size;

/* A connection; receive_bytes 0: the kernel's own buffer. */
int dial(int receive_bytes);
void speak(int fd, const char *bytes, size_t size);
/* Adds to reply until the text is there (true), the peer hangs up or 5 s are over (false). */
bool hear(int fd, const char *text);

/* One request on a connection of its own: the status; the whole answer is in reply. */
int ask(const char *method, const char *path, const char *body);
int get(const char *path);
/* A request whose answer does not end. */
int open_stream(const char *path, int receive_bytes);

int status_of_reply(void);
bool says(const char *text);
json_t *reply_json(void);
/* Whether that was {"error": ... sentence ...} with this status. */
bool is_error(int status, int wanted, const char *sentence);
