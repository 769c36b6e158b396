/* weight.h - what the load cells read and what the scale says happened. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { CELLS_MAX = 4 };

/* What a scale with a head of its own says beside its weight; a bare load cell says nothing. */
typedef enum ScaleDevice {
    SCALE_DEVICE_STABLE = 1,
    SCALE_DEVICE_MOTION = 2,
    SCALE_DEVICE_OVERLOAD = 4,  /* no weight: the cell is not valid */
    SCALE_DEVICE_UNDERLOAD = 8, /* no weight: the cell is not valid */
    SCALE_DEVICE_ZERO = 16,     /* at its centre of zero */
    SCALE_DEVICE_FAULT = 32,    /* it knows itself to be broken or not adjusted: no weight */
    SCALE_DEVICE_ALL = 63
} ScaleDevice;

typedef struct ScaleSample {
    int64_t t_ns;
    int32_t counts[CELLS_MAX]; /* raw ADC counts, 24 bit signed */
    uint8_t valid;             /* bit i: cell i gave a reading */
    float temperature_c;       /* NAN: no sensor */
    uint8_t device;            /* ScaleDevice bits */
} ScaleSample;

typedef struct ImuSample {
    int64_t t_ns;
    float accel_mps2[3]; /* platform axes, z up: at rest 0, 0, +9.81 */
    float gyro_radps[3];
} ImuSample;

/* A change of load. First given as soon as it is worth using, then again with the same id as it
 * tightens, until final. */
typedef struct WeightStep {
    int32_t id;
    int64_t t_ns;       /* capture clock, when the load began to change */
    int64_t decided_ns; /* time of the sample at which this estimate was made */
    double delta_g;     /* > 0: something was put in */
    double stddev_g;    /* 1 sigma of delta_g, honest */
    double total_g;     /* load above zero after the step */
    float x_m, y_m; /* where on the platform the change acts, from its centre; NAN: cannot say */
    bool final;
} WeightStep;

typedef enum WeightFault {
    WEIGHT_FAULT_CELL_SILENT = 1,
    WEIGHT_FAULT_CELL_STUCK = 2,
    WEIGHT_FAULT_OVER_RANGE = 4,
    WEIGHT_FAULT_SILENT = 8,
    WEIGHT_FAULT_CLOCK = 16, /* samples out of order */
} WeightFault;

/* The running reading, for the panel. */
typedef struct WeightReading {
    int64_t t_ns;
    double total_g;  /* load above zero, filtered */
    double stddev_g; /* of the last half second */
    bool stable;
    uint32_t faults; /* WeightFault bits */
    uint8_t device;  /* ScaleDevice bits of the latest sample */
} WeightReading;

typedef enum MassUnit { MASS_KG, MASS_LB } MassUnit;

/* A load whose mean stands still to a quarter of e: what a weighed add is tared with, and ends
 * with. No net and no price but by way of meter_add(). Suffix _u: millionths of the unit, that is
 * milligrams or micropounds. */
typedef struct SettledLoad {
    int64_t from_ns; /* its name: rises from one to the next; 0: the load is not settled */
    int64_t to_ns;
    int64_t load_u; /* above the calibrated zero, finer than e */
    MassUnit unit;
    int32_t e_u;
    int64_t calibration_count; /* the calibration it was weighed under */
} SettledLoad;

/* A legal weight: integer counts of the verification interval. No number may be shown, and all are
 * 0, when it is overload, underload or tilted. */
typedef struct LegalWeight {
    int64_t t_ns;
    MassUnit unit;
    int32_t e_u;   /* verification interval, millionths of the unit */
    int32_t e_g;   /* the same in grams; 0: not a whole number of them */
    int32_t gross; /* counts of e */
    int32_t tare;  /* counts of e */
    int32_t net;   /* gross - tare, as displayed */
    bool preset;   /* the tare was entered, not weighed */
    bool stable;   /* within +-1 e for the dwell: may be priced */
    bool zero;     /* the gross is within a quarter of e of zero */
    bool overload;
    bool underload;
    bool tilted;
    SettledLoad settled;
} LegalWeight;
