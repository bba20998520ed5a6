/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HLSGEN_BASE_MEMORY_H
#define HLSGEN_BASE_MEMORY_H

/**
 * Gives back to the system what will not be needed soon: freed memory of the heap, and the pages of
 * program and libraries that are as in their files, from which they come again when they are used.
 */
void memory_give_back(void);

#endif
