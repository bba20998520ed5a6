/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sound comes first and alone, since encoding it turns vector code off for the whole process.
 * Then each thread takes the dearest rendition that is left, the calling one too. The first error
 * ends it: nothing more is begun.
 */
#include "media/renditions.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "media/audio.h"
#include "media/footprint.h"
#include "media/pattern.h"
#include "media/thread.h"

struct maker;

/* A rendition to be made. */
struct task {
    struct maker *maker;
    const struct preset *preset;
    const struct timeline *line;
    int64_t cost; /* of its pictures, in samples */
    int64_t paid; /* of that */
    struct rendition *rendition;
};

struct maker {
    const struct renditions_config *config;
    struct audio audio;
    const struct audio *sound;     /* that, or NULL */
    struct task tasks[LADDER_MAX]; /* the dearest first */
    int64_t count;
    pthread_mutex_t lock; /* for all that follows, what tasks have paid, and the progress */
    pthread_cond_t done;  /* entering */
    int64_t next;         /* task */
    int entered;          /* threads */
    int result;           /* the first error */
    struct error err;
};

/* ---- what is to be made ---------------------------------------------------------------------- */

static bool show_equal_pictures(const struct preset *one, const struct preset *other)
{
    return one->video.encoder == other->video.encoder &&
           one->video.pattern == other->video.pattern && one->video.color == other->video.color &&
           one->video.width == other->video.width && one->video.height == other->video.height &&
           one->video.rate.num == other->video.rate.num &&
           one->video.rate.den == other->video.rate.den &&
           strcmp(one->video.x264_preset, other->video.x264_preset) == 0 &&
           one->video.cycle == other->video.cycle;
}

static bool have_equal_rates(const struct preset *one, const struct preset *other)
{
    return one->video.bitrate == other->video.bitrate &&
           one->video.bitrate_pattern == other->video.bitrate_pattern &&
           one->video.bitrate_variation == other->video.bitrate_variation &&
           one->video.bitrate_seed == other->video.bitrate_seed &&
           one->video.stuffing == other->video.stuffing;
}

/* Whether the second has the bytes of the first. In a picture with a clock stands its name. */
static bool are_equal(const struct preset *one, const struct preset *other)
{
    return one->video.overlay == OVERLAY_NONE && other->video.overlay == OVERLAY_NONE &&
           one->audio.signal == other->audio.signal && show_equal_pictures(one, other) &&
           have_equal_rates(one, other);
}

/* The first of the renditions that are equal to this one. */
static int64_t original_of(const struct ladder *ladder, int64_t i)
{
    int64_t first = 0;

    while (first < i && !are_equal(&ladder->renditions[first], &ladder->renditions[i]))
        first++;
    return first;
}

static int64_t cost_of(const struct preset *preset, const struct timeline *line)
{
    int64_t pictures = 1;

    if (!preset_has_video(preset))
        return 1;
    if (preset->video.encoder == ENCODER_X264)
        pictures = line->frames * pattern_cycle(preset);
    return pictures * preset->video.width * preset->video.height;
}

static void list_tasks(struct maker *maker)
{
    const struct renditions_config *config = maker->config;
    const struct ladder *ladder = config->ladder;

    for (int64_t i = 0; i < ladder->count; i++) {
        struct task task = {maker, &ladder->renditions[i], &config->lines[i], 0, 0, NULL};
        int64_t place = maker->count;

        if (original_of(ladder, i) != i)
            continue;
        task.cost = cost_of(task.preset, task.line);
        for (; place > 0 && maker->tasks[place - 1].cost < task.cost; place--)
            maker->tasks[place] = maker->tasks[place - 1];
        maker->tasks[place] = task;
        maker->count++;
    }
}

/* ---- progress: the lock is held -------------------------------------------------------------- */

static void report(struct maker *maker)
{
    int64_t paid = 0;
    int64_t cost = 0;

    for (int64_t i = 0; i < maker->count; i++) {
        paid += maker->tasks[i].paid;
        cost += maker->tasks[i].cost;
    }
    if (maker->config->progress.step)
        progress_step(&maker->config->progress, paid, cost);
}

/* ---- in each thread -------------------------------------------------------------------------- */

static void step_sound(void *context, int64_t done, int64_t total)
{
    (void)done;
    (void)total;
    report(context);
}

static void step_task(void *context, int64_t done, int64_t total)
{
    struct task *task = context;

    (void)pthread_mutex_lock(&task->maker->lock);
    task->paid = task->cost * done / total;
    report(task->maker);
    (void)pthread_mutex_unlock(&task->maker->lock);
}

static struct task *take_task(struct maker *maker)
{
    struct task *task = NULL;

    (void)pthread_mutex_lock(&maker->lock);
    if (maker->result == 0 && maker->next < maker->count)
        task = &maker->tasks[maker->next++];
    (void)pthread_mutex_unlock(&maker->lock);
    return task;
}

/* Unless there was one before. */
static void keep_error(struct maker *maker, int result, const struct error *err)
{
    (void)pthread_mutex_lock(&maker->lock);
    if (maker->result == 0) {
        maker->result = result;
        maker->err = *err;
    }
    (void)pthread_mutex_unlock(&maker->lock);
}

/* Which of the ladder's; its preset is named already. */
static void name_rendition(const struct preset *preset, struct error *err)
{
    const struct error unnamed = *err;

    if (preset->rendition[0])
        (void)error_set(err, 0, unnamed.exit_code, "rendition %s: %s", preset->rendition,
                        unnamed.text);
}

static void work(struct maker *maker)
{
    struct task *task;

    while ((task = take_task(maker))) {
        const struct progress progress = {.step = step_task, .context = task};
        const struct audio *audio = preset_has_audio(task->preset) ? maker->sound : NULL;
        struct error err;
        int result =
            rendition_make(task->preset, task->line, audio, &progress, &task->rendition, &err);

        if (result == 0)
            continue;
        name_rendition(task->preset, &err);
        keep_error(maker, result, &err);
    }
}

static int enter(struct maker *maker)
{
    const struct renditions_config *config = maker->config;
    int result = config->enter ? config->enter(config->context, maker->entered) : 0;
    struct error err;

    if (result < 0)
        keep_error(maker, error_set_errno(&err, result, EX_OSERR, "cannot begin a thread"), &err);
    (void)pthread_mutex_lock(&maker->lock);
    maker->entered++;
    (void)pthread_cond_signal(&maker->done);
    (void)pthread_mutex_unlock(&maker->lock);
    return result;
}

static void *run(void *argument)
{
    if (enter(argument) == 0)
        work(argument);
    return NULL;
}

/* ---- making ---------------------------------------------------------------------------------- */

static int encode_sound(struct maker *maker, struct error *err)
{
    const struct renditions_config *config = maker->config;
    const struct progress progress = {.step = step_sound, .context = maker};
    int64_t i = 0;
    int result;

    while (i < config->ladder->count && !preset_has_audio(&config->ladder->renditions[i]))
        i++;
    if (i == config->ladder->count)
        return 0;
    result = audio_encode(&config->ladder->renditions[i], &config->lines[i], &progress,
                          &maker->audio, err);
    if (result == 0)
        maker->sound = &maker->audio;
    return result;
}

static bool has_failed(struct maker *maker)
{
    bool failed;

    (void)pthread_mutex_lock(&maker->lock);
    failed = maker->result < 0;
    (void)pthread_mutex_unlock(&maker->lock);
    return failed;
}

/* Starts one after the other, each when the one before has entered. @return how many */
static int start_threads(struct maker *maker, struct thread threads[LADDER_MAX])
{
    int most = maker->config->threads < maker->count ? maker->config->threads : (int)maker->count;
    int count = 0;

    while (count < most - 1 && !has_failed(maker)) {
        int result = thread_start(&threads[count], run, maker);
        struct error err;

        if (result < 0) {
            keep_error(maker, error_set_errno(&err, result, EX_OSERR, "cannot start a thread"),
                       &err);
            break;
        }
        count++;
        (void)pthread_mutex_lock(&maker->lock);
        while (maker->entered < count)
            (void)pthread_cond_wait(&maker->done, &maker->lock);
        (void)pthread_mutex_unlock(&maker->lock);
    }
    return count;
}

static int make_pictures(struct maker *maker, struct error *err)
{
    struct thread threads[LADDER_MAX];
    int count = start_threads(maker, threads);

    work(maker);
    while (count > 0)
        thread_join(&threads[--count]);
    if (maker->result < 0)
        *err = maker->err;
    return maker->result;
}

static struct rendition *find(const struct maker *maker, const struct preset *preset)
{
    const struct task *task = maker->tasks;

    while (task->preset != preset)
        task++;
    return task->rendition;
}

static void hand_over(struct maker *maker, struct rendition **ret)
{
    const struct ladder *ladder = maker->config->ladder;

    for (int64_t i = 0; i < ladder->count; i++)
        ret[i] = find(maker, &ladder->renditions[original_of(ladder, i)]);
}

int renditions_make(const struct renditions_config *config, struct rendition **ret,
                    struct error *err)
{
    struct maker *maker = calloc(1, sizeof(*maker));
    int result;

    if (!maker)
        return error_set(err, -ENOMEM, EX_OSERR, "out of memory");
    maker->config = config;
    (void)pthread_mutex_init(&maker->lock, NULL);
    (void)pthread_cond_init(&maker->done, NULL);
    list_tasks(maker);
    result = encode_sound(maker, err);
    if (result == 0)
        result = make_pictures(maker, err);
    if (result == 0)
        hand_over(maker, ret);
    for (int64_t i = 0; i < maker->count && result < 0; i++)
        (void)rendition_free(maker->tasks[i].rendition);
    audio_finish(&maker->audio);
    (void)pthread_cond_destroy(&maker->done);
    (void)pthread_mutex_destroy(&maker->lock);
    free(maker);
    return result;
}

void renditions_free(struct rendition **renditions, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        struct rendition *rendition = renditions[i];

        for (int64_t k = i; k < count; k++) {
            if (renditions[k] == rendition)
                renditions[k] = NULL;
        }
        (void)rendition_free(rendition);
    }
}

/* ---- what it takes --------------------------------------------------------------------------- */

int renditions_threads_max(const struct ladder *ladder)
{
    int count = 0;

    for (int64_t i = 0; i < ladder->count; i++)
        count += original_of(ladder, i) == i;
    return count;
}

int64_t renditions_memory(const struct ladder *ladder, const struct timeline *lines, int threads)
{
    int64_t making[LADDER_MAX] = {0}; /* the dearest first */
    int most = renditions_threads_max(ladder);
    int count = threads < most ? threads : most;
    int64_t sum = FOOTPRINT_SHARED + (count - 1) * (int64_t)thread_memory();

    for (int64_t i = 0; i < ladder->count; i++) {
        struct footprint footprint;
        int64_t place = i;

        if (original_of(ladder, i) != i)
            continue;
        footprint = footprint_of(&ladder->renditions[i], &lines[i]);
        sum += footprint.kept;
        for (; place > 0 && making[place - 1] < footprint.making; place--)
            making[place] = making[place - 1];
        making[place] = footprint.making;
    }
    for (int i = 0; i < count; i++)
        sum += making[i];
    return sum;
}
