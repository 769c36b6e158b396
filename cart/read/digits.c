#include "read.h"

#include <stdio.h>
#include <string.h>

bool read_check_digit(const char *digits) {
    size_t length = strlen(digits);
    if (length != 8 && length != 12 && length != 13) return false;
    int sum = 0;
    for (size_t i = 0; i < length; i++) {
        if (digits[i] < '0' || digits[i] > '9') return false;
        sum += (digits[i] - '0') * ((length - i) % 2 ? 1 : 3);
    }
    return sum % 10 == 0;
}

bool read_expand_upce(const char *upce, char upca[13]) {
    if (strlen(upce) != 8 || strspn(upce, "0123456789") != 8 || upce[0] > '1') return false;
    const char *d = upce + 1; /* six digits; the last says where zeros were left out */
    char full[13];
    if (d[5] <= '2')
        snprintf(
            full, sizeof full, "%c%c%c%c0000%c%c%c%c", upce[0], d[0], d[1], d[5], d[2], d[3], d[4],
            upce[7]);
    else if (d[5] == '3')
        snprintf(
            full, sizeof full, "%c%c%c%c00000%c%c%c", upce[0], d[0], d[1], d[2], d[3], d[4],
            upce[7]);
    else if (d[5] == '4')
        snprintf(
            full, sizeof full, "%c%c%c%c%c00000%c%c", upce[0], d[0], d[1], d[2], d[3], d[4],
            upce[7]);
    else
        snprintf(
            full, sizeof full, "%c%c%c%c%c%c0000%c%c", upce[0], d[0], d[1], d[2], d[3], d[4], d[5],
            upce[7]);
    if (!read_check_digit(full)) return false;
    memcpy(upca, full, sizeof full);
    return true;
}

bool read_vote(ReadVotes *votes, int32_t track, const Scan *scan) {
    for (int i = 0; i < READ_VOTES_MAX; i++) {
        if (votes->at[i].track != track || strcmp(votes->at[i].code, scan->code) != 0) continue;
        if (votes->at[i].counted || votes->at[i].t_ns == scan->t_ns) return false;
        votes->at[i].counted = true;
        return true;
    }
    int at = votes->next;
    votes->next = (at + 1) % READ_VOTES_MAX;
    votes->at[at].track = track;
    votes->at[at].t_ns = scan->t_ns;
    votes->at[at].counted = false;
    memcpy(votes->at[at].code, scan->code, sizeof votes->at[at].code);
    return false;
}
