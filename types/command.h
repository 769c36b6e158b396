/* command.h - what a shopper or attendant told the cart. */
#pragma once

#include "catalog.h"

#include <stdint.h>

typedef enum CommandKind {
    COMMAND_ANSWER,   /* prompt, sku (SKU_UNKNOWN: none of these), quantity */
    COMMAND_DISPUTE,  /* line: "that's wrong"; opens a prompt */
    COMMAND_REMOVE,   /* line, quantity: take it off the receipt (attendant) */
    COMMAND_CHECKOUT, /* the shopper is done */
    COMMAND_RESET,    /* a new session with an empty basket */
    COMMAND_ZERO,     /* the scale: what is on it now is zero (attendant) */
    COMMAND_TARE,     /* the scale: what is on it now is packaging */
    COMMAND_CLEAR_TARE
} CommandKind;

typedef struct Command {
    int64_t t_ns;
    CommandKind kind;
    int32_t prompt;
    int32_t line;
    int32_t sku;
    int32_t quantity;
} Command;
