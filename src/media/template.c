/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/template.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "media/container.h"
#include "media/ts.h"

#define COUNTER_MODULUS 16

void template_add(struct template_scan *scan, struct patch patch)
{
    scan->template->patches[scan->patches++] = patch;
}

static size_t group_of(const struct patch *patch)
{
    return patch->kind == CONTAINER_COUNTER ? patch->pid : TEMPLATE_STAMPS;
}

/* Into a block of their size, by a copy: realloc(3) leaves a large one as it is, since mremap(2) is
 * refused here. */
static int group_patches(struct template *template, size_t count)
{
    struct patch *patches = malloc(count * sizeof(*patches));
    size_t end = 0;

    if (!patches)
        return -ENOMEM;
    for (size_t group = 0; group < TEMPLATE_GROUPS; group++) {
        for (size_t i = 0; i < count; i++) {
            if (group_of(&template->patches[i]) == group)
                patches[end++] = template->patches[i];
        }
        template->group_ends[group] = end;
    }
    free(template->patches);
    template->patches = patches;
    return 0;
}

int template_init(struct template *ret_template, const struct container *container, uint8_t *bytes,
                  size_t size, int64_t index, const struct timeline *line,
                  const struct video *video)
{
    struct template template = {.container = container, .bytes = bytes, .size = size, .index = -1};
    struct template_scan scan = {
        .template = &template, .line = line, .video = video, .index = index};
    int result = 0;

    template.patches = calloc(container->patches_max(size), sizeof(*template.patches));
    if (!template.patches)
        result = -ENOMEM;
    if (result == 0)
        result = container->scan(&scan);
    if (result == 0)
        result = group_patches(&template, scan.patches);
    if (result < 0) {
        template_finish(&template);
        return result;
    }
    for (int pid = 0; pid < TEMPLATE_PIDS; pid++)
        template.counters[pid] = -1;
    *ret_template = template;
    return 0;
}

static void patch_counters(struct template *template, int pid, int64_t counter)
{
    for (size_t i = pid > 0 ? template->group_ends[pid - 1] : 0; i < template->group_ends[pid]; i++)
        ts_write_counter(template->bytes + template->patches[i].offset,
                         counter + template->patches[i].ordinal);
    template->counters[pid] = counter;
}

static void patch_stamps(struct template *template, const struct timeline *line, int64_t index)
{
    for (size_t i = template->group_ends[TEMPLATE_STAMPS - 1];
         i < template->group_ends[TEMPLATE_STAMPS]; i++)
        template->container->patch(template, &template->patches[i], line, index);
    template->index = index;
}

void template_patch(struct template *template, const struct timeline *line, int64_t index,
                    const int64_t counters[TEMPLATE_PIDS])
{
    for (int pid = 0; pid < TEMPLATE_PIDS; pid++) {
        int64_t counter = counters[pid] % COUNTER_MODULUS;

        if (counter != template->counters[pid])
            patch_counters(template, pid, counter);
    }
    if (index != template->index)
        patch_stamps(template, line, index);
}

void template_finish(struct template *template)
{
    free(template->bytes);
    free(template->patches);
    *template = (struct template){0};
}
