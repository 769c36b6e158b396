/*
 * pace.c - when a sample was taken. A device samples in a steady rhythm; a port hands over what it
 * has in bunches, late and never early. A second-order loop follows the rhythm: the next sample is
 * expected a period after the last, moved an eighth of the way towards its arrival, and the period
 * a sixty-fourth. After a gap it begins anew.
 */
#include "scale_internal.h"

#define GAIN        0.125
#define PERIOD_GAIN (1 / 64.0)
#define GAP_NS      INT64_C(300000000)
#define PERIOD_MIN  1e6 /* ns */
#define PERIOD_MAX  1e9

#define ADMIT_HZ   400.0
#define ADMIT_MOST 64.0 /* in one bunch */

bool pace_admit(Pace *pace, int64_t arrival_ns) {
    if (pace->refilled_ns == 0) pace->tokens = ADMIT_MOST;
    if (pace->refilled_ns && arrival_ns > pace->refilled_ns)
        pace->tokens += (double)(arrival_ns - pace->refilled_ns) * 1e-9 * ADMIT_HZ;
    if (pace->tokens > ADMIT_MOST) pace->tokens = ADMIT_MOST;
    pace->refilled_ns = arrival_ns;
    if (pace->tokens < 1) return false;
    pace->tokens -= 1;
    return true;
}

static double clamped(double value, double min, double max) {
    return value < min ? min : value > max ? max : value;
}

int64_t pace_stamp(Pace *pace, int64_t arrival_ns) {
    int64_t stamp_ns = arrival_ns;
    const int64_t since_ns = arrival_ns - pace->last_ns;
    if (pace->last_ns && since_ns < GAP_NS) {
        if (pace->period_ns == 0)
            pace->period_ns = clamped((double)since_ns, PERIOD_MIN, PERIOD_MAX);
        const double late_ns = (double)since_ns - pace->period_ns;
        stamp_ns = pace->last_ns + (int64_t)(pace->period_ns + GAIN * late_ns);
        pace->period_ns = clamped(pace->period_ns + PERIOD_GAIN * late_ns, PERIOD_MIN, PERIOD_MAX);
    }
    if (stamp_ns > arrival_ns) stamp_ns = arrival_ns;
    if (stamp_ns <= pace->last_ns) stamp_ns = pace->last_ns + 1;
    pace->last_ns = stamp_ns;
    return stamp_ns;
}
