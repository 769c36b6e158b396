/* Whole runs: session_test CATALOG. Skipped only where EGL is missing. */
#include "file.h"
#include "message.h"
#include "pricebook.h"
#include "receipt.h"
#include "session.h"
#include "test.h"

#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <unistd.h>

static const char *catalog_folder;
static char folder[] = "/tmp/cartwright_session_XXXXXX";

static Status play(const char *text, int seed, const char *name, bool pictures, char path[256]) {
    static Scenario scenario;
    Catalog catalog;
    char **folders;
    SessionReport report;
    snprintf(path, 256, "%s/%s", folder, name);
    TRY(scenario_parse("test.yaml", (const uint8_t *)text, strlen(text), &scenario));
    TRY(pricebook_load(&catalog, &catalog_folder, 1));
    TRY(pricebook_folders(&catalog, &catalog_folder, 1, &folders));
    const SessionOptions options = {
        .tape = path,
        .scenario_file = "test.yaml",
        .scenario_sha256 = "",
        .product_folders = "catalog",
        .products_sha256 = "",
        .pictures_text = "",
        .seed = (uint64_t)seed,
        .fps = 4,
        .width = 160,
        .height = 120,
        .quality = 80,
        .pictures = pictures,
    };
    const Status status = session_run(&options, &scenario, &catalog, folders, &report);
    free(folders);
    pricebook_free(&catalog);
    if (status != OK) printf("# %s\n", fail_reason());
    return status;
}

static bool same_files(const char *a, const char *b) {
    uint8_t *left = NULL, *right = NULL;
    size_t left_size = 0, right_size = 0;
    const bool read = file_read(a, 1 << 28, &left, &left_size) == OK &&
                      file_read(b, 1 << 28, &right, &right_size) == OK;
    const bool same = read && left_size == right_size && memcmp(left, right, left_size) == 0;
    free(left);
    free(right);
    return same;
}

static void a_seed_gives_the_same_tape_byte_for_byte(void) {
    static const char story[] = "name: short\npause_s: [0.1, 0.3]\nevents:\n  - add: any\n    "
                                "scan: true\n  - remove: any\n";
    char first[256], again[256], other[256];
    CHECK(play(story, 5, "first.mcap", true, first) == OK);
    CHECK(play(story, 5, "again.mcap", true, again) == OK);
    CHECK(play(story, 6, "other.mcap", true, other) == OK);
    CHECK(same_files(first, again));
    CHECK(!same_files(first, other));
}

/* What a tape says, gathered. */
typedef struct Told {
    int events, pieces, scans, pictures, boxes, scale_samples;
    double put_g, taken_g, load_g, weighed_g; /* weighed: mean of the last second's samples */
    int lines;
    int64_t total_minor;
} Told;

static void
hear(Told *told, const TapeMessage *message, const ScaleCalibration *calibration, int64_t end_ns) {
    const char *topic = message->channel->topic;
    ScaleSample sample;
    TruthEvent event;
    told->scans += strcmp(topic, "/scan") == 0;
    told->pictures += strcmp(topic, "/camera/left") == 0;
    told->boxes += strcmp(topic, "/truth/boxes/left") == 0;
    if (strcmp(topic, "/truth/event") == 0 &&
        message_to_truth_event(message->bytes, message->size, &event) == OK) {
        told->events++;
        told->pieces += event.quantity;
        *(event.quantity > 0 ? &told->put_g : &told->taken_g) += event.weight_g;
    }
    if (strcmp(topic, "/truth/basket") == 0) {
        json_t *basket = json_loadb((const char *)message->bytes, message->size, 0, NULL);
        told->lines = (int)json_array_size(json_object_get(basket, "lines"));
        told->total_minor = json_integer_value(json_object_get(basket, "total_minor"));
        told->load_g = json_number_value(json_object_get(basket, "load_g"));
        json_decref(basket);
    }
    if (strcmp(topic, "/scale/raw") == 0 && message->t_ns > end_ns - 1000000000 &&
        message_to_scale_sample(message->bytes, message->size, &sample) == OK) {
        told->scale_samples++;
        for (int i = 0; i < 4; i++)
            told->weighed_g += (sample.counts[i] - calibration->cell[i].zero_counts) /
                               calibration->cell[i].counts_per_g;
    }
}

static Told listen(const char *path) {
    Told told = {0};
    TapeReader *tape = NULL;
    TapeMessage message;
    ScaleCalibration calibration = {0};
    CHECK(tape_open(&tape, path) == OK);
    if (!tape) return told;
    CHECK(strcmp(tape_note_get(tape, "cartwright", "simulated"), "true") == 0);
    while (tape_next(tape, &message) == OK) {
        if (strcmp(message.channel->topic, "/scale/calibration") == 0)
            CHECK(message_to_scale_calibration(message.bytes, message.size, &calibration) == OK);
        hear(&told, &message, &calibration, tape_info(tape)->end_ns);
    }
    if (told.scale_samples) told.weighed_g /= told.scale_samples;
    tape_close(tape);
    return told;
}

static void the_truth_agrees_with_the_scale(void) {
    static const char story[] =
        "name: weigh\npause_s: [0.5, 1]\nevents:\n  - add: any\n  - add: {category: produce}\n"
        "    weigh: true\n  - add: tuna\n    count: 2\n    together: false\n    scan: true\n"
        "  - remove: tuna\n  - reach: true\n  - wait: 2\n";
    char path[256];
    CHECK(play(story, 3, "weigh.mcap", false, path) == OK);
    const Told told = listen(path);
    CHECK(told.events == 5 && told.pieces == 3 && told.scans == 2);
    CHECK(told.lines == 3 && told.total_minor > 0 && told.pictures == 0);
    CHECK(fabs(told.put_g - told.taken_g - told.load_g) < 0.01);
    CHECK(told.scale_samples >= 79 && fabs(told.weighed_g - told.load_g) < 2);
}

static void a_hand_that_only_reaches_changes_nothing(void) {
    char path[256];
    CHECK(play("name: r\nevents:\n  - reach: true\n", 4, "reach.mcap", true, path) == OK);
    const Told told = listen(path);
    CHECK(told.events == 0 && told.lines == 0 && told.load_g == 0 && told.total_minor == 0);
    CHECK(fabs(told.weighed_g) < 1);
    CHECK(told.pictures > 10 && told.boxes == told.pictures);
}

static void what_cannot_be_done_is_said_with_its_line(void) {
    char path[256];
    CHECK(play("name: r\nevents:\n  - add: unicorn\n", 1, "a.mcap", false, path) == E_NOT_FOUND);
    CHECK(strstr(fail_reason(), "test.yaml:3: add: no product answers to \"unicorn\""));
    CHECK(play("name: r\nevents:\n  - remove: any\n", 1, "a.mcap", false, path) == E_NOT_FOUND);
    CHECK(strstr(fail_reason(), "test.yaml:3: remove: nothing in the basket"));
}

static void a_weighed_price_is_rounded_once_and_half_up(void) {
    static Product products[] = {
        {.gtin = "4006381333931", .price_minor = 199},
        {.gtin = "2071000008011", .price_minor = 299, .unit = UNIT_WEIGHT, .tare_g = 4}};
    const Catalog catalog = {products, 2, "EUR"};
    static Plan plan = {
        .items = 5,
        .item = {
            {.sku = 1, .thing = THING_NONE, .pieces = 4, .grams = 1006.6},
            {.sku = 0, .thing = THING_NONE, .pieces = 1, .grams = 250},
            {.sku = 0, .thing = THING_NONE, .pieces = 1, .grams = 251},
            {.sku = 1, .thing = THING_NONE, .pieces = 5, .grams = 1007.6},
            {.sku = SKU_UNKNOWN, .thing = THING_COAT, .pieces = 1, .grams = 700}}};
    StageItem item[5] = {0};
    for (int i = 0; i < 4; i++)
        item[i].at = ITEM_INSIDE;
    static TruthBasket basket;
    receipt_make(&plan, &catalog, item, 5, &basket);
    CHECK(basket.count == 3 && basket.things == 0 && basket.belows == 0);
    CHECK(
        fabs(basket.load_g - 2515.2) < 1e-9); /* 201 and 202 e of 5 g, less 1 e for a bag of 4 g */
    CHECK(basket.line[0].net_g == 1000 && basket.line[0].price_minor == 299);
    CHECK(basket.line[1].quantity == 2 && basket.line[1].price_minor == 398);
    CHECK(basket.line[2].net_g == 1005 && basket.line[2].price_minor == 300); /* 300.495 */
    products[1].price_minor = 100; /* 1005 g at 1.00/kg: 100.5 */
    item[0].at = item[1].at = ITEM_AWAY;
    item[2].at = ITEM_BELOW;
    item[4].at = ITEM_OVER_RIM;
    receipt_make(&plan, &catalog, item, 5, &basket);
    CHECK(basket.count == 2 && basket.line[1].price_minor == 101);
    CHECK(basket.line[0].quantity == 1 && basket.belows == 1 && basket.below[0] == &products[0]);
    CHECK(basket.things == 1 && fabs(basket.load_g - 1707.6) < 1e-9);
}

static int is_driver(struct dl_phdr_info *module, size_t size, void *name) {
    (void)size;
    if (!strstr(module->dlpi_name, "_dri.so") && !strstr(module->dlpi_name, "libgallium")) return 0;
    snprintf(name, 512, "%s", module->dlpi_name);
    return 1;
}

/* Mesa unloads its driver in the end; LeakSanitizer could then not tell its leaks from ours. */
static void keep_driver(void) {
    char name[512];
    if (dl_iterate_phdr(is_driver, name)) dlopen(name, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    catalog_folder = argv[1];
    Renderer *renderer = NULL;
    if (render_open(&renderer, 64, 64) != OK) {
        printf("1..0 # SKIP %s\n", fail_reason());
        return 0;
    }
    keep_driver();
    render_close(renderer);
    if (!mkdtemp(folder)) return 1;
    RUN(a_weighed_price_is_rounded_once_and_half_up);
    RUN(what_cannot_be_done_is_said_with_its_line);
    RUN(the_truth_agrees_with_the_scale);
    RUN(a_hand_that_only_reaches_changes_nothing);
    RUN(a_seed_gives_the_same_tape_byte_for_byte);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0) return 1;
    return DONE();
}
