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
  static final int PREFIX = 3;
  private static final String[] CLASSES = {
    "usr", "org", "ses", "evt", "obj", "ctr", "inv", "cky", "cus", "eml", "tel", "fna", "nam", "com", "str", "adr",
  };
  private static final Kind[] KINDS = kinds();

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

  private static Kind[] kinds() {
    List<Kind> kinds = new ArrayList<>();
    for (String prefix : CLASSES) kinds.add(new Kind(prefix, 32));
    for (int letters : new int[] {6, 8}) kinds.add(new Kind("ip4", letters));
    for (int letters : new int[] {16, 32}) kinds.add(new Kind("ip6", letters));
    return kinds.toArray(Kind[]::new);
  }

  private static int packed(int first, int second, int third) {
    return first << 16 | second << 8 | third;
  }

  private static Kind kind(int prefix, int letters) {
    for (Kind kind : KINDS) if (kind.prefix == prefix && kind.letters == letters) return kind;
    return null;
  }

  /** The kind of token that the cell is, and nothing else; null if it isn't. */
  static Kind whole(UTF8String cell) {
    int length = cell.numBytes();
    if (length <= PREFIX || cell.getByte(PREFIX) != '_') return null;
    Kind kind = kind(packed(cell.getByte(0), cell.getByte(1), cell.getByte(2)), length - PREFIX - 1);
    if (kind == null) return null;
    for (int i = PREFIX + 1; i < length; i++) if (Modhex.value(cell.getByte(i)) < 0) return null;
    return kind;
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
