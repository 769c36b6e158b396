/*
 * scale.c - the scale as OPC 40200 (OPC UA for Weighing Technology, 2.00) names its parts, what can
 * be told to it, and the log of what was.
 */
#include "message.h"
#include "publish_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* -- reading ----------------------------------------------------------------------------------- */

/* WeightType: three numbers; null where none may be shown. */
static json_t *json_of_weight(bool shown, double gross, double tare) {
    if (!shown) return json_pack("{s:n, s:n, s:n}", "Gross", "Net", "Tare");
    return json_pack("{s:f, s:f, s:f}", "Gross", gross, "Net", gross - tare, "Tare", tare);
}

static json_t *json_of_printable(bool shown, const LegalWeight *legal) {
    char gross[24], net[24], tare[24];
    if (!shown) return json_pack("{s:s, s:s, s:s}", "Gross", "", "Net", "", "Tare", "");
    snprintf(gross, sizeof gross, "%lld", (long long)legal->gross * legal->e_g);
    snprintf(net, sizeof net, "%lld", (long long)legal->net * legal->e_g);
    snprintf(tare, sizeof tare, "%lld", (long long)legal->tare * legal->e_g);
    return json_pack("{s:s, s:s, s:s}", "Gross", gross, "Net", net, "Tare", tare);
}

/* The properties of a WeightItemType that are known here; docs/wire.md says which and why. */
static json_t *json_of_current(const WeightReading *reading, const LegalWeight *legal) {
    const bool shown = !legal->overload && !legal->underload && !legal->tilted;
    const double e_g = legal->e_g;
    json_t *current = json_of_weight(shown, legal->gross * e_g, legal->tare * e_g);
    json_t *more = json_pack(
        "{s:o, s:o, s:b, s:b, s:b, s:b, s:b, s:i, s:b, s:s}", "PrintableValue",
        json_of_printable(shown, legal), "HighResolutionValue",
        json_of_weight(shown && isfinite(reading->total_g), reading->total_g, legal->tare * e_g),
        "WeightStable", legal->stable, "CenterOfZero", shown && legal->zero, "GrossNegative",
        legal->gross < 0, "Overload", legal->overload, "Underload", legal->underload, "TareMode",
        legal->tare == 0 ? 0
        : legal->preset  ? 2
                         : 1,
        "LegalForTrade", 0, "EngineeringUnits", "g");
    json_object_update(current, more);
    json_decref(more);
    return current;
}

/* A weight that is no longer measured is no weight. */
static bool has_fault(const Publisher *publisher, Fault *out) {
    for (int i = 0; i < publisher->fault_count; i++) {
        if (strcmp(publisher->faults[i].what, "scale") != 0) continue;
        *out = publisher->faults[i];
        return true;
    }
    return false;
}

Answer answer_scale(const Call *call) {
    Publisher *publisher = call->publisher;
    Fault fault;
    pthread_mutex_lock(&publisher->lock);
    const bool has_weight = publisher->has_weight, has_legal = publisher->has_legal;
    const bool faulty = has_fault(publisher, &fault);
    const WeightReading weight = publisher->weight;
    const LegalWeight legal = publisher->legal;
    pthread_mutex_unlock(&publisher->lock);
    if (faulty) return answer_error(MHD_HTTP_SERVICE_UNAVAILABLE, "%s", fault.why);
    if (!has_weight)
        return answer_error(MHD_HTTP_SERVICE_UNAVAILABLE, "the scale has not said anything yet");
    json_t *message = message_from_weight(&weight, has_legal ? &legal : NULL);
    if (message && has_legal)
        json_object_set_new(message, "CurrentWeight", json_of_current(&weight, &legal));
    return answer_json(MHD_HTTP_OK, message);
}

/* -- the log ----------------------------------------------------------------------------------- */

static json_t *json_of_event(int64_t number, const ScaleEvent *event) {
    return json_pack(
        "{s:I, s:I, s:s, s:b, s:s}", "number", (json_int_t)number, "t_ns", (json_int_t)event->t_ns,
        "what", event->what, "done", event->done, "why", event->why);
}

void scale_log_add(Publisher *publisher, const ScaleEvent *event) {
    publisher->scale_log[publisher->scale_events++ % SCALE_EVENTS_KEPT] = *event;
    if (publisher->event_clients)
        stream_say(
            publisher, -1, blob_of_event("scale", json_of_event(publisher->scale_events, event)));
}

Answer answer_scale_log(const Call *call) {
    int64_t since;
    if (!read_query_number(call, "since", 0, INT64_MAX, &since))
        return answer_error(MHD_HTTP_BAD_REQUEST, "since must be the number of an event");
    Publisher *publisher = call->publisher;
    json_t *events = json_array();
    pthread_mutex_lock(&publisher->lock);
    const int64_t last = publisher->scale_events;
    int64_t number = last > SCALE_EVENTS_KEPT ? last - SCALE_EVENTS_KEPT + 1 : 1;
    if (number <= since) number = since + 1;
    for (; number <= last; number++)
        json_array_append_new(
            events, json_of_event(number, &publisher->scale_log[(number - 1) % SCALE_EVENTS_KEPT]));
    pthread_mutex_unlock(&publisher->lock);
    return answer_json(
        MHD_HTTP_OK, json_pack("{s:o, s:I}", "events", events, "last", (json_int_t)last));
}
