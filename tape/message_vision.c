/* message_vision.c - what was seen, and what the reasoner makes of it. */
#include "message_internal.h"

#include <stdio.h>

static json_t *json_of_stamp(int64_t t_ns) {
    return json_pack(
        "{s:I, s:I}", "sec", (json_int_t)(t_ns / 1000000000), "nsec",
        (json_int_t)(t_ns % 1000000000));
}

static json_t *json_of_point(float x, float y) {
    return json_pack("{s:o, s:o}", "x", json_of_real((double)x), "y", json_of_real((double)y));
}

static json_t *json_of_color(double r, double g, double b, double a) {
    return json_pack("{s:f, s:f, s:f, s:f}", "r", r, "g", g, "b", b, "a", a);
}

static json_t *json_of_kind_color(DetectionKind kind) {
    return kind == DETECTION_HAND ? json_of_color(1, 0.6, 0.1, 1) : json_of_color(0.1, 0.9, 0.3, 1);
}

static json_t *json_of_outline(int64_t t_ns, const Detection *detection) {
    enum { LINE_LOOP = 3 }; /* foxglove.PointsAnnotation */
    Box box = detection->box;
    return json_pack(
        "{s:o, s:i, s:[o,o,o,o], s:o, s:f}", "timestamp", json_of_stamp(t_ns), "type", LINE_LOOP,
        "points", json_of_point(box.x0, box.y0), json_of_point(box.x1, box.y0),
        json_of_point(box.x1, box.y1), json_of_point(box.x0, box.y1), "outline_color",
        json_of_kind_color(detection->kind), "thickness", 2.0);
}

static json_t *json_of_label(int64_t t_ns, Box box, const char *text, DetectionKind kind) {
    return json_pack(
        "{s:o, s:o, s:s, s:f, s:o, s:o}", "timestamp", json_of_stamp(t_ns), "position",
        json_of_point(box.x0, box.y0), "text", text, "font_size", 12.0, "text_color",
        json_of_kind_color(kind), "background_color", json_of_color(0, 0, 0, 0.6));
}

json_t *message_from_detections(const Detections *detections, const Tracks *tracks) {
    int64_t t_ns = detections->t_ns;
    json_t *points = json_array(), *texts = json_array();
    char text[48];
    for (int i = 0; i < detections->count; i++) {
        const Detection *at = &detections->at[i];
        json_array_append_new(points, json_of_outline(t_ns, at));
        const char *name = at->kind == DETECTION_HAND ? "hand" : "item";
        snprintf(text, sizeof text, "%s %.2f", name, (double)at->score_p);
        json_array_append_new(texts, json_of_label(t_ns, at->box, text, at->kind));
    }
    for (int i = 0; tracks && i < tracks->count; i++) {
        const Track *at = &tracks->at[i];
        Box corner = {at->box.x0, at->box.y1, at->box.x1, at->box.y1};
        snprintf(text, sizeof text, "#%d%s", at->id, at->held ? " held" : "");
        json_array_append_new(texts, json_of_label(t_ns, corner, text, at->kind));
    }
    return json_pack("{s:[], s:o, s:o}", "circles", "points", points, "texts", texts);
}

static json_t *json_of_looks(const Looks *looks, const Catalog *catalog) {
    json_t *list = json_array();
    for (int i = 0; i < looks->count; i++) {
        const Product *product = product_at(catalog, looks->at[i].sku);
        json_array_append_new(
            list,
            json_pack(
                "{s:o, s:o, s:o}", "product", json_of_product_id(product), "gtin",
                json_of_product_gtin(product), "log_p", json_of_real((double)looks->at[i].log_p)));
    }
    return list;
}

json_t *
message_from_crossing(const Crossing *crossing, const Catalog *catalog, const char *camera) {
    static const char *const directions[] = {
        [DIRECTION_UNSURE] = "unsure", [DIRECTION_PUT] = "put", [DIRECTION_TAKE] = "take"};
    const Looks *looks = &crossing->looks;
    Box box = crossing->box;
    return json_pack(
        "{s:I, s:I, s:o, s:i, s:o, s:o, s:[o,o,o,o], s:i, s:o, s:o}", "t_ns",
        (json_int_t)crossing->t_ns, "decided_ns", (json_int_t)crossing->decided_ns, "camera",
        camera ? json_of_text(camera) : json_null(), "track", crossing->track, "direction",
        json_of_choice(directions, crossing->direction), "confidence_p",
        json_of_real((double)crossing->confidence_p), "box", json_of_real((double)box.x0),
        json_of_real((double)box.y0), json_of_real((double)box.x1), json_of_real((double)box.y1),
        "views", looks->views, "looks", json_of_looks(looks, catalog), "unknown_log_p",
        looks->views > 0 ? json_of_real((double)looks->unknown_log_p) : json_null());
}

static json_t *json_of_sources(uint32_t sources) {
    static const char *const names[] = {"vision", "weight", "scan"}; /* by bit */
    json_t *list = json_array();
    for (int bit = 0; bit < 3; bit++) {
        if (sources & 1u << bit) json_array_append_new(list, json_string(names[bit]));
    }
    return list;
}

json_t *message_from_belief(const Belief *belief, const Catalog *catalog) {
    static const char *const verdicts[] = {
        [VERDICT_ACCEPT] = "accept", [VERDICT_ASK] = "ask", [VERDICT_IGNORE] = "ignore"};
    json_t *hypotheses = json_array();
    for (int i = 0; i < belief->count; i++) {
        const Hypothesis *at = &belief->at[i];
        const Product *product = product_at(catalog, at->sku);
        json_array_append_new(
            hypotheses,
            json_pack(
                "{s:o, s:o, s:i, s:o}", "product", json_of_product_id(product), "gtin",
                json_of_product_gtin(product), "quantity", at->quantity, "p", json_of_real(at->p)));
    }
    return json_pack(
        "{s:i, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "event", belief->event, "t_ns",
        (json_int_t)belief->t_ns, "decided_ns", (json_int_t)belief->decided_ns, "verdict",
        json_of_choice(verdicts, belief->verdict), "sources", json_of_sources(belief->sources),
        "delta_g", json_of_real(belief->delta_g), "stddev_g", json_of_real(belief->stddev_g),
        "hypotheses", hypotheses);
}
