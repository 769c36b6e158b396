#include "track_internal.h"

#include <math.h>

#define LEAVING_S 0.15

double box_x(Box box) { return 0.5 * ((double)box.x0 + (double)box.x1); }
double box_y(Box box) { return 0.5 * ((double)box.y0 + (double)box.y1); }

double box_area(Box box) {
    return ((double)box.x1 - (double)box.x0) * ((double)box.y1 - (double)box.y0);
}

double box_size(Box box) { return sqrt(box_area(box)); }

double box_distance(Box a, Box b) { return hypot(box_x(a) - box_x(b), box_y(a) - box_y(b)); }

double box_overlap(Box a, Box b) {
    const double width = (double)fminf(a.x1, b.x1) - (double)fmaxf(a.x0, b.x0);
    const double height = (double)fminf(a.y1, b.y1) - (double)fmaxf(a.y0, b.y0);
    return width > 0 && height > 0 ? width * height : 0;
}

double box_iou(Box a, Box b) {
    const double both = box_overlap(a, b);
    return both / (box_area(a) + box_area(b) - both);
}

double box_inside(Box a, Box b) { return box_overlap(a, b) / fmin(box_area(a), box_area(b)); }

Box box_grown(Box box, double px) {
    const float by = (float)px;
    return (Box){box.x0 - by, box.y0 - by, box.x1 + by, box.y1 + by};
}

/* Two edges that moved the same way moved the box by the lesser of the two. */
static double common_shift(double low, double high) {
    return low * high <= 0 ? 0 : fmin(fabs(low), fabs(high));
}

double box_shift(Box a, Box b) {
    return hypot(
        common_shift((double)(b.x0 - a.x0), (double)(b.x1 - a.x1)),
        common_shift((double)(b.y0 - a.y0), (double)(b.y1 - a.y1)));
}

bool box_at_border(const TrackConfig *config, const TrackState *state, Box box) {
    const float x = (float)(config->border_p * state->width);
    const float y = (float)(config->border_p * state->height);
    return box.x0 < x || box.y0 < y || box.x1 > (float)state->width - x ||
           box.y1 > (float)state->height - y;
}

bool leaving(const TrackConfig *config, const TrackState *state, const Followed *f) {
    const float dx = (float)(f->vx_px * LEAVING_S), dy = (float)(f->vy_px * LEAVING_S);
    return box_at_border(
        config, state, (Box){f->box.x0 + dx, f->box.y0 + dy, f->box.x1 + dx, f->box.y1 + dy});
}
