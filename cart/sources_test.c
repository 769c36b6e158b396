/* sources_test.c - which URI becomes which source, and how patiently a lost one is tried. */
#include "sources.h"
#include "test.h"

#include <string.h>

static CartConfig config;
static Sources sources;
static const Catalog nothing = {.currency = ""};

static void plan(const char *left, const char *right, const char *scale, const char *scanner) {
    const char *const cameras[][2] = {{"left", left}, {"right", right}};
    SettingSection sections[CONFIG_SECTIONS];
    config_sections(&config, sections);
    settings_defaults(sections, CONFIG_SECTIONS);
    for (int i = 0; i < 2; i++) {
        if (!cameras[i][1]) continue;
        const int at = config.sources.cameras.count++;
        snprintf(config.sources.cameras.at[at].name, SETTING_NAME_BYTES, "%s", cameras[i][0]);
        snprintf(config.sources.cameras.at[at].value, SETTING_TEXT_BYTES, "%s", cameras[i][1]);
    }
    snprintf(config.sources.scale, sizeof config.sources.scale, "%s", scale);
    snprintf(config.sources.scanner, sizeof config.sources.scanner, "%s", scanner);
    sources_plan(&sources, &config, true, &nothing);
}

static void a_tape_is_one_source_whoever_asks_for_it(void) {
    plan("tape:a.mcap", "tape:a.mcap", "tape:a.mcap", "tape:a.mcap");
    CHECK(sources.count == 1 && sources.camera_count == 2 && sources.weighs);
    CHECK(sources.at[0].weighs && sources.at[0].scans && !sources.at[0].live);
    CHECK(sources.at[0].request.camera_count == 2 && sources.at[0].silent_ms == 0);
    CHECK(!strcmp(sources.cameras[1], "right") && sources.at[0].request.cameras[1].index == 1);
}

static void a_scale_may_have_a_tape_of_its_own(void) {
    plan("tape:a.mcap", NULL, "tape:b.mcap", "none");
    CHECK(sources.count == 2 && sources.camera_count == 1);
    CHECK(!source_gives(&sources.at[0], INPUT_SCALE) && source_gives(&sources.at[0], INPUT_FRAME));
    CHECK(source_gives(&sources.at[1], INPUT_SCALE) && source_gives(&sources.at[1], INPUT_IMU));
    CHECK(!source_gives(&sources.at[1], INPUT_SCAN) && !strcmp(sources.at[1].what, "scale"));
    CHECK(!sources.at[1].live);
}

static void devices_are_live_and_only_a_scanner_may_be_silent(void) {
    plan("gst:v4l2src", "fake:", "serial:/dev/ttyUSB0", "serial:/dev/ttyUSB1");
    CHECK(sources.count == 4 && sources.camera_count == 2);
    CHECK(sources.at[0].live && sources.at[0].silent_ms == 2000);
    CHECK(!sources.at[1].live);
    CHECK(
        sources.at[2].live && sources.at[2].weighs &&
        sources.at[2].silent_ms == config.scale.silent_ms);
    CHECK(sources.at[2].silent_ms + 200 < 1000); /* on show within a second */
    CHECK(sources.at[3].live && sources.at[3].scans && sources.at[3].silent_ms == 0);
    static const char *const live[] = {"hid:/dev/hidraw0", "iio:/sys/x", "sim:", "serial:/dev/x"};
    for (size_t i = 0; i < sizeof live / sizeof *live; i++) {
        plan(NULL, NULL, live[i], "none");
        CHECK(sources.count == 1 && sources.at[0].live);
    }
    plan(NULL, NULL, "none", "none");
    CHECK(sources.count == 0 && !sources.weighs);
}

static void what_no_room_knows_is_refused_by_the_room_it_was_meant_for(void) {
    plan(NULL, NULL, "usb:cells", "none");
    CHECK(source_open(&sources.at[0]) == E_INVALID && strstr(fail_reason(), "scale: 'usb:cells'"));
    plan("webcam:0", NULL, "none", "none");
    CHECK(source_open(&sources.at[0]) == E_INVALID && strstr(fail_reason(), "capture: 'webcam:0'"));
    plan(NULL, NULL, "none", "ps2:");
    CHECK(source_open(&sources.at[0]) == E_INVALID && strstr(fail_reason(), "scanner: 'ps2:'"));
    source_close(&sources.at[0]);
    source_close(&sources.at[0]);
}

static void a_lost_device_is_tried_ever_more_patiently_up_to_four_seconds(void) {
    static const int wanted[] = {250, 500, 1000, 2000, 4000, 4000, 4000};
    for (int i = 0; i < 7; i++)
        CHECK(source_retry_ms(i) == wanted[i]);
    CHECK(source_retry_ms(1000000) == 4000);
}

int main(void) {
    RUN(a_tape_is_one_source_whoever_asks_for_it);
    RUN(a_scale_may_have_a_tape_of_its_own);
    RUN(devices_are_live_and_only_a_scanner_may_be_silent);
    RUN(what_no_room_knows_is_refused_by_the_room_it_was_meant_for);
    RUN(a_lost_device_is_tried_ever_more_patiently_up_to_four_seconds);
    return DONE();
}
