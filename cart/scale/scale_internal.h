/* scale_internal.h - what the backends share: URIs, lines, weights in words, and their rhythm. */
#pragma once

#include "scale_device.h"

#include <stddef.h>
#include <stdint.h>

/* -- what was heard: counts of cells, a weight, or a shake
 * ---------------------------------------------- */

enum { HEARD_AXES = 6 };

typedef struct Heard {
    bool shakes;              /* an accelerometer beside the cells: */
    float motion[HEARD_AXES]; /* m/s2 along x, y, z; rad/s about them */
    bool weighs;              /* grams, not counts */
    double grams;
    int32_t counts[CELLS_MAX];
    int cells;
    uint8_t valid;  /* bit i: cell i; with weighs, bit 0 */
    uint8_t device; /* ScaleDevice bits */
    float temperature_c;
} Heard;

static inline Heard heard_weight(double grams, uint8_t device) {
    return (Heard){
        .weighs = true,
        .grams = grams,
        .cells = 1,
        .valid = 1,
        .device = device,
        .temperature_c = __builtin_nanf("")};
}

static inline Heard heard_no_weight(uint8_t device) {
    return (Heard){
        .weighs = true, .cells = 1, .device = device, .temperature_c = __builtin_nanf("")};
}

/* -- backends ---------------------------------------------------------------------------------- */

typedef struct Opened { /* what a backend says of itself when it opens */
    bool counts;        /* needs a calibration */
    bool calibrated;    /* brings its own: */
    ScaleCalibration calibration;
    double hz; /* as it is set up; 0: as it comes */
} Opened;

typedef struct Backend {
    const char *scheme; /* "serial:" */
    Status (*open)(void **state, const char *rest, Opened *opened);
    /* Until deadline_ns on the cart's clock; *at_ns: when it was heard. */
    Status (*next)(void *state, int64_t deadline_ns, Heard *out, int64_t *at_ns);
    Status (*tell)(void *state, ScaleOrder order, int64_t deadline_ns); /* NULL: takes no orders */
    int64_t (*garbage)(const void *state);
    void (*close)(void *state); /* NULL is fine */
} Backend;

extern const Backend scale_serial, scale_hid, scale_iio, scale_sim;

/* Milliseconds from now until then, rounded up, 0 to a minute: what poll() takes. */
int scale_wait_ms(int64_t until_ns);

/* -- uri: DEVICE?KEY=VALUE&KEY=VALUE ----------------------------------------------------------- */

enum { URI_TEXT_BYTES = 128, URI_OPTIONS_MAX = 8 };

typedef struct Uri {
    char device[4 * URI_TEXT_BYTES];
    int count;
    struct {
        char key[16], value[URI_TEXT_BYTES];
    } at[URI_OPTIONS_MAX];
} Uri;

/* keys: NULL-terminated, those that may be there. E_INVALID names scheme and word. */
MUST_USE Status uri_parse(const char *scheme, const char *rest, const char *const *keys, Uri *out);
/* The value, or the fallback. */
const char *uri_get(const Uri *uri, const char *key, const char *fallback);
/* A whole number in a range. E_INVALID names the key. */
MUST_USE Status uri_number(
    const char *scheme, const Uri *uri, const char *key, int fallback, int min, int max, int *out);

/* -- lines: bytes in, texts out ---------------------------------------------------------------- */

enum { LINE_BYTES = 96 };

typedef struct ScaleLine { /* starts as {0} */
    const char *ends;      /* bytes that end a line */
    int frame;             /* or: bytes of a frame that begins with STX; 0: lines */
    uint8_t mask;          /* 0x7f takes a parity bit off; 0: none */
    bool begun;            /* an end was heard: what came before it was half a line */
    bool bad;              /* until the end of this line */
    int length, stray;
    char text[LINE_BYTES + 1];
} ScaleLine;

typedef enum LineHeard { LINE_MORE, LINE_WHOLE, LINE_BROKEN } LineHeard;

/* LINE_WHOLE: the line is in text, NUL-terminated, until the next byte. LINE_BROKEN: what ended had
 * control characters in it or was too long. */
LineHeard scale_line_feed(ScaleLine *line, uint8_t byte);

/* -- weights in words -------------------------------------------------------------------------- */

/* Grams of one unit by its name (g kg lb lbs oz, any case); 0: no such unit. */
double unit_grams(const char *name, size_t length);

/* "+  1.234 kg", "-12,5lb", "100.0" (in the fallback unit) and nothing after it. fallback_g 0: the
 * unit must be there. false: no weight, or one beyond SCALE_WEIGHT_MAX_G. */
bool read_weight(const char *text, double fallback_g, double *grams, bool *had_unit);

/* -- line protocols: pure ---------------------------------------------------------------------- */

/* A line that lacks what the first one had is half a line. */
typedef struct LineShape { /* starts as {0} */
    bool known, head, unit, checksum;
    int cells;
} LineShape;

typedef enum LineKind {
    KIND_GARBAGE,
    KIND_SAMPLE,
    KIND_OTHER,   /* understood, and nothing to weigh */
    KIND_DONE,    /* an order was carried out */
    KIND_REFUSED, /* and was not */
    KIND_UNKNOWN  /* the device does not know what it was asked */
} LineKind;

typedef struct Protocol {
    const char *name;
    const char *ends;
    int frame; /* bytes of a frame; 0: lines */
    uint8_t mask;
    bool counts;
    const char *stream; /* asks for weights from now on; NULL: cannot be asked, or need not */
    const char *poll;   /* asks for one */
    const char *zero, *tare;
    /* unit_g: of a weight without a unit; 0: none is taken */
    LineKind (*read)(LineShape *shape, const char *line, double unit_g, Heard *out);
} Protocol;

extern const Protocol protocol_counts, protocol_continuous, protocol_toledo, protocol_toledo_sum,
    protocol_sics, protocol_nci;

enum { TOLEDO_BYTES = 17, TOLEDO_SUM_BYTES = 18 };

/* -- HID reports: pure ------------------------------------------------------------------------- */

/* A data report (report, status, unit, exponent, weight LSB, MSB). KIND_OTHER: another report than
 * `report` (0: any is taken). */
LineKind hid_read(const uint8_t *bytes, size_t size, int report, Heard *out);
/* Does this report descriptor have the scale page? */
bool hid_is_scale(const uint8_t *descriptor, size_t size);

/* -- IIO scan elements: pure ------------------------------------------------------------------- */

typedef struct IioType {
    bool big_endian, is_signed;
    int bits, storage_bits, repeat, shift;
} IioType;

/* "[be|le]:[s|u]bits/storagebits[Xrepeat][>>shift]". E_INVALID: it is none we can read. */
MUST_USE Status iio_parse_type(const char *text, IioType *out);
int64_t iio_decode(const IioType *type, const uint8_t *bytes);
/* Of an unsigned converter, so that its middle is 0. */
int64_t iio_centre(const IioType *type);

/* -- pace: the rhythm of samples: pure --------------------------------------------------------- */

typedef struct Pace {    /* starts as {0} */
    int64_t last_ns;     /* given out */
    int64_t expected_ns; /* where the loop is */
    double period_ns, ahead_ns;
    int64_t refilled_ns;
    double tokens;
} Pace;

/* Whether there is room for one more sample this second. */
bool pace_admit(Pace *pace, int64_t arrival_ns);
/* When this sample was taken: at its arrival or before, and later than the one before it. */
int64_t pace_stamp(Pace *pace, int64_t arrival_ns);

/* -- sim: pure --------------------------------------------------------------------------------- */

enum { SIM_LOADS = 8 };

typedef struct Sim {
    uint64_t dice;
    double hz;
    int64_t sample;
    double next_s; /* when a pack goes on or off */
    int aboard;
    struct {
        double delta_g, x, y, since_s; /* x, y: -1 to 1 */
    } moves[SIM_LOADS];                /* the last ones; they ring */
    int move;
    double settled_g[CELLS_MAX];
    struct {
        double g, x, y;
    } packs[SIM_LOADS];
} Sim;

void sim_init(Sim *sim, uint64_t seed, double hz);
void sim_step(Sim *sim, int32_t counts[CELLS_MAX]);
ScaleCalibration sim_calibration(double hz);
