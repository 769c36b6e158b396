#include "config.h"

#include "tape.h"

#include <stdio.h>
#include <string.h>

static const Setting cart_settings[] = {
    SETTING_TEXT(CartSection, name, "cart-1", "what this cart is called"),
    SETTING_TEXT(CartSection, catalog, "catalog", "folders of products, separated by ':'"),
    SETTING_END};

static const Setting sources_settings[] = {
    SETTING_MAP(
        SourcesSection, cameras, "NAME: URI, one per camera: gst:PIPELINE, tape:FILE or fake:"),
    SETTING_TEXT(
        SourcesSection,
        scale,
        "none",
        "scale: serial:DEVICE?protocol=P, hid:DEVICE, iio:DEVICE, sim:, tape:FILE or none"),
    SETTING_TEXT(
        SourcesSection,
        scanner,
        "none",
        "barcode scanner: serial:DEVICE, evdev:DEVICE, tape:FILE or none"),
    SETTING_END};

void config_sections(CartConfig *config, SettingSection out[CONFIG_SECTIONS]) {
    const SettingSection sections[CONFIG_SECTIONS] = {
        {"cart", "this cart and what it sells", cart_settings, &config->cart},
        {"sources", "where pictures, weights and codes come from", sources_settings,
         &config->sources},
        {"capture", "the frames in memory", capture_settings, &config->capture},
        {"infer", "how networks run", infer_settings, &config->infer},
        {"detect", "boxes of items and hands", detect_settings, &config->detect},
        {"track", "what crossed the rim", track_settings, &config->track},
        {"identify", "which product it looks like", identify_settings, &config->identify},
        {"scale", "the weighing device", scale_settings, &config->scale},
        {"weigh", "changes of load", weigh_settings, &config->weigh},
        {"meter", "legal weight", meter_settings, &config->meter},
        {"reason", "what happened, and how sure", reason_settings, &config->reason},
        {"basket", "the ledger", basket_settings, &config->basket},
        {"journal", "the record on disk", journal_settings, &config->journal},
        {"publish", "HTTP and the shopper's page", publish_settings, &config->publish},
    };
    memcpy(out, sections, sizeof sections);
}

Status config_load(CartConfig *config, const char *path, const char *const *words, int word_count) {
    SettingSection sections[CONFIG_SECTIONS];
    config_sections(config, sections);
    settings_defaults(sections, CONFIG_SECTIONS);
    if (path) TRY(settings_read_file(sections, CONFIG_SECTIONS, path));
    TRY(settings_read_environment(sections, CONFIG_SECTIONS));
    for (int i = 0; i < word_count; i++)
        TRY(settings_read_word(sections, CONFIG_SECTIONS, words[i]));
    return OK;
}

Status config_load_set(CartConfig *config, const char *path, const SettingMap *set) {
    char words[SETTING_MAP_MAX][SETTING_NAME_BYTES + SETTING_TEXT_BYTES + 1];
    const char *pointers[SETTING_MAP_MAX];
    for (int i = 0; i < set->count; i++) {
        snprintf(words[i], sizeof words[i], "%s=%s", set->at[i].name, set->at[i].value);
        pointers[i] = words[i];
    }
    return config_load(config, path[0] ? path : NULL, pointers, set->count);
}

Status config_catalog_folders(char *text, const char *folders[CATALOG_FOLDERS_MAX], int *count) {
    *count = 0;
    char *rest = NULL;
    for (char *folder = strtok_r(text, ":", &rest); folder; folder = strtok_r(NULL, ":", &rest)) {
        if (*count == CATALOG_FOLDERS_MAX)
            return fail(E_INVALID, "cart.catalog: more than %d folders", CATALOG_FOLDERS_MAX);
        folders[(*count)++] = folder;
    }
    return *count > 0 ? OK : fail(E_INVALID, "cart.catalog: names no folder");
}

Status config_use_tape(CartConfig *config, const char *path) {
    SourcesSection *sources = &config->sources;
    TapeReader *reader = NULL;
    TRY(tape_open(&reader, path));
    int count = 0;
    const TapeChannel *channels = tape_channels(reader, &count);
    char uri[SETTING_TEXT_BYTES];
    snprintf(uri, sizeof uri, "tape:%s", path);
    SettingMap *cameras = &sources->cameras;
    const bool named = cameras->count > 0;
    for (int i = 0; i < cameras->count; i++)
        snprintf(cameras->at[i].value, sizeof cameras->at[i].value, "%s", uri);
    for (int i = 0; i < count && !named && cameras->count < SETTING_MAP_MAX; i++) {
        const char *topic = channels[i].topic;
        if (strncmp(topic, "/camera/", 8) != 0 || strchr(topic + 8, '/')) continue;
        snprintf(cameras->at[cameras->count].name, SETTING_NAME_BYTES, "%s", topic + 8);
        snprintf(cameras->at[cameras->count++].value, SETTING_TEXT_BYTES, "%s", uri);
    }
    snprintf(sources->scale, sizeof sources->scale, "%s", uri);
    snprintf(sources->scanner, sizeof sources->scanner, "%s", uri);
    tape_close(reader);
    return OK;
}
