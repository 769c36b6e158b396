#include "sample_internal.h"

#include <math.h>

static Product products[] = {
    {.id = "oat-biscuits",
     .gtin = "05012345678900",
     .name = "Oat biscuits",
     .brand = "Larkfield",
     .price_minor = 189,
     .gross_g = 212,
     .pack_sd_g = 2},
    {.id = "bananas",
     .plu = "4011",
     .name = "Bananas \xe2\x9c\x93",
     .unit = UNIT_WEIGHT,
     .price_minor = 159,
     .gross_g = 120},
    {.id = "red wine",
     .gtin = "4000000000006",
     .name = "Red wine",
     .brand = "Chai d'Or",
     .price_minor = 799,
     .minimum_age = 18}};
const Catalog sample_catalog = {.products = products, .count = 3, .currency = "EUR"};

static const int64_t MS = 1000000;

static json_t *sample_basket(int n, int64_t t_ns) {
    Basket basket = {
        .t_ns = t_ns, .revision = n, .count = 3, .items = 4, .total_minor = 538, .minimum_age = 18};
    basket.lines[0] = (BasketLine){
        .line = 1,
        .sku = 0,
        .quantity = 2,
        .unit_price_minor = 189,
        .price_minor = 378,
        .confidence_p = 0.993};
    basket.lines[1] = (BasketLine){
        .line = 2,
        .sku = 1,
        .quantity = 1,
        .net_e = 101,
        .e_g = 5,
        .unit_price_minor = 159,
        .price_minor = 80,
        .confidence_p = 1,
        .confirmed = true};
    basket.lines[2] = (BasketLine){
        .line = 3, .sku = SKU_UNKNOWN, .quantity = 1, .confidence_p = 0.2, .weighing = true};
    basket.prompt_count = 1;
    basket.prompts[0] = (Prompt){
        .prompt = 1,
        .event = 3,
        .t_ns = t_ns,
        .kind = PROMPT_WHICH_ADDED,
        .line = 3,
        .quantity = 1,
        .count = 2,
        .choices = {2, 0}};
    return message_from_basket(&basket, &sample_catalog);
}

static json_t *sample_entry(int n, int64_t t_ns) {
    Entry entry = {
        .sequence = n + 1,
        .t_ns = t_ns,
        .decided_ns = t_ns + 300 * MS,
        .kind = n % 2 ? ENTRY_WEIGH : ENTRY_PROMPT,
        .event = n,
        .line = 2,
        .sku = 1,
        .quantity = 1,
        .net_e = 101,
        .e_g = 5,
        .unit_price_minor = 159,
        .amount_minor = 80,
        .confidence_p = 0.97,
        .why = "looks and weight agree"};
    entry.prompt = (Prompt){.prompt = 1, .kind = PROMPT_PLEASE_SCAN, .quantity = 1, .t_ns = t_ns};
    return message_from_entry(&entry, &sample_catalog);
}

static json_t *sample_detections(int n, int64_t t_ns) {
    Detections seen = {.t_ns = t_ns, .width = 640, .height = 480, .count = 2};
    float x = (float)n;
    seen.at[0] = (Detection){{x, 20, x + 100, 200}, DETECTION_ITEM, 0.91f};
    seen.at[1] = (Detection){{300, 10, 420, 90}, DETECTION_HAND, 0.55f};
    Tracks tracks = {.t_ns = t_ns, .count = 1};
    tracks.at[0] = (Track){.id = 7, .box = seen.at[0].box, .held = true};
    return message_from_detections(&seen, &tracks);
}

static json_t *sample_crossing(int n, int64_t t_ns) {
    Crossing crossing = {
        .t_ns = t_ns,
        .decided_ns = t_ns + 100 * MS,
        .track = n,
        .direction = DIRECTION_PUT,
        .confidence_p = 0.9f,
        .box = {1, 2, 3, 4},
        .looks = {.views = n % 2 ? 5 : 0, .count = n % 2 ? 2 : 0, .unknown_log_p = -4.5f}};
    crossing.looks.at[0].sku = 0;
    crossing.looks.at[0].log_p = -0.1f;
    crossing.looks.at[1].sku = 2;
    crossing.looks.at[1].log_p = -INFINITY;
    return message_from_crossing(&crossing, &sample_catalog, "left");
}

static json_t *sample_belief(int n, int64_t t_ns) {
    Belief belief = {
        .event = n,
        .t_ns = t_ns,
        .decided_ns = t_ns + 250 * MS,
        .verdict = VERDICT_ASK,
        .sources = BELIEF_FROM_VISION | BELIEF_FROM_SCAN,
        .delta_g = NAN,
        .stddev_g = NAN,
        .count = 2,
        .at = {{0, 1, 0.6}, {SKU_UNKNOWN, 1, 0.4}}};
    return message_from_belief(&belief, &sample_catalog);
}

static json_t *sample_scale_calibration(void) {
    ScaleCalibration scale = {
        .cells = 4,
        .sample_hz = 80,
        .platform_g = 6200,
        .stiffness_npm = 180000,
        .damping_ratio = 0.03,
        .e_g = 5,
        .max_g = 15000};
    for (int i = 0; i < scale.cells; i++) {
        scale.cell[i].counts_per_g = 412.5 + i;
        scale.cell[i].zero_counts = 81234 - i;
        scale.cell[i].x_m = i % 2 ? 0.2 : -0.2;
        scale.cell[i].y_m = i / 2 ? 0.3 : -0.3;
    }
    return message_from_scale_calibration(&scale);
}

static json_t *sample_weight(int n, int64_t t_ns) {
    const WeightReading reading = {
        .t_ns = t_ns,
        .total_g = 1234.5 + n,
        .stddev_g = 0.8,
        .stable = true,
        .faults = n % 2 ? WEIGHT_FAULT_SILENT | WEIGHT_FAULT_CLOCK : 0};
    const LegalWeight legal = {
        .t_ns = t_ns, .e_g = 5, .gross = 247, .tare = 2, .net = 245, .stable = true};
    return message_from_weight(&reading, n % 2 ? NULL : &legal);
}

/* The channels whose objects the twin writes itself. */
static json_t *sample_of_the_twin(Channel channel, int64_t t_ns) {
    json_int_t t = t_ns;
    if (channel == CHANNEL_TRUTH_BASKET) {
        return json_pack(
            "{s:I, s:[{s:s, s:s, s:i, s:n, s:i}], s:i, s:f}", "t_ns", t, "lines", "gtin",
            "4000000000006", "name", "Red wine", "quantity", 1, "net_g", "price_minor", 799,
            "total_minor", 799, "load_g", 1240.0);
    }
    if (channel == CHANNEL_TRUTH_LOAD) {
        return json_pack(
            "{s:I, s:f, s:f, s:b}", "t_ns", t, "load_g", 1240.02, "swing_g", 0.3, "undisturbed",
            true);
    }
    if (channel == CHANNEL_TRUTH_BOXES) {
        return json_pack(
            "{s:I, s:[{s:s, s:s, s:i, s:f, s:f, s:f, s:f, s:f}]}", "t_ns", t, "boxes", "kind",
            "item", "gtin", "4000000000006", "instance", 3, "x0", 1.0, "y0", 2.0, "x1", 3.0, "y1",
            4.5, "visible_p", 0.5);
    }
    return json_pack(
        "{s:{s:I, s:I}, s:s, s:i, s:i, s:s, s:[f,f,f,f,f], s:[f,f,f,f,f,f,f,f,f], "
        "s:[f,f,f,f,f,f,f,f,f], s:[f,f,f,f,f,f,f,f,f,f,f,f]}",
        "timestamp", "sec", t / 1000000000, "nsec", t % 1000000000, "frame_id", "left", "width",
        640, "height", 480, "distortion_model", "plumb_bob", "D", 0., 0., 0., 0., 0., "K", 500., 0.,
        320., 0., 500., 240., 0., 0., 1., "R", 1., 0., 0., 0., 1., 0., 0., 0., 1., "P", 500., 0.,
        320., 0., 0., 500., 240., 0., 0., 0., 1., 0.);
}

json_t *sample_message(Channel channel, int n, int64_t t_ns) {
    switch (channel) {
    case CHANNEL_SCALE_RAW:
        return message_from_scale_sample(&(ScaleSample){
            t_ns,
            {n, -n, 8388607, -8388608},
            15,
            n % 2 ? NAN : 21.5f,
            n % 2 ? SCALE_DEVICE_STABLE : 0});
    case CHANNEL_SCALE_CALIBRATION:
        return sample_scale_calibration();
    case CHANNEL_IMU:
        return message_from_imu_sample(&(ImuSample){t_ns, {0.1f, -0.2f, 9.81f}, {0, 0.01f, 0}});
    case CHANNEL_SCAN:
        return message_from_scan(
            &(Scan){t_ns, "4000000000006", n % 2 ? SCAN_CAMERA : SCAN_SCANNER, n % 2 ? 0 : -1});
    case CHANNEL_COMMAND:
        return message_from_command(
            &(Command){t_ns, COMMAND_ANSWER, 1, 0, n % 2 ? SKU_UNKNOWN : 0, 1}, &sample_catalog);
    case CHANNEL_TRUTH_EVENT:
        return message_from_truth_event(&(TruthEvent){t_ns, "05012345678900", -1, 212.25});
    case CHANNEL_DETECTIONS:
        return sample_detections(n, t_ns);
    case CHANNEL_WEIGHT:
        return sample_weight(n, t_ns);
    case CHANNEL_WEIGHT_STEP:
        return message_from_weight_step(&(WeightStep){
            n, t_ns, t_ns + 120 * MS, 212.4, 1.7, 1446.9, n % 2 ? NAN : 0.05f, NAN, n % 2});
    case CHANNEL_CROSSING:
        return sample_crossing(n, t_ns);
    case CHANNEL_BELIEF:
        return sample_belief(n, t_ns);
    case CHANNEL_EVENT:
        return sample_entry(n, t_ns);
    case CHANNEL_PROMPT:
        return message_from_prompt(
            &(Prompt){1, 3, t_ns, PROMPT_WHICH_ADDED, 3, 1, 3, {2, 0, SKU_UNKNOWN}},
            &sample_catalog);
    case CHANNEL_BASKET:
        return sample_basket(n, t_ns);
    case CHANNEL_FAULT:
        return message_from_fault(&(Fault){t_ns, n % 2, "camera.left", "camera left is silent"});
    default:
        return sample_of_the_twin(channel, t_ns);
    }
}
