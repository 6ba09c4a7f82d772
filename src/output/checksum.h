#pragma once
#include <petscsys.h>
#include <stddef.h>
#include <stdint.h>

/* CRC-32 (IEEE 802.3); chain with the previous value, 0 to start. */
uint32_t Checksum(uint32_t previous, const void *data, size_t length);
/* Data to and from a file, and into the sum. A failure to write stays in the stream, for RunFolderCommit to see; false:
   the file is too short. */
void ChecksumWrite(FILE *stream, const void *data, size_t length, uint32_t *sum);
PetscBool ChecksumRead(FILE *stream, void *data, size_t length, uint32_t *sum);
