/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/uri.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Whether a scheme or a slash begins it, so that it does not lie beside the playlist; or a variable
 * is left in it whose value is not known (bis 4.3). */
static bool is_elsewhere(struct m3u8_text uri)
{
    size_t at = 0;

    if (uri.size > 0 && (uri.data[0] == '/' || memmem(uri.data, uri.size, "{$", 2)))
        return true;
    while (at < uri.size && (isalnum((unsigned char)uri.data[at]) || strchr("+-.", uri.data[at])))
        at++;
    return at > 0 && at < uri.size && uri.data[at] == ':';
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit = (char)(digit | 0x20);
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* The byte at @p *at, which moves on: of "%41" an A. A percent sign alone stands for itself. */
static char next_byte(struct m3u8_text uri, size_t *at)
{
    char byte = uri.data[(*at)++];

    if (byte == '%' && uri.size - *at >= 2) {
        int high = hex_value(uri.data[*at]);
        int low = hex_value(uri.data[*at + 1]);

        if (high >= 0 && low >= 0) {
            *at += 2;
            return (char)(high << 4 | low);
        }
    }
    return byte;
}

/* Takes away "." and ".." (RFC 3986 5.2.4), and empty parts. @return 0 or as uri_resolve() */
static int simplify(char *path)
{
    char *end = path;
    char *next;

    for (char *part = path; part; part = next) {
        next = strchr(part, '/');
        if (next)
            *next++ = '\0';
        if (strcmp(part, "..") == 0) {
            if (end == path)
                return -EXDEV;
            for (end--; end > path && end[-1] != '/';)
                end--;
        } else if (*part && strcmp(part, ".") != 0) {
            while (*part)
                *end++ = *part++;
            if (next)
                *end++ = '/';
        }
    }
    *end = '\0';
    return end == path || end[-1] == '/' ? -EINVAL : 0;
}

int uri_resolve(const char *playlist, struct m3u8_text uri, char **ret_path)
{
    const char *slash = strrchr(playlist, '/');
    size_t folder = slash ? (size_t)(slash - playlist) + 1 : 0;
    int result;
    char *path;
    char *end;

    if (is_elsewhere(uri))
        return -EREMOTE;
    path = malloc(folder + uri.size + 1);
    if (!path)
        return -ENOMEM;
    memcpy(path, playlist, folder);
    end = path + folder;
    for (size_t at = 0; at < uri.size && uri.data[at] != '?' && uri.data[at] != '#';)
        *end++ = next_byte(uri, &at);
    *end = '\0';
    result = strlen(path) < (size_t)(end - path) ? -EINVAL : simplify(path);
    if (result < 0) {
        free(path);
        return result;
    }
    *ret_path = path;
    return 0;
}
