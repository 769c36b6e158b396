#include "track_internal.h"

#include <math.h>

enum { SIDE_MAX = TRACKS_MAX }; /* there are never more detections */
_Static_assert((int)DETECTIONS_MAX <= (int)TRACKS_MAX, "the larger side");

/* The unused column, from 1, with the least to pay. */
static int nearest(int columns, const double *least, const bool *used) {
    int best = 0;
    for (int j = 1; j <= columns; j++)
        if (!used[j] && (best == 0 || least[j] < least[best])) best = j;
    return best;
}

/* The Hungarian method with potentials, one row at a time; rows and columns count from 1, and 0 is
 * the row being placed. Needs rows <= columns. */
static void solve(int rows, int columns, double at[SIDE_MAX][SIDE_MAX], int row_of[SIDE_MAX + 1]) {
    double u[SIDE_MAX + 1] = {0}, v[SIDE_MAX + 1] = {0};
    for (int column = 0; column <= columns; column++)
        row_of[column] = 0;
    for (int row = 1; row <= rows; row++) {
        double least[SIDE_MAX + 1];
        int from[SIDE_MAX + 1] = {0};
        bool used[SIDE_MAX + 1] = {false};
        for (int column = 0; column <= columns; column++)
            least[column] = INFINITY;
        row_of[0] = row;
        int here = 0;
        do {
            used[here] = true;
            const int i = row_of[here];
            for (int j = 1; j <= columns; j++) {
                const double reduced = at[i - 1][j - 1] - u[i] - v[j];
                if (!used[j] && reduced < least[j]) least[j] = reduced, from[j] = here;
            }
            const int next = nearest(columns, least, used);
            const double step = least[next];
            for (int j = 0; j <= columns; j++) {
                if (used[j])
                    u[row_of[j]] += step, v[j] -= step;
                else
                    least[j] -= step;
            }
            here = next;
        } while (row_of[here] != 0);
        for (; here != 0; here = from[here])
            row_of[here] = row_of[from[here]];
    }
}

void track_assign(int rows, int columns, const double *cost, int *partner) {
    const bool turned = rows > columns;
    const int small = turned ? columns : rows, large = turned ? rows : columns;
    double at[SIDE_MAX][SIDE_MAX];
    for (int i = 0; i < small; i++)
        for (int j = 0; j < large; j++)
            at[i][j] = fmin(1, turned ? cost[j * columns + i] : cost[i * columns + j]);

    int row_of[SIDE_MAX + 1];
    solve(small, large, at, row_of);
    for (int row = 0; row < rows; row++)
        partner[row] = -1;
    for (int j = 0; j < large; j++) {
        const int i = row_of[j + 1] - 1;
        if (i < 0 || at[i][j] >= 1) continue;
        if (turned)
            partner[j] = i;
        else
            partner[i] = j;
    }
}
