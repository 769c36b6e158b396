#include "vision.h"

#include "clock.h"
#include "enroll.h"
#include "log.h"
#include "pricebook.h"
#include "read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REMEMBERED = 2 * TRACKS_MAX };

/* A crossing is told again while looks at the thing add up, for this long. */
static const int64_t RETELL_NS = INT64_C(1500000000);

/* A label is shown when it stands this far (natural log) above "unknown". */
static const float LABEL_MARGIN = 0.7F;

typedef struct Memory { /* what the looks at one track say so far */
    int32_t track;
    Looks looks;
} Memory;

typedef struct Eye { /* one camera */
    TrackState tracker;
    int next; /* the oldest memory, overwritten next */
    Memory memories[REMEMBERED];
    int told_count; /* crossings that may yet be told again */
    Crossing told[CROSSINGS_MAX];
    ReadVotes votes;
} Eye;

struct Vision {
    TrackConfig track;
    Detector *detector;
    Identifier *identifier;
    Reader *reader;
    int eye_count;
    Eye *eyes;
};

Status vision_open(
    Vision **out,
    const CartConfig *config,
    const Catalog *catalog,
    const char *const *folders,
    int cameras) {
    Vision *vision = calloc(1, sizeof *vision);
    Eye *eyes = calloc((size_t)(cameras > 0 ? cameras : 1), sizeof *eyes);
    if (!vision || !eyes) {
        free(vision);
        free(eyes);
        return fail(E_NO_MEMORY, "vision: out of memory");
    }
    *vision = (Vision){.track = config->track, .eye_count = cameras, .eyes = eyes};
    for (int i = 0; i < cameras; i++)
        track_init(&eyes[i].tracker, i);
    Status status = OK;
    if (cameras > 0) {
        status = detect_open(&vision->detector, &config->detect, &config->infer);
        if (status == OK)
            status = identify_open(&vision->identifier, &config->identify, &config->infer, catalog);
        if (status == OK) status = enroll_unseen(vision->identifier, catalog, folders);
        if (status == OK) status = read_open(&vision->reader);
    }
    if (status != OK) {
        vision_close(vision);
        return status;
    }
    *out = vision;
    return OK;
}

void vision_close(Vision *vision) {
    if (!vision) return;
    read_close(vision->reader);
    identify_close(vision->identifier);
    detect_close(vision->detector);
    free(vision->eyes);
    free(vision);
}

/* The memory of a track, or NULL. */
static Memory *recall(Eye *eye, int32_t track) {
    for (int i = 0; i < REMEMBERED; i++)
        if (eye->memories[i].track == track && track != 0) return &eye->memories[i];
    return NULL;
}

static Memory *remember(Eye *eye, int32_t track) {
    Memory *memory = recall(eye, track);
    if (memory) return memory;
    memory = &eye->memories[eye->next];
    eye->next = (eye->next + 1) % REMEMBERED;
    *memory = (Memory){.track = track};
    return memory;
}

static Status look(Vision *vision, Eye *eye, const Frame *frame, const Tracks *tracks) {
    Box boxes[TRACKS_MAX];
    Looks *looks[TRACKS_MAX];
    int count = 0;
    for (int i = 0; i < tracks->count; i++) {
        if (!tracks->at[i].wants_look) continue;
        boxes[count] = tracks->at[i].box;
        looks[count++] = &remember(eye, tracks->at[i].id)->looks;
    }
    return count > 0 ? identify_look(vision->identifier, frame, boxes, count, looks) : OK;
}

static int32_t label(const Looks *looks) {
    if (looks->count == 0 || looks->at[0].log_p < looks->unknown_log_p + LABEL_MARGIN)
        return SKU_UNKNOWN;
    return looks->at[0].sku;
}

/* Crossings told lately whose things were looked at again join those of this picture. */
static void retell(Eye *eye, int64_t t_ns, TrackOutput *tracked) {
    int kept = 0;
    for (int i = 0; i < eye->told_count; i++) {
        Crossing crossing = eye->told[i];
        const Memory *memory = recall(eye, crossing.track);
        if (!memory || t_ns - crossing.t_ns > RETELL_NS) continue;
        if (memory->looks.views > crossing.looks.views && tracked->crossing_count < CROSSINGS_MAX) {
            crossing.telling++;
            crossing.decided_ns = t_ns;
            crossing.looks = memory->looks;
            tracked->crossings[tracked->crossing_count++] = crossing;
        }
        eye->told[kept++] = crossing;
    }
    eye->told_count = kept;
}

static void remember_told(Eye *eye, const Crossing *crossing) {
    if (eye->told_count == CROSSINGS_MAX)
        memmove(&eye->told[0], &eye->told[1], sizeof eye->told[0] * (size_t)(--eye->told_count));
    eye->told[eye->told_count++] = *crossing;
}

static void fill_in(Eye *eye, int64_t t_ns, Sighting *out) {
    const int news = out->tracked.crossing_count;
    for (int i = 0; i < news; i++) {
        const Memory *memory = recall(eye, out->tracked.crossings[i].track);
        if (memory) out->tracked.crossings[i].looks = memory->looks;
    }
    retell(eye, t_ns, &out->tracked);
    for (int i = 0; i < news; i++)
        remember_told(eye, &out->tracked.crossings[i]);
    for (int i = 0; i < out->tracked.tracks.count; i++) {
        const Memory *memory = recall(eye, out->tracked.tracks.at[i].id);
        out->label_sku[i] = memory ? label(&memory->looks) : SKU_UNKNOWN;
    }
}

/* Codes on things in a hand: a pack that lies in the basket was counted long ago. */
static void read_carried(Vision *vision, Eye *eye, const Frame *frame, Sighting *out) {
    out->scan_count = 0;
    for (int i = 0; i < out->tracked.tracks.count; i++) {
        const Track *track = &out->tracked.tracks.at[i];
        if (!track->wants_look || !track->held) continue;
        Scan scans[SIGHTING_SCANS_MAX];
        const int count = read_codes(vision->reader, frame, &track->box, scans, SIGHTING_SCANS_MAX);
        for (int j = 0; j < count && out->scan_count < SIGHTING_SCANS_MAX; j++)
            if (read_vote(&eye->votes, track->id, &scans[j]))
                out->scans[out->scan_count++] = scans[j];
    }
}

static double seconds_since(int64_t t_ns) {
    return (double)(clock_now_ns() - t_ns) / (double)NS_PER_SECOND;
}

Status vision_see(Vision *vision, const Frame *frame, Sighting *out) {
    Eye *eye = &vision->eyes[frame->camera];
    const int64_t detect_ns = clock_now_ns();
    TRY(detect_frames(vision->detector, &frame, 1, &out->detections));
    track_step(&vision->track, &eye->tracker, &out->detections, &out->tracked);
    out->detect_s = seconds_since(detect_ns);

    const int64_t identify_ns = clock_now_ns();
    TRY(look(vision, eye, frame, &out->tracked.tracks));
    read_carried(vision, eye, frame, out);
    fill_in(eye, frame->t_ns, out);
    out->identify_s = seconds_since(identify_ns);
    return OK;
}

void vision_flush(Vision *vision, int camera, Sighting *out) {
    memset(out, 0, sizeof *out);
    track_flush(&vision->track, &vision->eyes[camera].tracker, &out->tracked);
    fill_in(&vision->eyes[camera], out->tracked.tracks.t_ns, out);
}
