/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HLSGEN_VERIFY_URI_H
#define HLSGEN_VERIFY_URI_H

#include "verify/m3u8.h"

/**
 * The path beneath the directory at which a web server has what a playlist refers to (RFC 3986 5):
 * percent-encoding is undone, query and fragment are left out, "." and ".." are taken away. So two
 * paths are equal if they lead to the same.
 *
 * @param playlist path of the playlist that has the reference
 * @param ret_path freed by the caller
 * @return 0; -EREMOTE: it is elsewhere, by a scheme, a host, from the root, or by a
 *         variable that is not known; -EXDEV: it leads out
 *         of the directory; -EINVAL: it names no file; -ENOMEM
 */
int uri_resolve(const char *playlist, struct m3u8_text uri, char **ret_path);

#endif
