/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/presentation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verify/folder.h"
#include "verify/rules_media.h"
#include "verify/rules_variants.h"
#include "verify/uri.h"

/* Reads the first version of a playlist. @return as version_read(); -EFBIG: with its segments there
 * would be more than RUN_LISTED_MAX */
static int read_first(struct run *run, const char *path, struct version *ret)
{
    int result = version_read(run, path, ret);
    const struct m3u8 *playlist = &ret->playlist;
    int64_t listed = result == 0 ? (int64_t)(playlist->segment_count + playlist->part_count) : 0;

    if (listed > RUN_LISTED_MAX - run->listed) {
        version_finish(ret);
        return -EFBIG;
    }
    run->listed += listed;
    run->playlists += result == 0 || result == -EBADMSG;
    return result;
}

/* Reads @p version of the playlist @p path as one more stream. */
static int add_stream(struct presentation *presentation, struct run *run, const char *path,
                      struct version *version)
{
    struct stream *stream = &presentation->streams[presentation->stream_count];
    int result = stream_init(stream, path);

    if (result < 0)
        return result;
    presentation->stream_count++;
    stream->is_independent = presentation->version.playlist.independent;
    return stream_take(stream, run, version);
}

/* ---- what a multivariant playlist names ------------------------------------------------------ */

static struct stream *find_stream(const struct presentation *presentation, const char *path)
{
    for (size_t i = 0; i < presentation->stream_count; i++)
        if (strcmp(presentation->streams[i].path, path) == 0)
            return &presentation->streams[i];
    return NULL;
}

static void file_absence(struct run *run, const char *path, const char *reason)
{
    findings_add(&run->findings, RULE_PL_FETCH, path, "the media playlist can be read", "%s",
                 reason);
}

static void file_kind(struct run *run, const char *path)
{
    findings_add(&run->findings, RULE_MV_IFRAME, path,
                 "EXT-X-I-FRAMES-ONLY, for EXT-X-I-FRAME-STREAM-INF names it", "none");
}

/* Reads the media playlist @p path, if it is one. @p iframes: it is to be one of I-frames.
 * @return 0 or -ENOMEM */
static int read_stream(struct presentation *presentation, struct run *run, const char *path,
                       bool iframes)
{
    struct version version = {0};
    int result = read_first(run, path, &version);

    if (result == -EBADMSG || result == -ENOMEM)
        return result == -ENOMEM ? result : 0; /* the former has been filed */
    if (result < 0) {
        file_absence(run, path, folder_explain(result));
        return 0;
    }
    if (version.playlist.is_multivariant) {
        file_absence(run, path, "it is a multivariant playlist");
    } else if (iframes && !version.playlist.iframes_only) {
        file_kind(run, path);
    } else {
        findings_check(&run->findings, RULE_PL_FETCH);
        result = add_stream(presentation, run, path, &version);
    }
    version_finish(&version);
    return result;
}

/* The stream that @p uri leads to, read if it is not yet. @return 0 or -ENOMEM */
static int take_uri(struct presentation *presentation, struct run *run, struct m3u8_text uri,
                    bool iframes, struct stream **ret)
{
    struct stream *stream;
    char *path = NULL;
    int result;

    if (!uri.data)
        return 0;
    result = uri_resolve(presentation->path, uri, &path);
    if (result == -EREMOTE || result == -EXDEV)
        run->elsewhere++;
    if (result == -EINVAL)
        file_absence(run, presentation->path, "a URI names no file");
    if (result < 0)
        return result == -ENOMEM ? result : 0;
    stream = find_stream(presentation, path);
    if (!stream) {
        result = read_stream(presentation, run, path, iframes);
        stream = find_stream(presentation, path);
    } else if (iframes && !stream->version.playlist.iframes_only) {
        file_kind(run, path);
        stream = NULL;
    }
    *ret = stream;
    free(path);
    return result;
}

/* The streams lie in an array that is as large as it can get, so that pointers to them last. */
static int make_room(struct presentation *presentation)
{
    size_t variants = presentation->version.playlist.variant_count;
    size_t renditions = presentation->version.playlist.rendition_count;

    presentation->variants = calloc(variants + 1, sizeof(struct stream *));
    presentation->renditions = calloc(renditions + 1, sizeof(struct stream *));
    presentation->streams = calloc(variants + renditions + 1, sizeof(*presentation->streams));
    return presentation->variants && presentation->renditions && presentation->streams ? 0
                                                                                       : -ENOMEM;
}

static int read_all(struct presentation *presentation, struct run *run)
{
    const struct m3u8 *playlist = &presentation->version.playlist;
    int result = 0;

    for (size_t i = 0; i < playlist->variant_count && result == 0; i++)
        result = take_uri(presentation, run, playlist->variants[i].uri,
                          playlist->variants[i].iframes, &presentation->variants[i]);
    for (size_t i = 0; i < playlist->rendition_count && result == 0; i++)
        result = take_uri(presentation, run, playlist->renditions[i].uri, false,
                          &presentation->renditions[i]);
    return result;
}

/* ---- what is judged of all together ---------------------------------------------------------- */

static void judge_stream(const struct presentation *presentation, const struct stream *stream,
                         struct findings *findings)
{
    if (stream->version.playlist.iframes_only)
        return;
    rules_media_judge(stream, findings);
    if (presentation->path)
        return; /* MV_INDEPENDENT asks it of the multivariant playlist */
    findings_check(findings, RULE_PL_INDEPENDENT);
    if (!stream->version.playlist.independent)
        findings_add(findings, RULE_PL_INDEPENDENT, stream->path, "EXT-X-INDEPENDENT-SEGMENTS",
                     "none");
}

void presentation_judge(const struct presentation *presentation, struct findings *findings)
{
    for (size_t i = 0; i < presentation->stream_count; i++)
        judge_stream(presentation, &presentation->streams[i], findings);
    if (presentation->path)
        rules_variants_judge(presentation, findings);
}

/* ---- lifetime -------------------------------------------------------------------------------- */

/* @p version is taken over. @return 0 or -ENOMEM */
static int read_named(struct presentation *presentation, struct run *run, const char *path,
                      struct version *version)
{
    bool is_multivariant = version->playlist.is_multivariant;
    int result;

    if (is_multivariant) {
        presentation->path = strdup(path);
        presentation->version = *version;
        *version = (struct version){0};
    }
    result = make_room(presentation);
    if (result < 0 || !is_multivariant)
        return result < 0 ? result : add_stream(presentation, run, path, version);
    return presentation->path ? read_all(presentation, run) : -ENOMEM;
}

int presentation_read(struct run *run, const char *path, struct presentation *ret)
{
    struct presentation presentation = {0};
    struct version version = {0};
    int result = read_first(run, path, &version);

    if (result < 0)
        return result;
    result = read_named(&presentation, run, path, &version);
    version_finish(&version);
    if (result < 0) {
        presentation_finish(&presentation);
        return result;
    }
    *ret = presentation;
    return 0;
}

void presentation_finish(struct presentation *presentation)
{
    for (size_t i = 0; i < presentation->stream_count; i++)
        stream_finish(&presentation->streams[i]);
    free(presentation->streams);
    free(presentation->variants);
    free(presentation->renditions);
    free(presentation->path);
    version_finish(&presentation->version);
    *presentation = (struct presentation){0};
}
