#include "scripted_scale.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

bool scripted_scale_make(ScriptedScale *scale) {
    memset(scale, 0, sizeof *scale);
    scale->far = scale->near = -1;
    snprintf(scale->folder, sizeof scale->folder, "/tmp/cartwright-scale-XXXXXX");
    if (!mkdtemp(scale->folder)) return false;
    snprintf(scale->device, sizeof scale->device, "%s/tty", scale->folder);
    scripted_scale_plug(scale);
    return scale->far >= 0;
}

void scripted_scale_plug(ScriptedScale *scale) {
    char name[64] = "";
    struct termios raw = {0};
    cfmakeraw(&raw);
    if (openpty(&scale->far, &scale->near, name, &raw, NULL) != 0) abort();
    if (symlink(name, scale->device) != 0) abort();
}

void scripted_scale_unplug(ScriptedScale *scale) {
    unlink(scale->device);
    if (scale->near >= 0) close(scale->near);
    if (scale->far >= 0) close(scale->far);
    scale->near = scale->far = -1;
}

void scripted_scale_remove(ScriptedScale *scale) {
    scripted_scale_unplug(scale);
    rmdir(scale->folder);
}

void scripted_scale_say_bytes(ScriptedScale *scale, const void *bytes, size_t size) {
    const char *at = bytes;
    while (size > 0) {
        const ssize_t written = write(scale->far, at, size);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return; /* nobody reads: the cable is full */
        at += written;
        size -= (size_t)written;
    }
}

void scripted_scale_say(ScriptedScale *scale, const char *text) {
    scripted_scale_say_bytes(scale, text, strlen(text));
}

static void *listen_and_answer(void *argument) {
    ScriptedScale *scale = argument;
    char asked[64];
    size_t length = 0;
    while (!atomic_load(&scale->stopping)) {
        struct pollfd wait = {.fd = scale->far, .events = POLLIN};
        if (poll(&wait, 1, 5) <= 0) {
            scale->answer(scale, ""); /* time to stream */
            continue;
        }
        char letter;
        if (read(scale->far, &letter, 1) != 1) break;
        if (letter != '\r' && letter != '\n') {
            if (length < sizeof asked - 1) asked[length++] = letter;
            continue;
        }
        asked[length] = '\0';
        if (length > 0) atomic_fetch_add(&scale->asked, 1);
        if (length > 0) scale->answer(scale, asked);
        length = 0;
    }
    return NULL;
}

void scripted_scale_begin(
    ScriptedScale *scale, void (*answer)(ScriptedScale *scale, const char *asked)) {
    scale->answer = answer;
    atomic_store(&scale->stopping, false);
    if (pthread_create(&scale->thread, NULL, listen_and_answer, scale) != 0) abort();
}

void scripted_scale_end(ScriptedScale *scale) {
    atomic_store(&scale->stopping, true);
    pthread_join(scale->thread, NULL);
}
