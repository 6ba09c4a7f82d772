#pragma once
#include <stddef.h>
#include <stdint.h>

/* CRC-32 (IEEE 802.3); chain with the previous value, 0 to start. */
uint32_t Checksum(uint32_t previous, const void *data, size_t length);
