/*
 * channels - the one table of what is on a tape: topic, noun, schema.
 *
 * /camera/NAME carries foxglove.CompressedImage (protobuf); everything else is JSON with a JSON
 * Schema, documented in docs/wire.md. The same JSON is what HTTP and MQTT say.
 */
#pragma once

#include "tape.h"

typedef enum Channel {
    CHANNEL_CAMERA,             /* /camera/NAME               Frame (JPEG) */
    CHANNEL_CAMERA_CALIBRATION, /* /camera/NAME/calibration   foxglove.CameraCalibration, JSON */
    CHANNEL_SCALE_RAW,          /* /scale/raw                 ScaleSample */
    CHANNEL_SCALE_CALIBRATION,  /* /scale/calibration         ScaleCalibration */
    CHANNEL_IMU,                /* /imu                       ImuSample */
    CHANNEL_SCAN,               /* /scan                      Scan */
    CHANNEL_COMMAND,            /* /command                   Command */
    CHANNEL_TRUTH_EVENT,        /* /truth/event               TruthEvent */
    CHANNEL_TRUTH_BASKET, /* /truth/basket              what is inside, and the right receipt */
    CHANNEL_TRUTH_LOAD,   /* /truth/load                what really acts on the cells */
    CHANNEL_TRUTH_BOXES,  /* /truth/boxes/NAME          boxes per frame, for training */
    CHANNEL_DETECTIONS,   /* /cart/detections/NAME      foxglove.ImageAnnotations, JSON */
    CHANNEL_WEIGHT,       /* /cart/weight               WeightReading + LegalWeight */
    CHANNEL_WEIGHT_STEP,  /* /cart/weight_step          WeightStep */
    CHANNEL_CROSSING,     /* /cart/crossing             Crossing */
    CHANNEL_BELIEF,       /* /cart/belief               Belief */
    CHANNEL_EVENT,        /* /cart/event                Entry */
    CHANNEL_PROMPT,       /* /cart/prompt               Prompt */
    CHANNEL_BASKET,       /* /cart/basket               Basket */
    CHANNEL_FAULT,        /* /cart/fault                Fault */
    CHANNEL_COUNT
} Channel;

typedef struct ChannelRow {
    const char *topic; /* with a trailing slash where a camera's name follows */
    const char *message_encoding;
    const char *schema_name;
    const char *schema_encoding;
    const char *schema; /* text, or NULL for the built-in protobuf descriptor */
} ChannelRow;

const ChannelRow *channel_row(Channel channel);

/* Register a channel on a tape; name is the camera's, NULL where none is part of the topic. */
MUST_USE Status channel_add(TapeWriter *writer, Channel channel, const char *name, uint16_t *id);

/* Which row a topic belongs to; *name gets the camera's name or NULL. It points into topic and ends
 * with it, or at "/calibration" for CHANNEL_CAMERA_CALIBRATION.
 * CHANNEL_COUNT: none of ours. */
Channel channel_of(const char *topic, const char **name);

/* Holds messages against their schemas: first whether a channel of ours says it is what its row
 * says, then whether each message is. A topic that is none of ours is left alone. */
typedef struct ChannelChecker ChannelChecker;
MUST_USE Status channel_checker_open(ChannelChecker **out);
/* E_INVALID: one sentence names topic and field. */
MUST_USE Status channel_check(ChannelChecker *checker, const TapeMessage *message);
void channel_checker_close(ChannelChecker *checker);
