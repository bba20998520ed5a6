/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the world share; for these alone. */
#ifndef HLSGEN_TESTS_SIM_WORLD_PARTS_H
#define HLSGEN_TESTS_SIM_WORLD_PARTS_H

#include "tests/sim/world.h"

/* ---- world.c: who is asked ---- */

/** Makes @p world the one that the machine asks and tells. */
void world_listen(struct world *world);

/** Something happened that makes this seed what it is. */
void world_hash(struct world *world, uint64_t value);

/* ---- world_troubles.c ---- */

/** Of a segment of the life that is led, nanoseconds. */
int64_t world_duration(const struct world *world);

/** A trouble has happened. */
void world_count(struct world *world, enum trouble trouble);

/** An enabled one of a range; TROUBLES if the dice name none. */
enum trouble world_choose(struct world *world, enum trouble first, enum trouble last);

/** The program stands still for @p ns. */
void world_stop(struct world *world, int64_t ns);

/** One of those that concern time. */
void world_bend_time(struct world *world, enum trouble trouble);

/** Something that can happen at any instant, or nothing. @return a signal or 0 */
int world_disturb(struct world *world);

/** Makes this call fail, perhaps. @return its negative errno, or 0 */
int world_fail_call(struct world *world, enum machine_call call);

/** What lasts, and what has lasted long enough. @return the negative errno of the call, or 0 */
int world_suffer(struct world *world, enum machine_call call);

/** From now on there are no troubles. */
void world_calm_down(struct world *world);

/* ---- world_others.c: what others do in the directory ---- */

/** @return whether there was something to do it to */
bool world_tamper(struct world *world, enum trouble trouble);

/** A folder was renamed, in the place of a file. */
void world_follow_obstacle(struct world *world, const char *from, const char *to);

/** Takes away the folders whose time has come, or all. @return whether any is left */
bool world_clear_obstacles(struct world *world, bool all);

#endif
