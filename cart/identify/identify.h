/*
 * identify - pictures of things in, which product they are out.
 *
 * A thing is cut out as the square around its box, 1.15 times its longer side, and becomes one
 * vector (an ONNX network: uint8 [N, side, side, 3] in, float [N, dims] out); the gallery knows the
 * vectors of every product. Products are enrolled by inserting vectors: nothing is trained.
 *
 * A gallery may know products that the catalogue does not sell: looking like one of those speaks
 * for "unknown".
 *
 * Threads: an Identifier belongs to one thread at a time. Units: pixels of the frame, cosines.
 */
#pragma once

#include "catalog.h"
#include "crossing.h"
#include "frame.h"
#include "gallery.h"
#include "infer.h"
#include "settings.h"
#include "status.h"

typedef struct IdentifyConfig {
    char model[SETTING_TEXT_BYTES];
    char gallery[SETTING_TEXT_BYTES]; /* "": start with an empty one */
    double scale;                     /* cosine to log-odds; 0: as the model says */
    double unknown_similarity; /* cosine that "none of these" stands at; -1: as the model says */
} IdentifyConfig;

extern const Setting identify_settings[];

typedef struct Identifier Identifier;

/* E_INVALID: the gallery was made with another model. Without a catalogue (NULL) a SKU is a label
 * of the gallery. The catalogue is borrowed for this call only. */
MUST_USE Status identify_open(
    Identifier **out,
    const IdentifyConfig *config,
    const InferConfig *infer,
    const Catalog *catalog);

int identify_dims(const Identifier *identifier);

/* The vectors of `count` boxes of one frame, identify_dims() floats each. */
MUST_USE Status identify_embed(
    Identifier *identifier, const Frame *frame, const Box *boxes, int count, float *embeddings);

/* One more view of each box's thing: looks[i] belongs to boxes[i]. A Looks starts as {0}. */
MUST_USE Status identify_look(
    Identifier *identifier, const Frame *frame, const Box *boxes, int count, Looks *const *looks);

/* Put a product picture into the gallery under this id, in the four ways it may lie. A plain
 * background (studio pictures) is cut away. E_INVALID: an id that cannot be one. */
MUST_USE Status identify_enroll(Identifier *identifier, const char *id, const Frame *picture);

/* The box of what stands before a plain background; the whole picture when there is none. */
Box identify_foreground(const Frame *picture);

const Gallery *identify_gallery(const Identifier *identifier);
/* Write the gallery, with the model's SHA-256. */
MUST_USE Status identify_save(const Identifier *identifier, const char *path);

/* SHA-256 of the model: INFER_SHA256_BYTES bytes. Borrowed. */
const uint8_t *identify_sha256(const Identifier *identifier);

/* NULL is fine. */
void identify_close(Identifier *identifier);
