package ignicloud.kernel;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Tokens and encrypted addresses in a text, by their exact shape. Sixteen letters spell names: by chance
 * {@code ip4_hubert} is an address, and 8 letters read as base64 are a word. That tokens are those of the
 * right key is checked for all of them together, so they are taken out before words are looked for.
 */
final class Tokens {
  private static final int PREFIX = 3;
  private static final String[] CLASSES = {
    "usr", "org", "ses", "evt", "obj", "ctr", "inv", "cky", "cus", "eml", "tel", "fna", "nam", "com", "str", "adr",
  };
  /** Each kind at the place that {@link #place} gives it, or at the next one that is free. */
  private static final Kind[] KINDS = new Kind[1 << 8];

  static {
    for (String prefix : CLASSES) keep(new Kind(prefix, 32));
    for (int letters : new int[] {6, 8}) keep(new Kind("ip4", letters));
    for (int letters : new int[] {16, 32}) keep(new Kind("ip6", letters));
  }

  private Tokens() {}

  /** A prefix and the number of letters behind it, as in policy/shapes.py. */
  static final class Kind {
    final UTF8String shape;
    private final int prefix, letters;

    Kind(String prefix, int letters) {
      this.prefix = packed(prefix.charAt(0), prefix.charAt(1), prefix.charAt(2));
      this.letters = letters;
      shape = UTF8String.fromString(prefix + "_" + letters);
    }
  }

  private static void keep(Kind kind) {
    int at = place(kind.prefix, kind.letters);
    while (KINDS[at] != null) at = at + 1 & KINDS.length - 1;
    KINDS[at] = kind;
  }

  private static int place(int prefix, int letters) {
    return (prefix * 64 + letters) * 0x9e3779b9 >>> 24;
  }

  private static int packed(int first, int second, int third) {
    return first << 16 | second << 8 | third;
  }

  private static Kind kind(int prefix, int letters) {
    int at = place(prefix, letters);
    while (KINDS[at] != null && (KINDS[at].prefix != prefix || KINDS[at].letters != letters)) at = at + 1 & KINDS.length - 1;
    return KINDS[at];
  }

  /** The kind of token that the cell is, and nothing else; null if it isn't. */
  static Kind whole(UTF8String cell) {
    Kind kind = kind(cell);
    if (kind == null) return null;
    int wrong = 0;
    for (int at = PREFIX + 1, end = cell.numBytes(); at < end; at++) wrong |= Modhex.valueOf(cell.getByte(at));
    return wrong < 0 ? null : kind;
  }

  /** The bytes behind the letters of the token that the cell is, and nothing else; null if it isn't. */
  static byte[] bytes(UTF8String cell) {
    Kind kind = kind(cell);
    return kind == null ? null : bytes(cell, kind);
  }

  /** The kind that the prefix and the length of the cell would make it. */
  private static Kind kind(UTF8String cell) {
    int length = cell.numBytes();
    if (length <= PREFIX || cell.getByte(PREFIX) != '_') return null;
    return kind(packed(cell.getByte(0), cell.getByte(1), cell.getByte(2)), length - PREFIX - 1);
  }

  private static byte[] bytes(UTF8String cell, Kind kind) {
    byte[] bytes = new byte[kind.letters / 2];
    int wrong = 0;
    for (int i = 0, at = PREFIX + 1; i < bytes.length; i++, at += 2) {
      int both = Modhex.valueOf(cell.getByte(at)) << 4 | Modhex.valueOf(cell.getByte(at + 1));
      wrong |= both;
      bytes[i] = (byte) both;
    }
    return wrong < 0 ? null : bytes;
  }

  /** The text with a blank instead of each token; the bytes behind the letters of each are added to {@code found}. */
  static String removed(String text, List<byte[]> found) {
    StringBuilder rest = null;
    int done = 0;
    for (int at = text.indexOf('_', PREFIX); at >= 0; at = text.indexOf('_', at + 1)) {
      int end = Modhex.end(text, at + 1);
      if (at - PREFIX < done || !isToken(text, at, end)) continue;
      found.add(Modhex.read(text, at + 1, end));
      if (rest == null) rest = new StringBuilder(text.length());
      rest.append(text, done, at - PREFIX).append(' ');
      done = end;
    }
    return rest == null ? text : rest.append(text, done, text.length()).toString();
  }

  private static boolean isToken(String text, int underscore, int end) {
    int from = underscore - PREFIX;
    if (from > 0 && Character.isLetterOrDigit(text.charAt(from - 1))) return false;
    if (end < text.length() && (Character.isLetterOrDigit(text.charAt(end)) || text.charAt(end) == '_')) return false;
    char a = text.charAt(from), b = text.charAt(from + 1), c = text.charAt(from + 2);
    return (a | b | c) < 128 && kind(packed(a, b, c), end - underscore - 1) != null;
  }
}
