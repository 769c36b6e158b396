/*
 * scale_device - a weighing device in; samples of its load cells, and what they mean in grams, out.
 *
 *     serial:/dev/ttyUSB0?protocol=P&baud=9600&frame=8n1&unit=kg
 *         continuous  "ST,GS,+  1.234kg": weights without being asked; the default
 *         toledo      frames of STX, three status bytes, weight, tare, CR, without being asked;
 *                     toledo-checksum where one follows
 *         sics        asked for with SIR, or SI where that is not known: "S S   100.00 g"
 *         nci         asked for with W: LF "12.34LB" CR LF status CR ETX
 *         counts      "C 83880 84002 81233 90001*45": from a microcontroller with HX711s;
 *                     115200 baud unless told
 *     hid:/dev/hidraw0
 *         USB HID, scale page (0x8D); ?report=N takes only that report
 *     iio:/sys/bus/iio/devices/iio:device0[,MORE]
 *         Linux IIO, HX711 and others; ?channels=0,1 and mode=sysfs&hz=80 or
 *         mode=buffer&trigger=NAME&dev=/dev/iio:device0
 *     sim:?seed=1&hz=80&seconds=0
 *         a platform that is not there: packs go on and off, and ring
 *
 * A tape's scale comes by way of capture. Two kinds of device meet here. Cells give counts: what
 * they weigh is in the calibration file, and without one they are refused unless raw is asked for.
 * A scale with a head of its own gives a weight: it is told as one cell of SCALE_COUNTS_PER_G
 * counts per gram with a calibration that says so, and ScaleSample.device says what the head says
 * beside it. No weight (overload, a fault) is a sample whose cell is not valid.
 *
 * The first input after an open is the calibration, if there is one. Samples are stamped on
 * arrival; their spacing is smoothed to the device's own rhythm, for a serial port hands lines over
 * in bunches. Times rise strictly. More than 400 samples a second are thinned out and counted. What
 * cannot be understood is counted and skipped; with a whole silence of it, the sentence behind
 * E_TIMEOUT says so.
 *
 * Threads: a Scale belongs to one thread at a time. Units: grams, nanoseconds.
 */
#pragma once

#include "input.h"
#include "settings.h"
#include "status.h"

#include <stdbool.h>

enum { SCALE_COUNTS_PER_G = 10, SCALE_WEIGHT_MAX_G = 800000 };

typedef struct ScaleConfig {
    char calibration[256]; /* file of counts to grams */
    int e_g, max_g;        /* of a scale that gives weights, and for a new calibration */
    int silent_ms;         /* a scale that says nothing for so long is a fault */
} ScaleConfig;

extern const Setting scale_settings[];

typedef struct ScaleStats {
    int64_t samples;
    int64_t garbage; /* lines, reports that were none */
    int64_t thinned; /* samples that came too fast */
    double hz;       /* the device's rhythm of late; 0: not known yet */
} ScaleStats;

typedef struct Scale Scale;

/* raw: counts without a calibration are welcome. A calibration of another number of cells is then
 * left aside. E_INVALID: the URI. E_NOT_FOUND, E_IO: the device, or the calibration it needs.
 * E_CORRUPT: that calibration. On OK the caller owns *out. */
MUST_USE Status scale_open(Scale **out, const ScaleConfig *config, const char *uri, bool raw);

/* Is this URI one of ours? */
bool scale_knows(const char *uri);

/* The next sample of the cells or of an accelerometer beside them, or the calibration before it;
 * wait up to timeout_ms (>= 0). E_TIMEOUT: none came, the sentence says what came instead. E_IO:
 * the device is gone. E_END: a sim: is over. */
MUST_USE Status scale_next(Scale *scale, int timeout_ms, Input *out);

/* What the device itself can be told to do. */
typedef enum ScaleOrder { SCALE_ORDER_ZERO, SCALE_ORDER_TARE } ScaleOrder;

/* E_NOT_FOUND: this device takes no such order. E_INVALID: it refuses (moving, out of range).
 * E_TIMEOUT: no answer. */
MUST_USE Status scale_tell(Scale *scale, ScaleOrder order, int timeout_ms);

/* It has a head of its own and gives weights, not counts. */
bool scale_gives_weights(const Scale *scale);

/* NULL: raw counts. Borrowed. */
const ScaleCalibration *scale_calibration(const Scale *scale);

ScaleStats scale_stats(const Scale *scale);

/* NULL is fine. */
void scale_close(Scale *scale);

/* -- the calibration file: the object of /scale/calibration, and how it was come by ------------ */

enum { CALIBRATE_PLACES = 5 }; /* centre, then front left, front right, back left, back right */

typedef enum CalibratePlace {
    PLACE_CENTRE,
    PLACE_FRONT_LEFT,
    PLACE_FRONT_RIGHT,
    PLACE_BACK_LEFT,
    PLACE_BACK_RIGHT
} CalibratePlace;

/* Mean counts of the cells while nothing moved. */
typedef struct CalibrateRest {
    double counts[CELLS_MAX];
    double noise;   /* standard deviation of the sum of the cells, counts */
    double drift;   /* second half less first half of the sum, counts */
    int samples;    /* 0: this was not measured */
    double span_ns; /* first sample to last */
} CalibrateRest;

typedef struct Calibrate {
    int cells;
    int32_t e_g, max_g;
    double load_g;           /* the known weight, and */
    double second_g;         /* another for linearity; 0: none */
    double width_m, depth_m; /* of the rectangle the corners are in */
    double platform_g;       /* moving mass of the empty platform; 0: not known */
    CalibrateRest empty;     /* before */
    CalibrateRest loaded[CALIBRATE_PLACES];
    CalibrateRest second; /* at the centre */
    CalibrateRest empty_again;
} Calibrate;

typedef struct CalibrateReport {
    double corner_error_g[CALIBRATE_PLACES]; /* shown less true, after calibration */
    double return_g;                         /* off zero, when all was taken off again */
    double second_error_g;                   /* NAN: not tried */
    double noise_g, worst_drift_g;
} CalibrateReport;

/* Least squares over the places: what each cell's count is worth, and where the cells are. Pure.
 * E_INVALID: refused, the sentence says why: too little span, unstable, a corner or the second
 * weight off by more than 1 e, zero not found again. */
MUST_USE Status
calibrate_solve(const Calibrate *run, ScaleCalibration *out, CalibrateReport *report);

/* Gather samples into a rest; start with {0}-filled memory. Pure. */
typedef struct CalibrateGather {
    int count;
    int64_t first_ns, last_ns;
    double sum[CELLS_MAX];
    double totals[1024]; /* of the cells, per sample */
} CalibrateGather;
void calibrate_gather(CalibrateGather *gather, int cells, const ScaleSample *sample);
CalibrateRest calibrate_rest(const CalibrateGather *gather, int cells);

MUST_USE Status scale_load_calibration(const char *path, ScaleCalibration *out);
/* The known weight, when and by which device go into the file with it. */
MUST_USE Status scale_save_calibration(
    const char *path,
    const ScaleCalibration *calibration,
    const CalibrateReport *report,
    const Calibrate *run,
    const char *uri,
    int64_t t_ns);
