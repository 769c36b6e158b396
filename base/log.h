/*
 * log - logfmt lines on stderr: level=warn room=weigh msg="drift of 3.1 g"
 *
 *     LOG_WARN("capture", "camera %s is silent for %d ms", name, ms);
 *
 * A warning or error that repeats (same format) is written at most once a second; the next one that
 * is written carries repeated=N. Threads: any; a line is written whole.
 */
#pragma once

typedef enum LogLevel { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR } LogLevel;

/* Lines below this level are dropped. Default: info. */
void log_threshold(LogLevel level);

void log_line(LogLevel level, const char *room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define LOG_DEBUG(room, ...) log_line(LOG_LEVEL_DEBUG, room, __VA_ARGS__)
#define LOG_INFO(room, ...)  log_line(LOG_LEVEL_INFO, room, __VA_ARGS__)
#define LOG_WARN(room, ...)  log_line(LOG_LEVEL_WARN, room, __VA_ARGS__)
#define LOG_ERROR(room, ...) log_line(LOG_LEVEL_ERROR, room, __VA_ARGS__)
