/*
 * pace.c - when a sample was taken. A device samples in a steady rhythm; a port hands over what it
 * has in bunches, late and never early. A second-order loop follows the rhythm: the next sample is
 * expected a period after the last, moved a little towards its arrival, and so is the period.
 * Inside a bunch that is later than the arrival; by the most it was of late, all stamps are moved
 * back. After a gap it begins anew.
 */
#include "scale_internal.h"

#define GAIN        (1 / 16.0)
#define PERIOD_GAIN (1 / 256.0)
#define FORGET      0.998 /* of the most by which it was ahead, a sample */
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
    if (pace->last_ns && arrival_ns - pace->last_ns < GAP_NS) {
        const double since_ns = (double)(arrival_ns - pace->expected_ns);
        if (pace->period_ns == 0) pace->period_ns = clamped(since_ns, PERIOD_MIN, PERIOD_MAX);
        const double late_ns = since_ns - pace->period_ns;
        pace->expected_ns += (int64_t)(pace->period_ns + GAIN * late_ns);
        pace->period_ns = clamped(pace->period_ns + PERIOD_GAIN * late_ns, PERIOD_MIN, PERIOD_MAX);
    } else {
        pace->expected_ns = arrival_ns;
        pace->ahead_ns = 0;
    }
    const double ahead_ns = (double)(pace->expected_ns - arrival_ns);
    pace->ahead_ns *= FORGET;
    if (ahead_ns > pace->ahead_ns) pace->ahead_ns = ahead_ns;
    int64_t stamp_ns = pace->expected_ns - (int64_t)pace->ahead_ns;
    if (stamp_ns > arrival_ns) stamp_ns = arrival_ns;
    if (stamp_ns <= pace->last_ns) stamp_ns = pace->last_ns + 1;
    pace->last_ns = stamp_ns;
    return stamp_ns;
}
