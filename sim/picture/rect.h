/* rect - part of a picture: x1 and y1 exclusive, empty when x1 <= x0. Pure. */
#pragma once

#include <stdbool.h>

typedef struct Rect {
    int x0, y0, x1, y1;
} Rect;

static inline bool rect_empty(Rect rect) { return rect.x1 <= rect.x0 || rect.y1 <= rect.y0; }

static inline Rect rect_join(Rect a, Rect b) {
    if (rect_empty(a)) return b;
    if (rect_empty(b)) return a;
    return (Rect){
        a.x0 < b.x0 ? a.x0 : b.x0, a.y0 < b.y0 ? a.y0 : b.y0, a.x1 > b.x1 ? a.x1 : b.x1,
        a.y1 > b.y1 ? a.y1 : b.y1};
}

static inline Rect rect_meet(Rect a, Rect b) {
    const Rect both = {
        a.x0 > b.x0 ? a.x0 : b.x0, a.y0 > b.y0 ? a.y0 : b.y0, a.x1 < b.x1 ? a.x1 : b.x1,
        a.y1 < b.y1 ? a.y1 : b.y1};
    return rect_empty(both) ? (Rect){0, 0, 0, 0} : both;
}

static inline Rect rect_grow(Rect rect, int by) {
    if (rect_empty(rect)) return rect;
    return (Rect){rect.x0 - by, rect.y0 - by, rect.x1 + by, rect.y1 + by};
}
