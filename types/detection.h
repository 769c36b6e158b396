/* detection.h - boxes in one picture. */
#pragma once

#include <stdint.h>

enum { DETECTIONS_MAX = 48 };

/* Pixels of the full frame; x1, y1 exclusive; x0 < x1, y0 < y1, inside the picture. */
typedef struct Box {
    float x0, y0, x1, y1;
} Box;

typedef enum DetectionKind { DETECTION_ITEM, DETECTION_HAND } DetectionKind;

typedef struct Detection {
    Box box;
    DetectionKind kind;
    float score_p;
} Detection;

typedef struct Detections {
    int64_t t_ns;
    int camera;
    int width, height; /* of the frame, px */
    int count;
    Detection at[DETECTIONS_MAX]; /* by falling score */
} Detections;
