/* input.h - one thing a source gave: the cart's only way to learn about the world. */
#pragma once

#include "command.h"
#include "frame.h"
#include "scale.h"
#include "scan.h"
#include "weight.h"

typedef enum InputKind {
    INPUT_FRAME, /* owned: give it back with capture_release() */
    INPUT_SCALE,
    INPUT_CALIBRATION, /* of the scale; before its samples */
    INPUT_IMU,
    INPUT_SCAN,
    INPUT_COMMAND
} InputKind;

typedef struct Input {
    InputKind kind;
    int64_t t_ns;
    union {
        Frame *frame;
        ScaleSample scale;
        ScaleCalibration calibration;
        ImuSample imu;
        Scan scan;
        Command command;
    };
} Input;
