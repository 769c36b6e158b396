/* message_vision.c - what was seen, and what the reasoner makes of it. */
#include "message_internal.h"

#include <stdio.h>

static json_t *json_of_stamp(int64_t t_ns) {
    Writing to = writing_open();
    put_whole(&to, "sec", (json_int_t)(t_ns / 1000000000));
    put_whole(&to, "nsec", (json_int_t)(t_ns % 1000000000));
    return writing_close(&to);
}

static json_t *json_of_point(float x, float y) {
    Writing to = writing_open();
    put_real(&to, "x", (double)x);
    put_real(&to, "y", (double)y);
    return writing_close(&to);
}

static json_t *json_of_color(double r, double g, double b, double a) {
    Writing to = writing_open();
    put_real(&to, "r", r);
    put_real(&to, "g", g);
    put_real(&to, "b", b);
    put_real(&to, "a", a);
    return writing_close(&to);
}

static json_t *json_of_kind_color(DetectionKind kind) {
    return kind == DETECTION_HAND ? json_of_color(1, 0.6, 0.1, 1) : json_of_color(0.1, 0.9, 0.3, 1);
}

static json_t *json_of_outline(int64_t t_ns, const Detection *detection) {
    enum { LINE_LOOP = 3 }; /* foxglove.PointsAnnotation */
    Box box = detection->box;
    Writing to = writing_open();
    put_json(&to, "timestamp", json_of_stamp(t_ns));
    put_whole(&to, "type", LINE_LOOP);
    put_json(
        &to, "points",
        json_pack(
            "[o,o,o,o]", json_of_point(box.x0, box.y0), json_of_point(box.x1, box.y0),
            json_of_point(box.x1, box.y1), json_of_point(box.x0, box.y1)));
    put_json(&to, "outline_color", json_of_kind_color(detection->kind));
    put_real(&to, "thickness", 2.0);
    return writing_close(&to);
}

static json_t *json_of_label(int64_t t_ns, Box box, const char *text, DetectionKind kind) {
    Writing to = writing_open();
    put_json(&to, "timestamp", json_of_stamp(t_ns));
    put_json(&to, "position", json_of_point(box.x0, box.y0));
    put_text(&to, "text", text);
    put_real(&to, "font_size", 12.0);
    put_json(&to, "text_color", json_of_kind_color(kind));
    put_json(&to, "background_color", json_of_color(0, 0, 0, 0.6));
    return writing_close(&to);
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
    Writing to = writing_open();
    put_json(&to, "circles", json_array());
    put_json(&to, "points", points);
    put_json(&to, "texts", texts);
    return writing_close(&to);
}

static json_t *json_of_look(const Looks *looks, int i, const Catalog *catalog) {
    const Product *product = product_at(catalog, looks->at[i].sku);
    Writing to = writing_open();
    put_json(&to, "product", json_of_product_id(product));
    put_json(&to, "gtin", json_of_product_gtin(product));
    put_real(&to, "log_p", (double)looks->at[i].log_p);
    return writing_close(&to);
}

static json_t *json_of_looks(const Looks *looks, const Catalog *catalog) {
    json_t *list = json_array();
    for (int i = 0; i < looks->count; i++) {
        json_array_append_new(list, json_of_look(looks, i, catalog));
    }
    return list;
}

json_t *
message_from_crossing(const Crossing *crossing, const Catalog *catalog, const char *camera) {
    static const char *const directions[] = {
        [DIRECTION_UNSURE] = "unsure", [DIRECTION_PUT] = "put", [DIRECTION_TAKE] = "take"};
    const Looks *looks = &crossing->looks;
    Box box = crossing->box;
    Writing to = writing_open();
    put_whole(&to, "t_ns", crossing->t_ns);
    put_whole(&to, "decided_ns", crossing->decided_ns);
    put_json(&to, "camera", camera ? json_of_text(camera) : json_null());
    put_whole(&to, "track", crossing->track);
    put_whole(&to, "telling", crossing->telling);
    put_text(&to, "direction", directions[crossing->direction]);
    put_real(&to, "confidence_p", (double)crossing->confidence_p);
    put_json(
        &to, "box",
        json_pack(
            "[o,o,o,o]", json_of_real((double)box.x0), json_of_real((double)box.y0),
            json_of_real((double)box.x1), json_of_real((double)box.y1)));
    put_whole(&to, "views", looks->views);
    put_json(&to, "looks", json_of_looks(looks, catalog));
    put_json(
        &to, "unknown_log_p",
        looks->views > 0 ? json_of_real((double)looks->unknown_log_p) : json_null());
    return writing_close(&to);
}

static json_t *json_of_sources(uint32_t sources) {
    static const char *const names[] = {"vision", "weight", "scan"}; /* by bit */
    json_t *list = json_array();
    for (int bit = 0; bit < 3; bit++) {
        if (sources & 1u << bit) json_array_append_new(list, json_string(names[bit]));
    }
    return list;
}

static json_t *json_of_hypothesis(const Hypothesis *at, const Catalog *catalog) {
    const Product *product = product_at(catalog, at->sku);
    Writing to = writing_open();
    put_json(&to, "product", json_of_product_id(product));
    put_json(&to, "gtin", json_of_product_gtin(product));
    put_whole(&to, "quantity", at->quantity);
    put_real(&to, "p", at->p);
    return writing_close(&to);
}

json_t *message_from_belief(const Belief *belief, const Catalog *catalog) {
    static const char *const verdicts[] = {
        [VERDICT_ACCEPT] = "accept", [VERDICT_ASK] = "ask", [VERDICT_IGNORE] = "ignore"};
    json_t *hypotheses = json_array();
    for (int i = 0; i < belief->count; i++) {
        json_array_append_new(hypotheses, json_of_hypothesis(&belief->at[i], catalog));
    }
    Writing to = writing_open();
    put_whole(&to, "event", belief->event);
    put_whole(&to, "t_ns", belief->t_ns);
    put_whole(&to, "decided_ns", belief->decided_ns);
    put_text(&to, "verdict", verdicts[belief->verdict]);
    put_json(&to, "sources", json_of_sources(belief->sources));
    put_real(&to, "delta_g", belief->delta_g);
    put_real(&to, "stddev_g", belief->stddev_g);
    put_json(&to, "hypotheses", hypotheses);
    return writing_close(&to);
}
