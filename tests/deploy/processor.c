/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A library to preload (LD_PRELOAD) into hlsgen, which takes vector instructions away from the
 * libraries that it encodes with, as an older processor would: of libav*, those that LIBAV_CPU has
 * not, and of libx264 those that X264_CPU has not. Both are masks, of the libraries' own flags.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

int av_get_cpu_flags(void);
int x264_param_default_preset(void *param, const char *preset, const char *tune);

static unsigned long mask(const char *name)
{
    const char *text = getenv(name);

    return text ? strtoul(text, NULL, 0) : ~0UL;
}

static void *next(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (!found)
        abort();
    return found;
}

int av_get_cpu_flags(void)
{
    static int (*real)(void);

    if (!real)
        *(void **)&real = next("av_get_cpu_flags");
    return (int)((unsigned long)real() & mask("LIBAV_CPU"));
}

/* The flags of the processor are the first member. */
int x264_param_default_preset(void *param, const char *preset, const char *tune)
{
    static int (*real)(void *, const char *, const char *);
    int result;

    if (!real)
        *(void **)&real = next("x264_param_default_preset");
    result = real(param, preset, tune);
    *(uint32_t *)param &= (uint32_t)mask("X264_CPU");
    return result;
}
