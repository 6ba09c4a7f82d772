#include <reiter/output.h>

/* One entry per half byte: checkpoints are small, a bigger table buys nothing. */
static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                   0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                   0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};

uint32_t Checksum(uint32_t previous, const void *data, size_t length)
{
  const unsigned char *byte = data;
  uint32_t crc = ~previous;

  for (size_t i = 0; i < length; ++i) {
    crc ^= byte[i];
    crc = (crc >> 4) ^ table[crc & 15];
    crc = (crc >> 4) ^ table[crc & 15];
  }
  return ~crc;
}

void ChecksumWrite(FILE *stream, const void *data, size_t length, uint32_t *sum)
{
  *sum = Checksum(*sum, data, length);
  (void)fwrite(data, 1, length, stream);
}

PetscBool ChecksumRead(FILE *stream, void *data, size_t length, uint32_t *sum)
{
  if (fread(data, 1, length, stream) != length) return PETSC_FALSE;
  *sum = Checksum(*sum, data, length);
  return PETSC_TRUE;
}
