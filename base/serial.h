/*
 * serial - a serial port, opened raw and for one program alone.
 *
 * Threads: any.
 */
#pragma once

#include "status.h"

#include <stdbool.h>

typedef struct SerialPort {
    const char *who;    /* whose: begins every sentence, "scanner" */
    const char *device; /* "/dev/ttyUSB0" */
    const char *baud;   /* "9600" */
    const char *frame;  /* "8n1": data bits, parity (n, e, o), stop bits */
    bool write;         /* things will be said to it as well */
} SerialPort;

/* A descriptor that does not block; what waited in the port is thrown away. E_INVALID: baud or
 * frame. E_NOT_FOUND, E_IO: the device; in use by another program that opened it this way. */
MUST_USE Status serial_open(const SerialPort *port, int *descriptor);
