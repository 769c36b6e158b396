/* Any bytes as a cart.yaml: refused with one sentence and without a trace, or every number is
 * within its range. */
#include "as_file.h"
#include "config.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_ranges(const SettingSection *section) {
    for (const Setting *row = section->rows; row->type != SETTING_IS_END; row++) {
        const char *at = (const char *)section->config + row->offset;
        double value = row->min;
        if (row->type == SETTING_IS_INT) value = *(const int *)(const void *)at;
        if (row->type == SETTING_IS_REAL) value = *(const double *)(const void *)at;
        if (!(value >= row->min && value <= row->max)) abort();
        if (row->type == SETTING_IS_TEXT && !memchr(at, '\0', row->size)) abort();
        if (row->type != SETTING_IS_MAP) continue;
        const SettingMap *map = (const SettingMap *)(const void *)at;
        if (map->count < 0 || map->count > SETTING_MAP_MAX) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static CartConfig config, before;
    SettingSection sections[CONFIG_SECTIONS];
    config_sections(&config, sections);
    settings_defaults(sections, CONFIG_SECTIONS);
    memcpy(&before, &config, sizeof before); /* padding too: nothing may change */
    const AsFile file = as_file(data, size);
    const Status status = settings_read_file(sections, CONFIG_SECTIONS, file.path);
    close(file.fd);
    if (status != OK && memcmp((char *)&config, (char *)&before, sizeof config) != 0) abort();
    if (status != OK && strchr(fail_reason(), '\n')) abort();
    for (int i = 0; i < CONFIG_SECTIONS; i++)
        check_ranges(&sections[i]);
    return 0;
}
