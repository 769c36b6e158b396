#include "clock.h"
#include "publish.h"
#include "publish_internal.h"
#include "test.h"
#include "test_cart.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* -- streams ---------------------------------------------------------------------------------- */

static void a_stream_begins_with_what_is_and_goes_on_with_what_happens(void) {
    begin();
    const Basket basket = two_lines();
    const WeightReading reading = {.t_ns = 1, .total_g = 512.5};
    const Fault fault = {.active = true, .what = "scale", .why = "The scale is silent."};
    publish_basket(publisher, &basket);
    publish_weight(publisher, &reading, NULL);
    publish_fault(publisher, &fault);
    const int first = open_stream("/api/v1/stream", 0);
    CHECK(hear(first, "The scale is silent."));
    CHECK(says("Content-Type: text/event-stream"));
    const char *told = strstr(reply, "event: basket\ndata: {");
    CHECK(told != NULL);
    told = told ? strstr(told, "event: weight\ndata: {") : NULL;
    CHECK(told && strstr(told, "event: fault\ndata: {"));

    const int second = open_stream("/api/v1/stream", 0);
    CHECK(hear(second, "event: fault"));
    const Entry entry = {.sequence = 1, .kind = ENTRY_ADD, .sku = 1, .quantity = 1};
    const Detections seen = {
        .t_ns = 3,
        .width = 640,
        .height = 480,
        .count = 1,
        .at = {{.box = {1, 2, 3, 4}, .kind = DETECTION_HAND, .score_p = 0.5F}}};
    Tracks tracks = {.count = 2};
    tracks.at[1] = (Track){.id = 12, .box = {5, 6, 7, 8}};
    const char *labels[] = {NULL, "Oat drink"};
    publish_entry(publisher, &entry);
    publish_detections(publisher, &seen, NULL, "left", NULL);
    publish_detections(publisher, &seen, &tracks, "right", labels);
    for (int i = 0; i < 2; i++) {
        reply_size = 0;
        CHECK(hear(i ? second : first, "\"label\":\"Oat drink\"}]}\n\n"));
        CHECK(says("event: entry\ndata: {\"sequence\":1,"));
        CHECK(says("event: detections\ndata: {\"camera\":\"left\",\"t_ns\":3,\"width\":640,"));
        CHECK(says("\"kind\":\"hand\",\"x0\":1.0"));
        CHECK(says("\"track\":12"));
    }
    close(first);
    close(second);
    end();
}

static void a_quiet_stream_gets_a_sign_of_life(void) {
    begin();
    const int events = open_stream("/api/v1/stream", 0);
    CHECK(hear(events, "event: basket"));
    pthread_mutex_lock(&publisher->lock);
    stream_heartbeat(publisher, clock_now_ns() + 14 * NS_PER_SECOND);
    stream_heartbeat(publisher, clock_now_ns() + 16 * NS_PER_SECOND);
    pthread_mutex_unlock(&publisher->lock);
    CHECK(hear(events, ": still here\n\n"));
    close(events);
    end();
}

/* Until the gauge of open streams says so. */
static bool streams_become(double count) {
    for (int i = 0; i < 500; i++) {
        if (metric_value(metrics_gauge(metrics, "cart_http_streams", "", "")) == count) return true;
        clock_sleep_until_ns(clock_now_ns() + 10 * NS_PER_MS);
    }
    return false;
}

static void a_client_that_does_not_read_is_cut_off_and_the_others_are_not(void) {
    begin();
    const int slow = open_stream("/api/v1/stream", 4096);
    CHECK(hear(slow, "event: basket"));
    const int quick = open_stream("/api/v1/stream", 0);
    CHECK(hear(quick, "event: basket"));
    CHECK(streams_become(2));

    Basket basket = two_lines();
    for (int i = 0; i < BASKET_LINES_MAX; i++)
        basket.lines[i] = basket.lines[0];
    basket.count = BASKET_LINES_MAX;
    Metric *cut = metrics_counter(metrics, "cart_http_streams_cut_total", "", "");
    int said = 0;
    for (; said < 400 && metric_value(cut) == 0; said++) {
        basket.revision = said;
        publish_basket(publisher, &basket);
        char last[48];
        snprintf(last, sizeof last, "\"revision\":%d,", said);
        reply_size = 0;
        CHECK(hear(quick, last));
    }
    CHECK(metric_value(cut) == 1 && said > 5 && said < 100);
    CHECK(streams_become(1));
    publish_basket(publisher, &basket);
    reply_size = 0;
    CHECK(hear(quick, "event: basket"));
    reply_size = 0;
    CHECK(!hear(slow, "no more than the kernel kept"));
    CHECK(reply_size < REPLY_BYTES - 1);
    close(slow);
    close(quick);
    end();
}

static void pictures_are_sent_to_whoever_watches(void) {
    begin();
    const uint8_t one[] = "first jpeg", two[] = "second jpeg";
    CHECK(!publish_wants_frame(publisher, 0));
    publish_frame(publisher, 0, one, sizeof one - 1); /* nobody watches */
    const int left = open_stream("/camera/left.mjpg", 0);
    CHECK(hear(left, "--picture\r\n") && says("multipart/x-mixed-replace; boundary=picture"));
    CHECK(publish_wants_frame(publisher, 0) && !publish_wants_frame(publisher, 1));
    CHECK(!publish_wants_frame(publisher, 2) && !publish_wants_frame(publisher, -1));
    publish_frame(publisher, 1, one, sizeof one - 1);
    publish_frame(publisher, 0, two, sizeof two - 1);
    publish_frame(publisher, 9, two, sizeof two - 1);
    CHECK(hear(
        left,
        "Content-Type: image/jpeg\r\nContent-Length: 11\r\n\r\nsecond jpeg\r\n--picture\r\n"));
    CHECK(!says("first jpeg"));

    const int late = open_stream("/camera/left.mjpg", 0);
    CHECK(hear(late, "second jpeg"));
    close(left);
    close(late);
    for (int i = 0; i < 500 && publish_wants_frame(publisher, 0); i++) {
        publish_frame(publisher, 0, one, sizeof one - 1);
        clock_sleep_until_ns(clock_now_ns() + 10 * NS_PER_MS);
    }
    CHECK(!publish_wants_frame(publisher, 0));
    end();
}

static void a_slow_watcher_skips_pictures_and_sees_the_newest(void) {
    begin();
    static uint8_t jpeg[100000];
    memset(jpeg, 'j', sizeof jpeg);
    const int slow = open_stream("/camera/left.mjpg", 4096);
    CHECK(hear(slow, "--picture"));
    for (int i = 0; i < 100; i++) {
        snprintf((char *)jpeg, 100, "picture number %d.", i); /* twice: a chunk may end in one */
        snprintf((char *)jpeg + 50000, 100, "picture number %d.", i);
        publish_frame(publisher, 0, jpeg, sizeof jpeg);
        clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
    }
    CHECK(hear(slow, "picture number 99.") && reply_size < 900000);
    CHECK(streams_become(1));
    close(slow);
    end();
}

static void streams_leave_connections_for_the_rest(void) {
    begin();
    int open[13];
    for (int i = 0; i < 12; i++) {
        open[i] = open_stream("/api/v1/stream", 0);
        CHECK(hear(open[i], "event: basket"));
    }
    open[12] = open_stream("/camera/left.mjpg", 0);
    CHECK(hear(open[12], "too many streams") && status_of_reply() == 503);
    CHECK(get("/api/v1/basket") == 200);
    for (int i = 0; i < 13; i++)
        close(open[i]);
    end();
}

static void closing_ends_every_stream(void) {
    begin();
    const int events = open_stream("/api/v1/stream", 0);
    CHECK(hear(events, "event: basket"));
    const int left = open_stream("/camera/left.mjpg", 0);
    CHECK(hear(left, "--picture"));
    const int64_t before_ns = clock_now_ns();
    end();
    CHECK(clock_now_ns() - before_ns < 2 * NS_PER_SECOND);
    CHECK(!hear(events, "never said") && !hear(left, "never said"));
    close(events);
    close(left);
    publish_close(NULL);
}

static void *talk(void *context) {
    const Basket *basket = context;
    const uint8_t jpeg[] = "jpeg";
    const Fault fault = {.active = true, .what = "x"};
    const WeightReading reading = {.total_g = 1};
    Entry entry = {.kind = ENTRY_ADD, .sku = 1};
    for (int i = 0; i < 300; i++) {
        entry.sequence = i + 1;
        publish_basket(publisher, basket);
        publish_entry(publisher, &entry);
        publish_weight(publisher, &reading, NULL);
        publish_fault(publisher, &fault);
        publish_camera(publisher, 0, 1, 1);
        if (publish_wants_frame(publisher, 0)) publish_frame(publisher, 0, jpeg, sizeof jpeg);
        clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
    }
    return NULL;
}

static void a_client_that_leaves_a_quiet_cart_is_noticed(void) {
    begin();
    const int events = open_stream("/api/v1/stream", 0);
    CHECK(hear(events, "event: basket"));
    const int left = open_stream("/camera/left.mjpg", 0);
    CHECK(hear(left, "--picture") && streams_become(2));
    close(events);
    close(left);
    CHECK(streams_become(0) && !publish_wants_frame(publisher, 0));
    CHECK(metric_value(metrics_counter(metrics, "cart_http_streams_cut_total", "", "")) == 0);
    end();
}

static void browsers_may_come_and_go_while_the_cart_talks(void) {
    PublishConfig config = test_config();
    config.max_clients = 128;
    begin_with(&config);
    const Basket basket = two_lines();
    pthread_t outbox;
    CHECK(pthread_create(&outbox, NULL, talk, (void *)&basket) == 0);
    for (int i = 0; i < 25; i++) {
        const int events = open_stream("/api/v1/stream", 0);
        CHECK(hear(events, "event: basket"));
        const int left = open_stream("/camera/left.mjpg", 0);
        CHECK(hear(left, "--picture"));
        CHECK(get("/api/v1/basket") == 200 && get("/api/v1/events?since=1") == 200);
        CHECK(get("/api/v1/cameras") == 200 && get("/metrics") == 200);
        close(events);
        close(left);
    }
    pthread_join(outbox, NULL);
    end();
}

int main(void) {
    if (!cart_prepare()) return 99;
    RUN(a_stream_begins_with_what_is_and_goes_on_with_what_happens);
    RUN(a_quiet_stream_gets_a_sign_of_life);
    RUN(a_client_that_does_not_read_is_cut_off_and_the_others_are_not);
    RUN(pictures_are_sent_to_whoever_watches);
    RUN(a_slow_watcher_skips_pictures_and_sees_the_newest);
    RUN(streams_leave_connections_for_the_rest);
    RUN(closing_ends_every_stream);
    RUN(a_client_that_leaves_a_quiet_cart_is_noticed);
    RUN(browsers_may_come_and_go_while_the_cart_talks);
    cart_remove();
    return DONE();
}
