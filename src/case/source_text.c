#include "source_text.h"

Character TextCharacter(const char *text, size_t length)
{
  static const int32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
  const unsigned char *s = (const unsigned char *)text;
  const Character invalid = {-1, 1};
  Character c = {s[0], 1};

  if (s[0] < 0x80) return c;
  if (s[0] >= 0xC2 && s[0] < 0xE0) {
    c = (Character){s[0] & 0x1F, 2};
  } else if (s[0] >= 0xE0 && s[0] < 0xF0) {
    c = (Character){s[0] & 0x0F, 3};
  } else if (s[0] >= 0xF0 && s[0] < 0xF5) {
    c = (Character){s[0] & 0x07, 4};
  } else {
    return invalid;
  }
  if (c.size > length) return invalid;
  for (size_t i = 1; i < c.size; ++i) {
    if ((s[i] & 0xC0) != 0x80) return invalid;
    c.code = c.code << 6 | (s[i] & 0x3F);
  }
  if (c.code < least[c.size] || c.code > 0x10FFFF || (c.code >= 0xD800 && c.code <= 0xDFFF)) return invalid;
  return c;
}

size_t TextBreak(const char *text, size_t length)
{
  const unsigned char *s = (const unsigned char *)text;

  if (!length) return 0;
  if (s[0] == '\n') return 1;
  if (s[0] == '\r') return length > 1 && s[1] == '\n' ? 2 : 1;
  if (length > 1 && s[0] == 0xC2 && s[1] == 0x85) return 2;
  if (length > 2 && s[0] == 0xE2 && s[1] == 0x80 && (s[2] == 0xA8 || s[2] == 0xA9)) return 3;
  return 0;
}

int TextWidth(int32_t code)
{
  static const int32_t zero[][2] = {
      {0x300, 0x36F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}};
  static const int32_t wide[][2] = {{0x1100, 0x115F},   {0x2E80, 0x303E},  {0x3041, 0xA4CF},
                                    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},  {0xFE30, 0xFE6F},
                                    {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},  {0x1F300, 0x1F64F},
                                    {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

  if (code < 0x300) return 1;
  for (size_t i = 0; i < sizeof(zero) / sizeof(zero[0]); ++i) {
    if (code >= zero[i][0] && code <= zero[i][1]) return 0;
  }
  for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); ++i) {
    if (code >= wide[i][0] && code <= wide[i][1]) return 2;
  }
  return 1;
}

void TextLine(const char *text, size_t length, PetscInt line, size_t *begin, size_t *end)
{
  size_t at = 0;

  for (PetscInt i = 1; i < line && at < length; ++at) {
    const size_t size = TextBreak(text + at, length - at);

    if (size) {
      ++i;
      at += size - 1;
    }
  }
  *begin = at;
  while (at < length && !TextBreak(text + at, length - at)) ++at;
  *end = at;
}

size_t TextFit(const char *text, size_t length, size_t limit)
{
  size_t at = limit;

  if (length <= limit) return length;
  while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80) --at;
  return at;
}
