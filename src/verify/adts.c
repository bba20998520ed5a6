/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From header to header: what is between them is skipped. */
#include "verify/adts.h"

#include <errno.h>
#include <string.h>

enum {
    SAMPLES = 1024, /* of a raw data block */
};

void adts_begin(struct adts *adts, struct audio *audio)
{
    *adts = (struct adts){.audio = audio};
}

void adts_stamp(struct adts *adts, bool stamped, int64_t pts)
{
    adts->has_stamp = stamped;
    adts->stamp = pts;
    if (adts->is_lost) {
        adts->is_lost = false;
        adts->head_size = adts->left = 0;
    }
}

/* The head is there. */
static int take_header(struct adts *adts)
{
    const uint8_t *head = adts->head;
    int rate = audio_rate(head[2] >> 2 & 15);
    size_t size = (size_t)((head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5);
    size_t least = head[1] & 1 ? ADTS_HEADER : ADTS_HEADER + 2; /* with a CRC */
    struct segment_audio format;
    struct audio_frame frame = {adts->stamped, adts->pts, SAMPLES * ((head[6] & 3) + 1)};

    if (head[0] != 0xff || (head[1] & 0xf6) != 0xf0 || rate == 0 || size < least)
        return -EBADMSG;
    format.object_type = (head[2] >> 6) + 1;
    format.rate = rate;
    format.channels = (head[2] & 1) << 2 | head[3] >> 6;
    format.channels += format.channels == 7; /* the seventh configuration is 7.1 */
    audio_take_format(adts->audio, &format);
    audio_take_frame(adts->audio, &frame);
    adts->left = size - ADTS_HEADER;
    adts->head_size = 0;
    return 0;
}

static void begin_frame(struct adts *adts)
{
    adts->stamped = adts->has_stamp;
    adts->pts = adts->stamp;
    adts->has_stamp = false;
    adts->begun++;
}

int adts_feed(struct adts *adts, const uint8_t *data, size_t size)
{
    while (size > 0 && !adts->is_lost) {
        bool skips = adts->left > 0;
        size_t wanted = skips ? adts->left : ADTS_HEADER - adts->head_size;
        size_t part = size < wanted ? size : wanted;

        if (skips) {
            adts->left -= part;
        } else {
            if (adts->head_size == 0)
                begin_frame(adts);
            memcpy(adts->head + adts->head_size, data, part);
            adts->head_size += part;
        }
        data += part;
        size -= part;
        if (adts->head_size == ADTS_HEADER && take_header(adts) < 0) {
            adts->is_lost = true;
            return -EBADMSG;
        }
    }
    return 0;
}

bool adts_is_whole(const struct adts *adts)
{
    return adts->is_lost || (adts->head_size == 0 && adts->left == 0);
}
